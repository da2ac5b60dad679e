internal import Logging
internal import SagaModel

/// What a participant tells the log of its session: info, but for what may stay wrong until
/// somebody looks, which is a warning the first time.
final class SessionLog {
    let logger: Logger
    private var hasWarnedUnreachable = false
    private var hasWarnedBehind = false

    init(_ logger: Logger) {
        self.logger = logger
    }

    func tell(_ note: SessionNote) {
        switch note {
        case .attached(let welcome):
            hasWarnedUnreachable = false
            hasWarnedBehind = false
            logger.info(
                "attached to coordinator",
                metadata: [
                    "epoch": "\(welcome.epoch)", "generation": "\(welcome.generation)",
                ])
        case .detached(let reason, let wait):
            logger.info(
                "detached from coordinator",
                metadata: ["reason": "\(reason)", "wait": "\(wait.microseconds / 1_000)ms"])
        case .coordinatorBehind(let met, let offered):
            logger.log(
                level: hasWarnedBehind ? .info : .warning,
                "coordinator runs on a copy or an old backup of its journal: refused",
                metadata: ["epoch": "\(offered.epoch)", "met": "\(met.epoch)"])
            hasWarnedBehind = true
        case .refusedAsAhead(let message):
            logger.log(
                level: hasWarnedBehind ? .info : .warning,
                "coordinator runs on a copy or an old backup of its journal, and refuses",
                metadata: ["reason": "\(message)"])
            hasWarnedBehind = true
        }
    }

    /// No address gave a connection.
    func unreachable(_ reasons: [String]) {
        logger.log(
            level: hasWarnedUnreachable ? .debug : .warning, "cannot reach coordinator",
            metadata: ["reason": "\(reasons.joined(separator: "; "))"])
        hasWarnedUnreachable = true
    }

    /// The participant leaves without having finished.
    func leftUnfinished(running: Int, unacknowledged: Int) {
        logger.warning(
            "stopped before all was finished",
            metadata: ["running": "\(running)", "unacknowledged": "\(unacknowledged)"])
    }
}
