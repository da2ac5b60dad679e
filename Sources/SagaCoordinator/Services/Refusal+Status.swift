internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC

extension Refusal {
    /// The refusal as gRPC carries it: the code, the message, and a `google.rpc.Status` with an
    /// `ErrorInfo`.
    var status: RPCStatus {
        RPCStatus(code.rpc, message, details: StatusCodec.encode(self))
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
