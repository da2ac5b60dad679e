internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

extension SagaError {
    /// The reason of a call that found no coordinator.
    package static let unreachable = "UNREACHABLE"

    /// Reads how a call of the channel ended, other than with OK.
    init(_ end: ClientCallEnd) {
        if !end.connectFailures.isEmpty {
            let reasons = end.connectFailures.map { "\($0.address): \($0.reason)" }
            self.init(
                Code(end.status.code.name), reason: Self.unreachable,
                "no coordinator at \(reasons.joined(separator: "; "))")
            return
        }
        var arena = DecodingArena(
            limit: Limits.decodedMessageBytes, chunk: Limits.arenaChunkBytes)
        guard !end.status.details.isEmpty,
            let refusal = try? StatusCodec.decode(end.status.details.span, arena: &arena)
        else {
            self.init(Code(end.status.code.name), reason: "", end.status.message)
            return
        }
        self.init(
            Code(end.status.code.name), reason: refusal.reason, end.status.message,
            sagaID: refusal.saga, violations: refusal.violations)
    }
}
