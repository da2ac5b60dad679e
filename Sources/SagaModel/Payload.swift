/// What handlers take and give: bytes that the coordinator does not look into, and what they are.
public struct Payload: Hashable, Sendable {
    /// The media type of the bytes, e.g. `application/json`.
    public var contentType: String
    /// The bytes; at most 1 MiB by default.
    public var bytes: [UInt8]

    /// Makes a payload.
    public init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }

    /// The media type of JSON text, which `when` and `input` maps need.
    public static let json = "application/json"

    /// Whether the media type says that the bytes are JSON: `application/json`, one that ends in
    /// `+json`, or none.
    package var isJSON: Bool {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        return type.isEmpty || type == Payload.json || type.hasSuffix("+json")
    }

    /// No bytes at all, e.g. the output of a handler that returns nothing.
    public static let empty = Payload(contentType: "", bytes: [])
}

/// Why something failed, as a handler or the coordinator says it.
public struct Failure: Hashable, Sendable {
    /// What programs look at, e.g. `card-declined`; at most 128 bytes.
    public var code: String
    /// What people read; at most 4 KiB.
    public var message: String
    /// More for programs, if the handler gave it.
    public var details: Payload?

    /// Makes a failure.
    public init(code: String, message: String, details: Payload? = nil) {
        self.code = code
        self.message = message
        self.details = details
    }
}
