package import SagaModel
internal import SagaProtobuf
package import SagaRPC

extension Refusal {
    /// The refusal as gRPC carries it: the code, the message, and a `google.rpc.Status` with an
    /// `ErrorInfo`.
    package var status: RPCStatus {
        RPCStatus(code.rpc, message, details: StatusCodec.encode(self))
    }
}

extension Refusal {
    /// For every call while the journal is replayed.
    static let recovering = Refusal(
        .unavailable, reason: "RECOVERING", "the coordinator is replaying its journal; come again")

    /// What a connection says no to by itself, so that it carries a reason like every other no; nil
    /// for a status that speaks for itself.
    init?(ofConnection status: RPCStatus, isMethodUnknown: Bool) {
        switch status.code {
        case .resourceExhausted:
            self.init(.resourceExhausted, reason: "MESSAGE_SIZE", status.message)
        case .unimplemented:
            // Else it is a wrong number of messages, or an encoding that is not spoken.
            let reason = isMethodUnknown ? "METHOD_UNKNOWN" : "CALL_MALFORMED"
            self.init(.unimplemented, reason: reason, status.message)
        case .internal:
            self.init(.internal, reason: "CALL_MALFORMED", status.message)
        case .ok, .cancelled, .unknown, .invalidArgument, .deadlineExceeded, .notFound,
            .alreadyExists, .permissionDenied, .failedPrecondition, .aborted, .outOfRange,
            .unavailable, .dataLoss, .unauthenticated:
            return nil
        }
    }
}

extension Refusal.Code {
    /// The code under which gRPC knows it.
    var rpc: RPCCode {
        switch self {
        case .invalidArgument: .invalidArgument
        case .notFound: .notFound
        case .alreadyExists: .alreadyExists
        case .failedPrecondition: .failedPrecondition
        case .resourceExhausted: .resourceExhausted
        case .outOfRange: .outOfRange
        case .unimplemented: .unimplemented
        case .unavailable: .unavailable
        case .aborted: .aborted
        case .internal: .internal
        }
    }
}
