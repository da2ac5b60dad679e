internal import FoundationEssentials
package import SagaModel

/// JSON as the SDK writes it: members sorted by name, dates in ISO 8601, data in base64.
///
/// Sorted, so that the same value gives the same bytes in every process.
package enum ValueJSON {
    // Both are locked inside and not changed after they are made, so all handlers share them.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        encoder.dataEncodingStrategy = .base64
        return encoder
    }()
    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        decoder.dataDecodingStrategy = .base64
        return decoder
    }()

    /// The value as JSON; throws what its `encode(to:)` or the encoder throws.
    package static func encode(_ value: some Encodable) throws -> Payload {
        Payload(contentType: Payload.json, bytes: [UInt8](try encoder.encode(value)))
    }

    /// The value that the bytes say; no bytes at all are read as `null`.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from payload: Payload
    ) throws -> Value {
        let bytes = payload.bytes.isEmpty ? Array("null".utf8) : payload.bytes
        return try decoder.decode(type, from: Data(bytes))
    }
}
