internal import CSagaProtos
package import SagaModel

/// Definitions as bytes of their own.
package enum DefinitionCodec {
    /// The bytes that a definition's digest is taken over: only what was written, fields in the
    /// order of their numbers, entries of maps sorted by the bytes of their keys.
    package static func packedForDigest(_ definition: SagaDefinition) -> [UInt8] {
        var arena = EncodingArena()
        var bytes: [UInt8] = []
        // SAFETY: the arena packs the message before anything is taken back.
        unsafe arena.pack(into: &bytes) { unsafe $0.definition(definition) }
        return bytes
    }

    /// Reads a packed `saga.v1.Definition`.
    package static func decode(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> SagaDefinition {
        // SAFETY: the message is read before anything is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__definition__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.definition(message)
        }
    }
}
