internal import ArgumentParser
internal import Logging
internal import SagaCoordinator
internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import SagaTransport
internal import UnixSignals

/// The coordinator daemon.
@main
struct Sagad: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "sagad",
        abstract: "Runs the saga coordinator: one daemon, a journal on local disk.",
        discussion: """
            EXAMPLES
              mkdir -m 700 /var/lib/sagad
              sagad --data-dir /var/lib/sagad
              sagad --data-dir ./data --listen 127.0.0.1:0 --ready-file ./ready.json

            SIGNALS
              SIGTERM, SIGINT  hand out nothing more, write and sync what was decided, send
                               participants elsewhere and exit 0, without waiting for handlers

            EXIT STATUS
              0   ended in order                  74  input/output error while running;
              64  wrong flags                         a restart may mend it
              65  damaged journal                 75  an address is in use, or cannot be
              73  the data directory is missing,      listened at
                  in use, or not writable
            """,
        version: version)

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The directory of the journal. It must exist and belong to the user of the daemon.",
            valueName: "dir"))
    var dataDirectory: String

    @Option(
        help: ArgumentHelp(
            "Where to listen; may be given several times. Port 0 takes a free one.",
            valueName: "host:port"))
    var listen: [ListenAddress] = [ListenAddress(host: "127.0.0.1", port: 7242)]

    @Option(
        help: ArgumentHelp(
            "A file that is written when the daemon serves: one JSON object with the addresses, "
                + "the process and the epoch.", valueName: "file"))
    var readyFile: String?

    @Option(
        help: ArgumentHelp(
            "What is less important is not logged: debug, info, notice, warning or error.",
            valueName: "level"))
    var logLevel: LogLevel = .info

    @Flag(
        help: "Take a data directory on a file system that forgets, such as tmpfs. For tests only.")
    var allowVolatile = false

    /// Wrong flags are told in one line, like everything else that keeps the daemon from starting.
    static func main() async {
        do {
            let command = try parse()
            try await command.run()
        } catch let error where exitCode(for: error) == .validationFailure {
            let message = message(for: error)
            StandardStream.error.write("sagad: error: \(message); see sagad --help\n")
            ThisProcess.end(status: exitCode(for: error).rawValue)
        } catch {
            exit(withError: error)
        }
    }

    func run() async throws {
        ThisProcess.ignoreBrokenPipes()
        let level = logLevel.level
        let style: LogfmtHandler.Style = ThisProcess.isUnderJournald ? .journald : .stamped
        let logger = Logger(label: "sagad") { _ in LogfmtHandler(level: level, style: style) }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let coordinator = try await start(logger)
        if let readyFile {
            do {
                try ReadyFile.write(coordinator, to: readyFile)
            } catch {
                await coordinator.stop()
                throw Complaint("cannot write the ready file: \(error)", exit: .cannotCreate).told
            }
        }
        logger.notice(
            "serving",
            metadata: [
                "listen": "\(coordinator.addresses.map(\.description).joined(separator: ","))",
                "epoch": "\(coordinator.epoch)", "version": "\(Self.version)",
            ])
        for await signal in signals {
            logger.notice("stopping", metadata: ["signal": "\(signal)"])
            break
        }
        await coordinator.stop()
        logger.notice("stopped")
    }

    private func start(_ logger: Logger) async throws -> Coordinator {
        let configuration = CoordinatorConfiguration(
            dataDirectory: dataDirectory, listen: listen,
            eventLoops: max(1, ThisProcess.processorCount - 1), allowsVolatile: allowVolatile,
            version: Self.version)
        do throws(Coordinator.StartFailure) {
            return try await Coordinator.start(configuration, logger: logger) { failure in
                let complaint = Complaint(failure)
                logger.error(
                    "the journal cannot be written, stopping",
                    metadata: [
                        "reason": "\(failure)", "exit": "\(complaint.exit.rawValue)",
                    ])
                ThisProcess.end(status: complaint.exit.rawValue)
            }
        } catch {
            throw Complaint(error).told
        }
    }
}

/// The levels of `--log-level`.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug, info, notice, warning, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

extension ListenAddress: ExpressibleByArgument {
    /// Reads `HOST:PORT`.
    public init?(argument: String) { self.init(argument) }
}
