internal import CSagaShims
internal import Glibc

/// A program run as a child, in a process group of its own, with a clean signal mask.
///
/// For tests and benchmarks. Whoever drops it without having waited kills the whole group first,
/// so that no test leaves a process behind.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Status: Hashable, Sendable {
        /// It returned this exit status.
        case exited(Int32)
        /// This signal ended it.
        case signaled(Int32)
    }

    /// Where an output of the child goes.
    package enum Output: Hashable, Sendable {
        /// Where this process writes.
        case inherited
        /// Nowhere.
        case discarded
        /// Into a file, made anew.
        case file(String)
        /// To the end of a file.
        case appended(String)
        /// Into a pipe, to be read with `readOutput` or `readError`.
        case pipe
    }

    /// What to run.
    package struct Command: Hashable, Sendable {
        /// The program: a path, or a name that is looked up in PATH.
        package var program: String
        /// Its arguments without its name.
        package var arguments: [String]
        /// Variables set or replaced on top of this process's environment.
        package var environment: [String: String]
        /// Where its standard output goes.
        package var output: Output
        /// Where its standard error goes.
        package var error: Output

        /// Describes a run; nothing is started.
        package init(
            _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
            output: Output = .inherited, error: Output = .inherited
        ) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
            self.output = output
            self.error = error
        }
    }

    private enum State {
        case running
        case ended(Status)
    }

    /// The number of the process, which is that of its group too.
    package let identifier: Int32

    private let name: String
    private let state = Monitor(State.running)
    private let outputPipe: SharedDescriptor?
    private let errorPipe: SharedDescriptor?

    /// Starts the program; its standard input is empty.
    package init(_ command: Command) throws(SystemFailure) {
        let input = SharedDescriptor(try FileDescriptor.openForReading("/dev/null"))
        let output = try ChildStream(command.output, inherited: STDOUT_FILENO)
        let error = try ChildStream(command.error, inherited: STDERR_FILENO)
        // The child's ends must stay open until it has them.
        identifier = try withExtendedLifetime((input, output, error)) { () throws(SystemFailure) in
            try spawn(
                command, input: input.rawValue, output: output.childEnd, error: error.childEnd)
        }
        name = command.program
        outputPipe = output.reader
        errorPipe = error.reader
    }

    deinit {
        if status == nil {
            sendToGroup(SIGKILL)
            _ = try? wait()
        }
    }

    /// How it ended; nil while it runs.
    package var status: Status? {
        state.withLock { state in
            if case .ended(let status) = state { return status }
            return reap(&state, WNOHANG)
        }
    }

    /// Blocks until it has ended.
    @discardableResult
    package func wait() throws(SystemFailure) -> Status {
        guard let status = try wait(microseconds: .max) else {
            throw SystemFailure(operation: "waitpid", path: name, code: .noChild)
        }
        return status
    }

    /// Blocks until it has ended, but not longer than the limit; nil if it still runs then.
    package func wait(microseconds limit: Int64) throws(SystemFailure) -> Status? {
        if let status { return status }
        let rawValue = saga_process_descriptor(identifier)
        guard rawValue >= 0 else {
            // ESRCH: reaped by another waiter in the meantime.
            if let status { return status }
            throw .last("pidfd_open", name)
        }
        let descriptor = FileDescriptor(owning: rawValue, path: name)
        let start = MonotonicInstant.now()
        while true {
            if let status { return status }
            let left = limit - MonotonicInstant.now().microseconds(since: start)
            guard left > 0 else { return nil }
            var item = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            // A second at a time, so that no rounding and no lost wake-up can hang a test.
            let milliseconds = Int32(min(left / 1_000 + 1, 1_000))
            // SAFETY: the address is that of one local variable, as the count says.
            _ = unsafe poll(&item, 1, milliseconds)
        }
    }

    /// Waits on a thread of its own until it has ended, so that no thread of the pool blocks.
    package func ended() async throws(SystemFailure) -> Status {
        let result: Result<Status, SystemFailure> = await withCheckedContinuation { waiter in
            do throws(SystemFailure) {
                _ = try SystemThread(name: "wait") {
                    waiter.resume(returning: Result { () throws(SystemFailure) in try self.wait() })
                }
            } catch {
                waiter.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Sends a signal to the process; nothing happens if it has been waited for.
    package func send(_ signal: Int32) {
        deliver(signal, to: identifier)
    }

    /// Sends a signal to the process and all its descendants that stayed in its group.
    package func sendToGroup(_ signal: Int32) {
        deliver(signal, to: -identifier)
    }

    private func deliver(_ signal: Int32, to target: Int32) {
        // Under the lock, because after the wait the number may be that of another process.
        state.withLock { state in
            switch state {
            case .running: _ = kill(target, signal)
            case .ended: break
            }
        }
    }

    /// Blocks until the child closes its standard output, and gives all that it wrote.
    package func readOutput() throws(SystemFailure) -> String {
        try outputPipe?.readToEnd() ?? ""
    }

    /// Blocks until the child closes its standard error, and gives all that it wrote.
    package func readError() throws(SystemFailure) -> String {
        try errorPipe?.readToEnd() ?? ""
    }

    private func reap(_ state: inout State, _ options: Int32) -> Status? {
        var code: Int32 = 0
        while true {
            // SAFETY: the address is that of a local variable for the time of the call.
            let process = unsafe waitpid(identifier, &code, options)
            if process < 0 && errno == EINTR { continue }
            guard process == identifier else { return nil }
            // The encoding of wait(2): the low seven bits are the signal, the next byte the status.
            let signal = code & 0x7F
            let status: Status = signal == 0 ? .exited((code >> 8) & 0xFF) : .signaled(signal)
            state = .ended(status)
            return status
        }
    }
}
