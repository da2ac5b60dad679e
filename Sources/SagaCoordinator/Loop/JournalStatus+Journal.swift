internal import SagaJournal
internal import SagaModel

extension JournalStatus {
    /// How a journal stands, for the status of the daemon.
    init(_ journal: borrowing Journal) {
        let statistics = journal.statistics
        self.init(
            durablePosition: journal.durablePosition, segments: journal.segmentNumber,
            records: UInt64(statistics.records), writtenBytes: UInt64(statistics.bytesWritten),
            batches: UInt64(statistics.batches), syncs: UInt64(statistics.dataSyncs),
            syncTotal: .microseconds(statistics.totalSyncMicroseconds),
            syncSlowest: .microseconds(statistics.slowestSyncMicroseconds))
    }
}
