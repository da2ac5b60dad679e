internal import ArgumentParser
internal import SagaCoordinator
internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import SagaTransport

/// Why the daemon ends, in one line for people and one number for programs.
struct Complaint: Error {
    /// The exit statuses of the daemon (sysexits.h).
    enum Exit: Int32 {
        /// The journal is damaged.
        case dataError = 65
        /// The data directory or the ready file cannot be used.
        case cannotCreate = 73
        /// The device failed while running.
        case inputOutput = 74
        /// An address is in use.
        case temporary = 75
        /// The machine gives no thread.
        case system = 71
    }

    let message: String
    let exit: Exit

    init(_ message: String, exit: Exit) {
        self.message = message
        self.exit = exit
    }

    init(_ failure: JournalFailure) {
        message = failure.message
        exit =
            switch failure.classification {
            case .directoryUnusable: .cannotCreate
            case .damaged: .dataError
            case .inputOutput: .inputOutput
            }
    }

    init(_ failure: Coordinator.StartFailure) {
        switch failure {
        case .journal(let failure): self.init(failure)
        case .system(let failure): self.init("cannot start: \(failure)", exit: .system)
        case .bind(.system(let address, let number)):
            let code = ErrorNumber(rawValue: number)
            let hint =
                code == .addressInUse
                ? "another process listens there; stop it, or choose a port with --listen"
                : "choose an address of this machine with --listen"
            self.init("cannot listen at \(address): \(code); \(hint)", exit: .temporary)
        case .bind(.unknownHost(let address, let reason)):
            self.init(
                "cannot listen at \(address): the host is not known (\(reason)); name an address "
                    + "of this machine with --listen", exit: .temporary)
        }
    }

    /// Says it on stderr; what is thrown then ends the program with its status.
    var told: ExitCode {
        StandardStream.error.write("sagad: error: \(message)\n")
        return ExitCode(exit.rawValue)
    }
}
