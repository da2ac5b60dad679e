internal import Logging
package import SagaJournal
package import SagaModel
internal import SagaSystem

/// The recovery of a data directory without the coordinator that would follow: for benchmarks.
package enum ReplayTrial {
    /// Opens and replays the journal of a directory as a start does, and gives it up again.
    ///
    /// - Throws: what a start would be refused for.
    package static func run(
        _ directory: String, _ limits: Limits
    ) throws(JournalFailure) -> RecoveryStatus {
        let configuration = CoordinatorConfiguration(
            dataDirectory: directory, listen: [], eventLoops: 1, allowsVolatile: true,
            version: "", limits: limits)
        let logger = Logger(label: "replay") { _ in SwiftLogNoOpLogHandler() }
        return try RecoveredCoordinator.open(
            configuration, clock: CoordinatorClock(), freeing: FreeingHold(),
            meter: RecoveryMeter(), logger: logger
        ).recovery
    }
}
