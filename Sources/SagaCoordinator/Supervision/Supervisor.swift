internal import Logging
internal import SagaModel
internal import SagaSystem

/// A thread that watches over the engine's: tells the service manager how far the start is and that
/// the daemon lives, lets nothing new in while the disk hangs, and says so in the log.
final class Supervisor: Sendable {
    private let vitals: EngineVitals
    private let services: ServiceContext
    private let report: ServiceReport
    private let limits: Limits
    private let logger: Logger
    private let isOver = Monitor(false)

    /// - Parameter report: gets what the service manager is told.
    init(
        _ vitals: EngineVitals, _ services: ServiceContext, _ report: ServiceReport,
        _ logger: Logger
    ) {
        self.vitals = vitals
        self.services = services
        self.report = report
        self.logger = logger
        limits = services.limits
    }

    /// Begins to watch.
    func begin() throws(SystemFailure) {
        _ = try SystemThread(name: "saga-watch") { self.run() }
    }

    /// Ends, soon.
    func stop() { isOver.withLock { $0 = true } }

    /// How far apart it looks: often enough that a sign of life is never late by more than a part
    /// of the time that it may take (sd_watchdog_enabled(3) wants half of it).
    private var pace: Int64 {
        min(limits.supervisionPace.microseconds, (report.watchdogMicroseconds ?? .max) / 3)
    }

    private func run() {
        var watch = EngineWatch(limits)
        var start = StartWatch()
        var before = EngineWatch.Verdict.alive
        while true {
            let now = MonotonicInstant.now()
            if !services.isServing {
                tellStart(&start)
            } else {
                let verdict = watch.look(vitals.sight, at: now)
                services.inbox.ask()
                take(verdict, before)
                before = verdict
            }
            let next = MonotonicInstant(microseconds: now.microseconds + pace)
            if isOver.wait(until: next, for: { $0 ? () : nil }) != nil { return }
        }
    }

    /// What is to be seen of a start.
    private struct StartWatch {
        var records: UInt64?
    }

    /// While the replay goes on the manager grants more time; one that does not go on is ended when
    /// the manager's own time is over.
    private func tellStart(_ start: inout StartWatch) {
        guard let progress = services.recovery.progress, progress.records != start.records else {
            return
        }
        start.records = progress.records
        report.extendStart(
            byMicroseconds: limits.startExtension.microseconds, "recovering: \(progress.text)")
    }

    private func take(_ verdict: EngineWatch.Verdict, _ before: EngineWatch.Verdict) {
        services.setSlowDisk(verdict.slowDisk)
        if verdict.isAlive { report.alive() }
        switch verdict {
        case .alive:
            if before.slowDisk != nil {
                logger.notice("the disk answers again: calls are let in")
            } else if !before.isAlive {
                logger.notice("the engine goes on")
            }
            report.status("serving; room for the journal: \(vitals.spaceLevel.label)")
        case .slowDisk(let time):
            if before.slowDisk == nil {
                logger.warning(
                    "the disk takes long for a sync: no calls are let in",
                    metadata: ["seconds": "\(time.components.seconds)"])
            }
            report.status("the disk has not answered for \(time.components.seconds) s")
        case .stuck(let time, let phase):
            if before.isAlive {
                logger.error(
                    "the engine makes no progress",
                    metadata: [
                        "seconds": "\(time.components.seconds)", "phase": "\(phase)",
                        "watchdog": "\(report.watchdogMicroseconds == nil ? "off" : "starved")",
                    ])
            }
            report.status("no progress for \(time.components.seconds) s (\(phase))")
        }
    }
}
