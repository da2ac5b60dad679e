import SagaModel
import SagaProtobuf

/// Shorter ways to the codecs, each with arenas of its own.
enum Codecs {
    static let limit = 1 << 20

    static func encode(_ record: Record) -> [UInt8] {
        var arena = EncodingArena()
        var bytes: [UInt8] = []
        RecordCodec.encode(record, into: &bytes, arena: &arena)
        return bytes
    }

    static func decode(_ type: UInt16, _ bytes: [UInt8]) throws(CodecFailure) -> Record {
        var arena = DecodingArena(limit: limit)
        return try RecordCodec.decode(type: type, bytes.span, arena: &arena)
    }

    static func encode(
        _ body: (inout [UInt8], inout EncodingArena) -> Void
    ) -> [UInt8] {
        var arena = EncodingArena(chunk: 256)
        var bytes: [UInt8] = []
        body(&bytes, &arena)
        return bytes
    }

    static func request(_ bytes: [UInt8]) throws(CodecFailure) -> ParticipantMessage {
        var arena = DecodingArena(limit: limit, chunk: 256)
        return try ParticipantCodec.decodeRequest(bytes.span, limits: CodecLimits(), arena: &arena)
    }

    static func response(_ bytes: [UInt8]) throws(CodecFailure) -> CoordinatorMessage {
        var arena = DecodingArena(limit: limit, chunk: 256)
        return try ParticipantCodec.decodeResponse(
            bytes.span, limits: CodecLimits(), arena: &arena)
    }

    static func bytes(_ message: ParticipantMessage) -> [UInt8] {
        encode { ParticipantCodec.encode(message, into: &$0, arena: &$1) }
    }
}
