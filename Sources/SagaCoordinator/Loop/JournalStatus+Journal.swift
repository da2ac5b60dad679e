internal import SagaJournal
internal import SagaModel

extension JournalStatus {
    /// How a journal stands, for the status of the daemon.
    ///
    /// - Parameters:
    ///   - level: how much room it has.
    ///   - queued: how many inputs waited each time that the engine looked.
    ///   - restated: how many records have stated something anew in this life.
    init(
        _ journal: borrowing Journal, level: SpaceLevel, queued: Log2Histogram, restated: UInt64
    ) {
        let statistics = journal.statistics
        self.init(
            durablePosition: journal.durablePosition, segments: UInt64(journal.sealed.count) + 1,
            records: UInt64(statistics.records), writtenBytes: UInt64(statistics.bytesWritten),
            batches: UInt64(statistics.batches), syncs: UInt64(statistics.dataSyncs),
            syncTotal: .microseconds(Int64(clamping: statistics.syncTimes.sum)),
            syncSlowest: .microseconds(Int64(clamping: statistics.syncTimes.max)))
        oldestPosition = journal.oldestPosition
        bytes = UInt64(clamping: journal.byteCount)
        freedSegments = UInt64(clamping: statistics.freedSegments)
        restatedRecords = restated
        freeingFailure = journal.freeingFailure ?? ""
        space = SpaceStatus(
            level: level, freeBytes: journal.freeBytes,
            failure: journal.spaceFailure.map { "\($0)" } ?? "")
        syncTimes = statistics.syncTimes
        batchBytes = statistics.batchBytes
        queuedInputs = queued
    }
}
