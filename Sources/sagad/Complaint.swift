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
        /// A rehearsal found sagas that would be set aside, or differences.
        case differs = 1
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
        /// A file of certificates or keys is wrong, or the machine's limits do not fit the flags.
        case configuration = 78
    }

    let message: String
    let exit: Exit
    /// One word for the reason, for programs; nil where the exit status says it.
    private(set) var code: String?

    init(_ message: String, exit: Exit) {
        self.message = message
        self.exit = exit
    }

    init(_ failure: JournalFailure) {
        code = failure.code
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
        case .certificates(let fault): self.init(fault.description, exit: .configuration)
        case .bind(let failure): self.init(failure, flag: "--listen")
        case .metrics(let failure): self.init(failure, flag: "--metrics-listen")
        }
    }

    /// - Parameter flag: the one that names the address.
    private init(_ failure: BindFailure, flag: String) {
        switch failure {
        case .system(let address, let number):
            let code = ErrorNumber(rawValue: number)
            self.init(
                "cannot listen at \(address): \(code); \(Self.hint(address, code, flag))",
                exit: .temporary)
        case .unknownHost(let address, let reason):
            self.init(
                "cannot listen at \(address): the host is not known (\(reason)); name an address "
                    + "of this machine with \(flag)", exit: .temporary)
        case .pathInUse(let address):
            self.init(
                "cannot listen at \(address): another process listens there; stop it, or choose "
                    + "another path with \(flag)", exit: .temporary)
        case .pathIsNoSocket(let address):
            self.init(
                "cannot listen at \(address): a file is there that is no socket, and is left "
                    + "alone; remove it, or choose another path with \(flag)", exit: .temporary)
        case .pathTooLong(let address):
            self.init(
                "cannot listen at \(address): the path is longer than the 107 bytes that the "
                    + "system takes; choose a shorter one with \(flag)", exit: .temporary)
        case .unusable(let address, let reason):
            self.init("cannot listen at \(address): \(reason)", exit: .temporary)
        }
    }

    private static func hint(_ address: ListenAddress, _ code: ErrorNumber, _ flag: String)
        -> String
    {
        switch address {
        case .host where code == .addressInUse:
            "another process listens there; stop it, or choose a port with \(flag)"
        case .host: "choose an address of this machine with \(flag)"
        case .unix: "the folder must be there and writable"
        case .inherited: "it must be a socket that is bound to an address"
        }
    }

    /// Says it on stderr; what is thrown then ends the program with its status.
    var told: ExitCode {
        StandardStream.error.write("sagad: error: \(message)\n")
        return ExitCode(exit.rawValue)
    }
}
