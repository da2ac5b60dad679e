internal import SagaHTTP2

/// Names and values that travel beside a call's messages, in the order they were sent.
///
/// A name that ends with `-bin` carries bytes, every other one text. Names that gRPC and HTTP
/// use themselves are never in here.
package struct Metadata: Equatable, Sendable {
    /// A value: text in printable ASCII, or any bytes.
    package enum Value: Equatable, Sendable {
        case text(String)
        case bytes([UInt8])
    }

    /// One name with one of its values.
    package struct Entry: Equatable, Sendable {
        /// The name, in lower case.
        package let name: String
        /// The value, decoded.
        package let value: Value
    }

    /// Why an entry cannot be sent.
    package enum Fault: Error, Equatable, Sendable {
        /// A name must be of `0-9 a-z _ - .` and not belong to HTTP or gRPC.
        case name(String)
        /// Text must be printable ASCII, and bytes belong under a name with `-bin`.
        case value(name: String)
    }

    /// All entries.
    package private(set) var entries: [Entry] = []

    /// Makes empty metadata.
    package init() {}

    /// Takes entries as they are, for names that gRPC keeps to itself.
    init(unchecked entries: [Entry]) { self.entries = entries }

    /// Whether there is nothing.
    package var isEmpty: Bool { entries.isEmpty }

    /// Adds text.
    package mutating func add(_ name: String, _ text: String) throws(Fault) {
        guard Self.mayBeSent(name) else { throw .name(name) }
        guard !name.hasSuffix("-bin"), text.utf8.allSatisfy({ $0 >= 0x20 && $0 <= 0x7e }) else {
            throw .value(name: name)
        }
        entries.append(Entry(name: name, value: .text(text)))
    }

    /// Adds bytes, under a name that ends with `-bin`.
    package mutating func add(_ name: String, bytes: [UInt8]) throws(Fault) {
        guard Self.mayBeSent(name) else { throw .name(name) }
        guard name.hasSuffix("-bin") else { throw .value(name: name) }
        entries.append(Entry(name: name, value: .bytes(bytes)))
    }

    /// The last text under a name.
    package func text(_ name: String) -> String? {
        for entry in entries.reversed() where entry.name == name {
            if case .text(let text) = entry.value { return text }
        }
        return nil
    }

    /// The last bytes under a name.
    package func bytes(_ name: String) -> [UInt8]? {
        for entry in entries.reversed() where entry.name == name {
            if case .bytes(let bytes) = entry.value { return bytes }
        }
        return nil
    }

    private static let taken: Set<String> = [
        "te", "content-type", "content-length", "user-agent", "host", "connection",
        "transfer-encoding", "keep-alive", "proxy-connection", "upgrade", "accept-encoding",
    ]

    private static func mayBeSent(_ name: String) -> Bool {
        guard !name.isEmpty, !name.hasPrefix("grpc-"), !taken.contains(name) else { return false }
        return name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false  // bytes that no name may have
            }
        }
    }

    /// Takes a received field. False: a `-bin` value that is not base64.
    ///
    /// Several binary values may come joined by commas; each is decoded by itself.
    mutating func take(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        let text = String(decoding: [UInt8](copying: name), as: UTF8.self)
        // Who is asked is not metadata: HTTP/2 has `:authority` for it.
        guard !text.hasPrefix("grpc-"), text != "host" else { return true }
        guard text.hasSuffix("-bin") else {
            let value = String(decoding: [UInt8](copying: value), as: UTF8.self)
            entries.append(Entry(name: text, value: .text(value)))
            return true
        }
        var parts = CommaSeparated()
        while let range = parts.next(in: value) {
            guard let bytes = Base64.decode(value.extracting(range)) else { return false }
            entries.append(Entry(name: text, value: .bytes(bytes)))
        }
        return true
    }
}

extension HeaderList {
    /// Adds metadata in its form on the wire.
    mutating func append(_ metadata: Metadata) {
        for entry in metadata.entries {
            switch entry.value {
            case .text(let text): append(entry.name, text)
            case .bytes(let bytes): append(entry.name, Base64.encode(bytes))
            }
        }
    }

    /// Adds a status; an empty text and empty details are left out.
    mutating func append(_ status: RPCStatus) {
        append("grpc-status", String(status.code.rawValue))
        if !status.message.isEmpty {
            let message = PercentEncoding.encode(status.message)
            append("grpc-message", isIndexed: false) { $0.append(contentsOf: message) }
        }
        if !status.details.isEmpty {
            let details = Base64.encode(status.details)
            append("grpc-status-details-bin", isIndexed: false) {
                $0.append(contentsOf: details)
            }
        }
    }
}
