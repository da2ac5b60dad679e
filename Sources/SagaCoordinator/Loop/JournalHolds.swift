internal import SagaModel

/// What else than the engine still needs records of the journal: the archive. Whoever copies
/// segments holds the freeing itself (`FreeingHold`).
struct JournalHolds: Sendable {
    private let archive: (@Sendable () -> JournalPosition)?

    /// States the facts.
    ///
    /// - Parameter archive: says up to which record the archive needs nothing any more; nil for a
    ///   coordinator without one.
    init(archive: (@Sendable () -> JournalPosition)? = nil) {
        self.archive = archive
    }

    /// No record up to this one is needed by any of them.
    var freeable: JournalPosition { archive.map { $0() } ?? JournalPosition(.max) }
}
