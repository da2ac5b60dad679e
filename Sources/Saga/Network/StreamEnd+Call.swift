internal import SagaRPC
internal import SagaTransport

extension StreamEnd {
    /// Reads how a call of the channel ended.
    init(_ end: ClientCallEnd) {
        guard end.status.code != .ok else {
            self = .lost("the coordinator ended the stream")
            return
        }
        guard end.reach == .answered else {
            self = .lost(end.status.message)
            return
        }
        let error = SagaError(end)
        self = .refused(
            SessionRefusal(code: error.code, reason: error.reason, message: error.message))
    }
}
