/// How far a backup is.
package struct BackupProgress: Hashable, Sendable {
    /// Bytes that have been written.
    package var doneBytes: UInt64
    /// Bytes that there will be; it may grow while sagas go on.
    package var totalBytes: UInt64
    /// What was made; nil until all of it is durable.
    package var finished: FinishedBackup?

    /// States the facts.
    package init(doneBytes: UInt64, totalBytes: UInt64, finished: FinishedBackup? = nil) {
        self.doneBytes = doneBytes
        self.totalBytes = totalBytes
        self.finished = finished
    }
}

/// A backup that is whole and durable.
package struct FinishedBackup: Hashable, Sendable {
    /// The directory that it is in, on the coordinator's host.
    package var directory: String
    /// The journal that was copied.
    package var lineage: SagaID
    /// The life that made it.
    package var epoch: Epoch
    /// The last record in it.
    package var position: JournalPosition
    /// How many records it has.
    package var records: UInt64
    /// Whether the archive is in it.
    package var hasArchive: Bool
    /// When it was made: nothing later is in it.
    package var madeAt: Instant

    /// States the facts.
    package init(
        directory: String, lineage: SagaID, epoch: Epoch, position: JournalPosition,
        records: UInt64, hasArchive: Bool, madeAt: Instant
    ) {
        self.directory = directory
        self.lineage = lineage
        self.epoch = epoch
        self.position = position
        self.records = records
        self.hasArchive = hasArchive
        self.madeAt = madeAt
    }
}
