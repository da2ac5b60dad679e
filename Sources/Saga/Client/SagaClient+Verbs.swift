package import SagaModel
package import SagaProtobuf

/// What an operator tells a saga to do: for `sagactl`, and not part of the SDK's promise.
extension SagaClient {
    /// Has a verb of the admin service carried out; it is recorded before it is answered.
    ///
    /// A wish to cancel is everybody's, and has a call of its own.
    package func perform(
        _ verb: Verb, _ message: VerbMessage
    ) async throws(SagaError) -> VerbAnswer {
        let method =
            switch verb {
            case .suspend: "SuspendSaga"
            case .resume: "ResumeSaga"
            case .retry: "RetrySaga"
            case .skip: "SkipStep"
            case .markCompensated: "MarkStepCompensated"
            case .compensate: "CompensateSaga"
            case .abandon: "AbandonSaga"
            case .cancel: preconditionFailure("cancel is no verb of the admin service")
            }
        return try await ask(
            "/saga.v1.AdminService/\(method)",
            { AdminServiceCodec.encodeVerbRequest(message, into: &$0, arena: &$1) },
            { bytes, arena throws(CodecFailure) in
                verb == .compensate
                    ? try AdminServiceCodec.decodeCompensateSagaResponse(bytes, arena: &arena)
                    : try AdminServiceCodec.decodeVerbResponse(bytes, arena: &arena)
            })
    }
}
