public import SagaModel
internal import SagaProtobuf

/// Answers to attempts that were deferred; see ``SagaDeferred``.
///
/// Any client may give one, also before the coordinator knows that the answer is deferred. The
/// first answer counts: one more, or one that comes too late, is an error with
/// `failedPrecondition` and the reason `STALE`. So is an answer that was taken just before its
/// connection broke, once it is given again; the saga tells which it was.
extension SagaClient {
    /// The step is done and gives this back, as JSON.
    public func complete(
        _ token: TaskToken, returning output: some Encodable & SendableMetatype
    ) async throws(SagaError) {
        let payload: Payload
        do {
            payload = try ValueJSON.encode(output)
        } catch {
            throw SagaError(
                .invalidArgument, reason: "OUTPUT_NOT_ENCODABLE",
                "the output cannot be encoded: \(error)", cause: error)
        }
        try await complete(token, with: .succeeded(payload))
    }

    /// The step is done and gives these bytes back as they are.
    public func complete(
        _ token: TaskToken, returning output: Payload
    ) async throws(SagaError) {
        try await complete(token, with: .succeeded(output))
    }

    /// The step is done and gives nothing back, or its undo is done.
    public func complete(_ token: TaskToken) async throws(SagaError) {
        try await complete(token, with: .succeeded(.empty))
    }

    /// A business *no*, and the word that there was no effect.
    public func complete(
        _ token: TaskToken, throwing failure: SagaFailure
    ) async throws(SagaError) {
        try await complete(token, with: .failed(AttemptOutcome.failure(failure)))
    }

    /// A transient error: the effect is in doubt, and the step is tried again.
    public func complete(
        _ token: TaskToken, throwing retry: SagaRetry
    ) async throws(SagaError) {
        try await complete(token, with: AttemptOutcome.retry(retry))
    }

    private func complete(
        _ token: TaskToken, with outcome: AttemptOutcome
    ) async throws(SagaError) {
        try await ask(
            "/saga.v1.ParticipantService/CompleteTask",
            {
                ParticipantCodec.encodeCompleteTaskRequest(
                    taskToken: token.description, outcome, into: &$0, arena: &$1)
            },
            // All that it could say is that the answer was taken; anything else is an error.
            { _, _ throws(CodecFailure) in })
    }
}
