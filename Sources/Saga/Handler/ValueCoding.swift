internal import FoundationEssentials
internal import SagaModel

/// How values of a handler or a saga become payloads and back.
struct ValueCoding<Value>: Sendable {
    /// Reads a payload.
    let decode: @Sendable (Payload) throws -> Value
    /// Writes a payload.
    let encode: @Sendable (Value) throws -> Payload
}

extension ValueCoding where Value == Payload {
    /// Bytes as they are, with their content type.
    static var bytes: ValueCoding<Payload> { ValueCoding(decode: { $0 }, encode: { $0 }) }
}

extension ValueCoding where Value == Void {
    /// No value: nothing is written, and whatever comes is passed over.
    static var nothing: ValueCoding<Void> { ValueCoding(decode: { _ in }, encode: { _ in .empty }) }
}

extension ValueCoding where Value: Decodable & SendableMetatype {
    /// JSON that is only read.
    static var readOnlyJSON: ValueCoding<Value> {
        ValueCoding(
            decode: { try ValueJSON.decode(Value.self, from: $0) },
            encode: { _ in preconditionFailure("a value that is only read was written") })
    }
}

extension ValueCoding where Value: Encodable & SendableMetatype {
    /// JSON that is only written.
    static var writeOnlyJSON: ValueCoding<Value> {
        ValueCoding(
            decode: { _ in preconditionFailure("a value that is only written was read") },
            encode: { try ValueJSON.encode($0) })
    }
}

extension ValueCoding where Value: Codable & SendableMetatype {
    /// JSON both ways.
    static var json: ValueCoding<Value> {
        ValueCoding(
            decode: { try ValueJSON.decode(Value.self, from: $0) },
            encode: { try ValueJSON.encode($0) })
    }
}
