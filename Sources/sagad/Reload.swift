internal import ArgumentParser
internal import Logging
internal import SagaCoordinator

/// What SIGHUP does: reads all settings again, takes over what can change while the daemon runs,
/// and names the rest that has changed.
struct Reload {
    let inForce: Settings
    let arguments: [String]
    let threshold: LogThreshold
    let logger: Logger

    /// What takes effect at once; the files of `tls` are read again under the names in force.
    private static let taken = "log.level"

    func run(_ coordinator: Coordinator) {
        coordinator.reloadCertificates(logger)
        do {
            let settings = try Sagad.readSettings(arguments)
            let command = try Sagad.parsed(settings, arguments)
            if threshold.level != command.logLevel.level {
                threshold.level = command.logLevel.level
                logger.notice(
                    "log level set", metadata: ["threshold": "\(command.logLevel.rawValue)"])
            }
            let others = inForce.changes(to: settings).filter { $0 != Self.taken }
            if !others.isEmpty {
                logger.warning(
                    "settings have changed that need a restart",
                    metadata: ["settings": "\(others.joined(separator: ","))"])
            }
        } catch let fault as Settings.Fault {
            for line in fault.lines {
                logger.error(
                    "settings not reloaded, the old ones stay", metadata: ["reason": "\(line)"])
            }
        } catch {
            logger.error(
                "settings not reloaded, the old ones stay",
                metadata: ["reason": "\(Sagad.message(for: error))"])
        }
    }
}
