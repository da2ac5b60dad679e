package import Logging
package import SagaSystem
internal import Synchronization

/// What a service manager is told of the daemon, in the order of its life; nothing without one.
///
/// Words and rules are those of sd_notify(3). The status line is sent when it changes.
package final class ServiceReport: Sendable {
    private let notifier: ServiceNotifier?
    private let logger: Logger
    private let told = Mutex("")
    private let hasFailed = Atomic(false)
    /// Within which time the manager wants a sign of life, in microseconds; nil for never.
    package let watchdogMicroseconds: Int64?

    /// Reports to the manager that the environment names, if it names one.
    package init(_ environment: ServiceEnvironment, logger: Logger) {
        self.logger = logger
        watchdogMicroseconds =
            environment.notifySocket == nil ? nil : environment.watchdogMicroseconds
        guard let path = environment.notifySocket else {
            notifier = nil
            return
        }
        do throws(SystemFailure) {
            notifier = try ServiceNotifier(path: path)
        } catch {
            notifier = nil
            Self.warn(error, logger)
        }
    }

    /// It serves.
    package func ready(_ status: String) { tell(["READY=1"], status) }

    /// It reads its files again, until it is ready; the time is that of the monotonic clock.
    package func reloading() {
        tell(
            ["RELOADING=1", "MONOTONIC_USEC=\(MonotonicInstant.now().microseconds)"], "reloading")
    }

    /// It is about to end.
    package func stopping() { tell(["STOPPING=1"], "stopping") }

    /// It is not ready yet, and makes progress: it needs so many microseconds more, at least.
    func extendStart(byMicroseconds time: Int64, _ status: String) {
        tell(["EXTEND_TIMEOUT_USEC=\(time)"], status)
    }

    /// A sign of life, if one is wanted.
    func alive() {
        if watchdogMicroseconds != nil { tell(["WATCHDOG=1"], nil) }
    }

    /// How it is, in a line for people.
    func status(_ status: String) {
        let isNew = told.withLock { told in
            defer { told = status }
            return told != status
        }
        if isNew { tell([], status) }
    }

    private func tell(_ assignments: [String], _ status: String?) {
        guard let notifier else { return }
        if let status { told.withLock { $0 = status } }
        do throws(SystemFailure) {
            try notifier.tell(assignments + (status.map { ["STATUS=\($0)"] } ?? []))
        } catch {
            // Once: it goes on without, and would say so each second.
            if !hasFailed.exchange(true, ordering: .relaxed) { Self.warn(error, logger) }
        }
    }

    private static func warn(_ failure: SystemFailure, _ logger: Logger) {
        logger.warning(
            "the service manager cannot be told anything", metadata: ["reason": "\(failure)"])
    }
}
