internal import Saga
internal import SagaModel

extension Complaint {
    /// A definition with faults, one line each.
    init(faults: [String]) {
        let count = ShownNumber.of(faults.count, "error")
        self.init(lines: faults + ["\(count), nothing registered"], exit: .dataError)
    }

    /// What the SDK says of a call that failed, with what helps.
    init(_ error: SagaError, address: String) {
        var message = error.message.isEmpty ? error.code.description : error.message
        switch error.reason {
        case "UNREACHABLE":
            self.init(
                message,
                hints: [
                    "is it running? systemctl status sagad. Another one: --address, SAGACTL_ADDRESS"
                ], exit: .unavailable)
            return
        case SagaError.tls where error.code == .invalidArgument:
            self.init(message, exit: .usage)
            return
        case SagaError.tls:
            self.init(
                message,
                hints: [
                    "another root: --tls-ca; another name: --tls-name; who you are: --tls-cert, "
                        + "--tls-key; the machine's roots: --tls"
                ], exit: .unavailable)
            return
        case SagaError.tlsFile:
            self.init(message, exit: .configuration)
            return
        case "DEFINITION_INVALID" where !error.violations.isEmpty:
            self.init(faults: error.violations.map { "error: \($0.description)" })
            return
        case "CURSOR_OUT_OF_RANGE":
            self.init(
                message, hints: ["with what is kept: sagactl watch --from oldest"], exit: .no)
            return
        case "ADDRESS", "PRINCIPAL":
            self.init(message, exit: .usage)
            return
        default: break
        }
        let exit = Self.exit(error.code)
        switch exit {
        case .unavailable: message = "\(address): \(message)"
        case .software: message = "\(error.code): \(message)"
        case .done, .no, .parked, .usage, .dataError, .cannotCreate, .noPermission,
            .configuration:
            break
        }
        self.init(
            message, hints: error.violations.map { "\($0.field): \($0.description)" }, exit: exit)
    }

    /// The exit status of an answer that is an error. A new code is an error that nobody knows yet.
    private static func exit(_ code: SagaError.Code) -> Exit {
        switch code {
        case .invalidArgument, .notFound, .alreadyExists, .failedPrecondition,
            .resourceExhausted, .aborted, .outOfRange:
            .no
        case .unavailable, .deadlineExceeded: .unavailable
        case .permissionDenied, .unauthenticated: .noPermission
        default: .software
        }
    }
}
