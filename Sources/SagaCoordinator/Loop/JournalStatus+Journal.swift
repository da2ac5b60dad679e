internal import SagaJournal
internal import SagaModel

extension JournalStatus {
    /// How a journal stands, for the status of the daemon.
    ///
    /// - Parameter restated: how many records have stated something anew in this life.
    init(_ journal: borrowing Journal, restated: UInt64) {
        let statistics = journal.statistics
        self.init(
            durablePosition: journal.durablePosition, segments: UInt64(journal.sealed.count) + 1,
            records: UInt64(statistics.records), writtenBytes: UInt64(statistics.bytesWritten),
            batches: UInt64(statistics.batches), syncs: UInt64(statistics.dataSyncs),
            syncTotal: .microseconds(statistics.totalSyncMicroseconds),
            syncSlowest: .microseconds(statistics.slowestSyncMicroseconds))
        oldestPosition = journal.oldestPosition
        bytes = UInt64(clamping: journal.byteCount)
        freedSegments = UInt64(clamping: statistics.freedSegments)
        restatedRecords = restated
        freeingFailure = journal.freeingFailure ?? ""
    }
}
