internal import Logging
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

/// The two threads of an archive: one writes what ends, one answers what is asked.
struct ArchiveParts: Sendable {
    let feed: ArchiveFeed
    let desk: ArchiveDesk
    /// Set once both threads run.
    private let hasBegun = Monitor(false)

    /// Nil for a coordinator without an archive.
    init?(
        _ configuration: CoordinatorConfiguration, _ mark: DurableMark?, _ inbox: Inbox,
        _ clock: CoordinatorClock, _ logger: Logger
    ) {
        guard let archive = configuration.archive, let mark else { return nil }
        feed = ArchiveFeed(
            archive, mark, limits: configuration.limits, now: { clock.now() }, logger: logger
        ) { position in inbox.push(.archived(upTo: position)) }
        desk = ArchiveDesk(
            archive, feed, limits: configuration.limits, now: { clock.now() })
    }

    /// Starts both.
    ///
    /// - Parameter deliver: gets the answers.
    func begin(
        deliver: @escaping @Sendable (CallID, ArchiveAnswer) -> Void
    ) throws(SystemFailure) {
        try feed.begin()
        hasBegun.withLock { $0 = true }
        try desk.begin(deliver: deliver)
    }

    /// Ends both; what has been read is written before.
    func stop() {
        guard hasBegun.withLock({ $0 }) else { return }
        desk.stop()
        feed.stop()
    }
}
