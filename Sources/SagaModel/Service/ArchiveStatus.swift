/// How the archive of ended sagas is.
package struct ArchiveStatus: Equatable, Sendable {
    /// Whether it can be asked.
    package enum State: Equatable, Sendable, CaseIterable {
        /// It is being opened and checked. Can transition to: open, failed.
        case opening
        /// It is open, and follows the journal. Can transition to: failed.
        case open
        /// It cannot be written or read now; it is tried again. Can transition to: open.
        case failed
    }

    /// Whether it can be asked.
    package var state: State = .opening
    /// Every saga that ended up to this record is in it.
    package var committedPosition = JournalPosition.none
    /// The archive needs no record up to this one any more, not even to go on after a crash: what
    /// the journal may free as far as the archive is concerned.
    package var freeablePosition = JournalPosition.none
    /// How many durable records it has not read yet.
    package var lagRecords: UInt64 = 0
    /// How many sagas are in it.
    package var sagas: UInt64 = 0
    /// The bytes of its files.
    package var bytes: UInt64 = 0
    /// Its file.
    package var file = ""
    /// What became of a file that could not be used: where it is now, and why; empty if none was
    /// met.
    package var setAside = ""
    /// Why it failed last; empty if it did not.
    package var failure = ""
    /// One word for that, which never changes; empty if it did not fail.
    package var failureCode = ""
    /// Ended sagas of which records were gone from the journal before it had read them.
    package var missed: UInt64 = 0
    /// How long ended sagas are kept whose definition does not say.
    package var retention: Duration = .zero
    /// Sagas deleted in this life.
    package var purged: UInt64 = 0
    /// When the oldest saga in it started; nil if it is empty.
    package var oldestStartedAt: Instant?

    /// An archive that is being opened.
    package init() {}
}

/// Sagas to delete from the archive.
package struct PurgeRequest: Equatable, Sendable {
    /// Of this namespace.
    package var namespace: String
    /// That ended at least so long ago.
    package var olderThan: Duration
    /// Whether they are only counted.
    package var countsOnly: Bool

    /// States the request.
    package init(namespace: String, olderThan: Duration, countsOnly: Bool) {
        self.namespace = namespace
        self.olderThan = olderThan
        self.countsOnly = countsOnly
    }
}

/// What was deleted from the archive, or would be.
package struct PurgeAnswer: Equatable, Sendable {
    /// How many sagas.
    package var sagas: UInt64
    /// Whether there are more, for another request.
    package var hasMore: Bool

    /// States the facts.
    package init(sagas: UInt64, hasMore: Bool) {
        self.sagas = sagas
        self.hasMore = hasMore
    }
}
