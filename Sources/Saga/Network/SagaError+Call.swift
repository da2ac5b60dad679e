internal import SagaModel
internal import SagaRPC
internal import SagaTransport

extension SagaError {
    /// Reads how a call of the channel ended, other than with OK.
    init(_ end: ClientCallEnd) {
        self.init(Code(end.status.code.name), reason: "", end.status.message)
    }
}
