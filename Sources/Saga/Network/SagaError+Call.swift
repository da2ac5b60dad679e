internal import SagaModel
internal import SagaProtobuf
package import SagaRPC
internal import SagaTransport

extension SagaError {
    /// The reason of a call that found no coordinator.
    package static let unreachable = "UNREACHABLE"

    /// Reads how a call of the channel ended, other than with OK.
    init(_ end: ClientCallEnd) {
        if !end.connectFailures.isEmpty {
            self.init(Code(end.status.code.name), end.connectFailures)
            return
        }
        self.init(end.status)
    }

    /// Reads the status that a call ended with, other than OK.
    package init(_ status: RPCStatus) {
        var arena = DecodingArena(
            limit: Limits.decodedMessageBytes, chunk: Limits.arenaChunkBytes)
        guard !status.details.isEmpty,
            let refusal = try? StatusCodec.decode(status.details.span, arena: &arena)
        else {
            self.init(Code(status.code.name), reason: "", status.message)
            return
        }
        self.init(
            Code(status.code.name), reason: refusal.reason, status.message,
            sagaID: refusal.saga, violations: refusal.violations,
            retryAfter: refusal.retryAfter, oldestCursor: refusal.oldestCursor)
    }

    /// One whose only address is there, but not to be spoken with securely, is not called absent.
    private init(_ code: Code, _ failures: [ConnectFailure]) {
        let reasons = failures.map { "\($0.address): \($0.reason)" }.joined(separator: "; ")
        for failure in failures {
            switch failure.cause {
            case .handshake:
                self.init(code, reason: Self.tls, "no secure connection to \(reasons)")
                return
            case .file(let fault):
                self.init(fault)
                return
            case .system, .unknownHost, .timedOut, .other: continue
            }
        }
        self.init(code, reason: Self.unreachable, "no coordinator at \(reasons)")
    }
}
