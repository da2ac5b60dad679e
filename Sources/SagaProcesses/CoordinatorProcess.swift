internal import SagaModel
package import SagaSystem

/// A `sagad` of its own, for tests and benchmarks: started, waited for, killed and started again
/// over one directory.
package final class CoordinatorProcess: Sendable {
    /// Why a daemon does not serve.
    package enum StartFailure: Error, Sendable {
        /// A system call failed.
        case system(SystemFailure)
        /// It ended instead; what it wrote to stderr is in the log file.
        case ended(ChildProcess.Status, log: String)
        /// It did not serve within the time.
        case slow(log: String)
    }

    /// How to run it.
    package struct Configuration: Sendable {
        /// The path of the program.
        package var program: String
        /// The data directory, which must exist; the ready file and the log are put beside it.
        package var dataDirectory: String
        /// Where to listen; port 0 takes a free one.
        package var listen: String
        /// Where it serves metrics: an address as `--metrics-listen` takes it; nowhere unless it is
        /// set, so that many can run at a time.
        package var metrics = "none"
        /// More flags.
        package var flags: [String]
        /// Variables set on top of this process's environment.
        package var environment: [String: String]
        /// A program that runs it, such as a tracer, with that program's arguments; empty for none.
        package var wrapper: [String]

        /// Describes a run; nothing is started.
        package init(
            program: String, dataDirectory: String, listen: String = "127.0.0.1:0",
            flags: [String] = [], environment: [String: String] = [:], wrapper: [String] = []
        ) {
            self.program = program
            self.dataDirectory = dataDirectory
            self.listen = listen
            self.flags = flags
            self.environment = environment
            self.wrapper = wrapper
        }
    }

    /// The child: the daemon, or the wrapper around it.
    package let child: ChildProcess
    /// Where it listens, `127.0.0.1:PORT`.
    package let address: String
    /// Where it serves metrics, `127.0.0.1:PORT`; nil for nowhere.
    package let metrics: String?
    /// The number of the daemon's process.
    package let identifier: Int32
    /// Its life, as a number.
    package let epoch: UInt64

    private init(child: ChildProcess, ready: Ready) {
        self.child = child
        address = ready.address
        metrics = ready.metrics
        identifier = ready.identifier
        epoch = ready.epoch
    }

    /// Starts a daemon and waits until it serves.
    ///
    /// - Parameters:
    ///   - configuration: how to run it.
    ///   - limit: how long it may take, in microseconds.
    package static func start(
        _ configuration: Configuration, limit: Int64 = 60_000_000
    ) throws(StartFailure) -> CoordinatorProcess {
        let readyFile = configuration.dataDirectory + ".ready.json"
        let log = configuration.dataDirectory + ".log"
        let child: ChildProcess
        do throws(SystemFailure) {
            try WholeFile.removeIfPresent(readyFile)
            child = try ChildProcess(command(configuration, readyFile: readyFile, log: log))
        } catch {
            throw .system(error)
        }
        let deadline = MonotonicInstant.now().microseconds + limit
        while MonotonicInstant.now().microseconds < deadline {
            if let text = try? WholeFile.read(readyFile), let ready = Ready(text) {
                return CoordinatorProcess(child: child, ready: ready)
            }
            // Waits for the end of the child, which is the other thing that may happen.
            if let status = try? child.wait(microseconds: 2_000) { throw .ended(status, log: log) }
        }
        child.sendToGroup(9)
        throw .slow(log: log)
    }

    private static func command(
        _ configuration: Configuration, readyFile: String, log: String
    ) -> ChildProcess.Command {
        let line =
            configuration.wrapper + [
                configuration.program, "--data-dir", configuration.dataDirectory,
            ]
            + ["--listen", configuration.listen, "--metrics-listen", configuration.metrics]
            + ["--ready-file", readyFile] + configuration.flags
        return ChildProcess.Command(
            line[0], Array(line.dropFirst()), environment: configuration.environment,
            output: .discarded, error: .appended(log))
    }

    /// Ends it at once, whatever it is doing (SIGKILL), and waits for its end.
    package func kill() throws(SystemFailure) {
        child.sendToGroup(9)
        try child.wait()
    }

    /// Asks it to end (SIGTERM) and waits for its end; nil if it still runs after the limit in
    /// microseconds.
    package func stop(limit: Int64 = 10_000_000) throws(SystemFailure) -> ChildProcess.Status? {
        child.send(15)
        return try child.wait(microseconds: limit)
    }
}

/// What the ready file says.
private struct Ready {
    let address: String
    let metrics: String?
    let identifier: Int32
    let epoch: UInt64

    init?(_ text: [UInt8]) {
        func value(_ pointer: String) -> String? {
            guard let pointer = try? JSONPointer(parsing: pointer),
                let range = try? pointer.find(in: text.span)
            else { return nil }
            let value = String(decoding: text[range], as: UTF8.self)
            return value.hasPrefix("\"") ? String(value.dropFirst().dropLast()) : value
        }
        guard let address = value("/listen/0"),
            let identifier = value("/pid").flatMap({ Int32($0) }),
            let epoch = value("/epoch").flatMap({ UInt64($0) })
        else { return nil }
        self.address = address
        metrics = value("/metrics")
        self.identifier = identifier
        self.epoch = epoch
    }
}
