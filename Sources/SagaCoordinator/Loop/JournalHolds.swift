internal import SagaModel
internal import Synchronization

/// What else than the engine still needs records of the journal: the archive, and whoever copies
/// the journal meanwhile.
final class JournalHolds: Sendable {
    private let archive: (@Sendable () -> JournalPosition)?
    private let copies = Mutex(0)

    /// Makes holds of which no copy is made.
    ///
    /// - Parameter archive: says up to which record the archive needs nothing any more; nil for a
    ///   coordinator without one.
    init(archive: (@Sendable () -> JournalPosition)? = nil) {
        self.archive = archive
    }

    /// From now on nothing is freed, until `release` was called as often.
    func hold() { copies.withLock { $0 += 1 } }

    /// A copy is done.
    func release() { copies.withLock { $0 -= 1 } }

    /// No record up to this one is needed by any of them.
    var freeable: JournalPosition {
        if copies.withLock({ $0 > 0 }) { return .none }
        return archive.map { $0() } ?? JournalPosition(.max)
    }
}
