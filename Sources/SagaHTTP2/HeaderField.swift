/// A header name that has a meaning to this project's protocols, told apart once, as bytes.
package enum HeaderName: UInt8, Equatable, Sendable, CaseIterable {
    case other
    case method, path, scheme, authority, status
    case te, contentType, userAgent, acceptEncoding, contentLength
    case grpcTimeout, grpcEncoding, grpcAcceptEncoding
    case grpcStatus, grpcMessage, grpcStatusDetails

    /// The name as it stands on the wire; empty for `other`.
    package var text: StaticString {
        switch self {
        case .other: ""
        case .method: ":method"
        case .path: ":path"
        case .scheme: ":scheme"
        case .authority: ":authority"
        case .status: ":status"
        case .te: "te"
        case .contentType: "content-type"
        case .userAgent: "user-agent"
        case .acceptEncoding: "accept-encoding"
        case .contentLength: "content-length"
        case .grpcTimeout: "grpc-timeout"
        case .grpcEncoding: "grpc-encoding"
        case .grpcAcceptEncoding: "grpc-accept-encoding"
        case .grpcStatus: "grpc-status"
        case .grpcMessage: "grpc-message"
        case .grpcStatusDetails: "grpc-status-details-bin"
        }
    }

    /// Whether anything above reads the value; what nobody reads is not kept.
    var isKept: Bool {
        switch self {
        case .scheme, .authority, .te, .userAgent, .acceptEncoding: false
        case .other, .method, .path, .status, .contentType, .contentLength, .grpcTimeout,
            .grpcEncoding, .grpcAcceptEncoding, .grpcStatus, .grpcMessage, .grpcStatusDetails:
            true
        }
    }

    /// Recognises a name; its length and at most two comparisons decide.
    package init(_ name: Span<UInt8>) {
        switch name.count {
        case 2: self = Self.te.ifEqual(name) ?? .other
        case 5: self = Self.path.ifEqual(name) ?? .other
        case 7:
            self =
                Self.method.ifEqual(name) ?? Self.scheme.ifEqual(name)
                ?? Self.status.ifEqual(name) ?? .other
        case 10: self = Self.authority.ifEqual(name) ?? Self.userAgent.ifEqual(name) ?? .other
        case 11: self = Self.grpcStatus.ifEqual(name) ?? .other
        case 12:
            self =
                Self.contentType.ifEqual(name) ?? Self.grpcTimeout.ifEqual(name)
                ?? Self.grpcMessage.ifEqual(name) ?? .other
        case 13: self = Self.grpcEncoding.ifEqual(name) ?? .other
        case 14: self = Self.contentLength.ifEqual(name) ?? .other
        case 15: self = Self.acceptEncoding.ifEqual(name) ?? .other
        case 20: self = Self.grpcAcceptEncoding.ifEqual(name) ?? .other
        case 23: self = Self.grpcStatusDetails.ifEqual(name) ?? .other
        default: self = .other  // lengths that no known name has
        }
    }

    private func ifEqual(_ name: Span<UInt8>) -> Self? {
        name.equals(text) ? self : nil
    }
}

/// One received header field: places in ``HTTP2Session/headerBytes``.
package struct HeaderField: Equatable, Sendable {
    /// The name, told apart.
    package var name: HeaderName
    /// Where the name stands; empty unless `name` is `other`.
    package var nameStart: Int32
    /// Where the value begins, which is where the name ends.
    package var valueStart: Int32
    /// Behind the value's last byte.
    package var valueEnd: Int32

    /// The name's bytes.
    package var nameRange: Range<Int> { Int(nameStart)..<Int(valueStart) }
    /// The value's bytes.
    package var valueRange: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// A header list to be sent; made once and used for many streams where its content allows.
package struct HeaderList: Equatable, Sendable {
    struct Field: Equatable, Sendable {
        var nameCount: Int32
        var valueCount: Int32
        /// Whether HPACK may put the field into its table.
        var isIndexed = true
    }

    /// Names and values one behind the other, in the order of `fields`.
    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []

    /// Makes an empty list.
    package init() {}

    /// Makes a list of names and values; names are lower case, pseudo-headers first.
    package init(_ pairs: KeyValuePairs<String, String>) {
        for (name, value) in pairs { append(name, value) }
    }

    /// Adds a field.
    package mutating func append(_ name: String, _ value: String) {
        append(name) { $0.append(contentsOf: value.utf8) }
    }

    /// Adds a field whose value is not text.
    package mutating func append(_ name: String, _ value: [UInt8]) {
        append(name) { $0.append(contentsOf: value) }
    }

    /// Adds a field whose value `write` puts behind the bytes that are there.
    ///
    /// `isIndexed` is false for a value that hardly comes again. HPACK puts each value that it
    /// indexes into its table in place of another, and compares each new one with all of the same
    /// name.
    package mutating func append(
        _ name: String, isIndexed: Bool = true, _ write: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        let valueStart = bytes.count
        write(&bytes)
        fields.append(
            Field(
                nameCount: Int32(valueStart - start), valueCount: Int32(bytes.count - valueStart),
                isIndexed: isIndexed))
    }

    /// Adds the fields of another list.
    package mutating func append(_ list: HeaderList) {
        bytes.append(contentsOf: list.bytes)
        fields.append(contentsOf: list.fields)
    }

    /// Takes all fields away, and keeps the room for others.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
    }

    /// How many fields there are.
    package var count: Int { fields.count }
}
