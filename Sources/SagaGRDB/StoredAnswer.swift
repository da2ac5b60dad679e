internal import Saga

/// What an action gave back, as it stands in its row.
struct StoredAnswer: Equatable, Sendable {
    /// The value as JSON text, so that people can read it in the table; nil for no value.
    let json: String?

    /// No value.
    static let nothing = StoredAnswer(json: nil)

    init(json: String?) {
        self.json = json
    }

    /// Throws what the value's own encoding throws; nothing is changed then.
    init(_ value: some Encodable) throws {
        json = String(decoding: try ValueJSON.encode(value).bytes, as: UTF8.self)
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try ValueJSON.decode(
            type, from: Payload(contentType: Payload.json, bytes: Array((json ?? "").utf8)))
    }
}
