internal import SagaModel
internal import SagaProtobuf

/// The calls as the wire has them: each method with the codec of its messages.
extension SagaClient {
    func startSaga(
        _ message: StartMessage, timeout: Duration
    ) async throws(SagaError) -> ShownStart {
        try await ask(
            "/saga.v1.SagaService/StartSaga", timeout: timeout,
            { SagaServiceCodec.encodeStartSagaRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeStartSagaResponse(
                    bytes, limits: CodecLimits(), arena: &arena)
            })
    }

    func getSaga(_ message: SagaMessage) async throws(SagaError) -> SagaStatus {
        try await ask(
            "/saga.v1.SagaService/GetSaga",
            { SagaServiceCodec.encodeGetSagaRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeGetSagaResponse(
                    bytes, limits: CodecLimits(), arena: &arena)
            })
    }

    /// One long poll; made once, because its caller counts the rounds.
    ///
    /// - Parameter round: how long the coordinator may take; the call gets the client's own time
    ///   beside it.
    func awaitSaga(
        _ message: AwaitMessage, round: Duration
    ) async throws(SagaError) -> (saga: SagaStatus, isReached: Bool) {
        var bytes: [UInt8] = []
        var arena = EncodingArena(chunk: Limits.arenaChunkBytes)
        SagaServiceCodec.encodeAwaitSagaRequest(message, into: &bytes, arena: &arena)
        let answer = try await callOnce(
            "/saga.v1.SagaService/AwaitSaga", within: round + timeout, bytes)
        return try Self.read(answer) { bytes, arena throws(CodecFailure) in
            try SagaServiceCodec.decodeAwaitSagaResponse(
                bytes, limits: CodecLimits(), arena: &arena)
        }
    }

    func cancelSaga(_ message: CancelMessage) async throws(SagaError) -> ShownCancellation {
        try await ask(
            "/saga.v1.SagaService/CancelSaga",
            { SagaServiceCodec.encodeCancelSagaRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeCancelSagaResponse(bytes, arena: &arena)
            })
    }

    /// Encodes a request, makes the call, and reads the answer.
    func ask<Answer>(
        _ method: String, timeout: Duration? = nil,
        _ encode: (inout [UInt8], inout EncodingArena) -> Void,
        _ decode: (Span<UInt8>, inout DecodingArena) throws(CodecFailure) -> Answer
    ) async throws(SagaError) -> Answer {
        var bytes: [UInt8] = []
        var arena = EncodingArena(chunk: Limits.arenaChunkBytes)
        encode(&bytes, &arena)
        return try Self.read(try await call(method, timeout: timeout, bytes), decode)
    }

    static func read<Answer>(
        _ answer: [UInt8],
        _ decode: (Span<UInt8>, inout DecodingArena) throws(CodecFailure) -> Answer
    ) throws(SagaError) -> Answer {
        var arena = DecodingArena(
            limit: Limits.decodedMessageBytes, chunk: Limits.arenaChunkBytes)
        do throws(CodecFailure) {
            return try decode(answer.span, &arena)
        } catch {
            throw SagaError(
                .internal, reason: "ANSWER_NOT_READABLE",
                "the coordinator's answer cannot be read: \(error.refusal.message)", cause: error)
        }
    }
}
