package import SagaModel

/// What a journal has done since it was opened.
package struct JournalStatistics: Hashable, Sendable {
    /// Calls of fdatasync.
    package var dataSyncs = 0
    /// Batches that were committed; one may take several syncs where a segment ends.
    package var batches = 0
    /// Records that were committed.
    package var records = 0
    /// Bytes of all frames that were written.
    package var bytesWritten = 0
    /// Times that a new segment was taken into use.
    package var rotations = 0
    /// Segments that were freed.
    package var freedSegments = 0
    /// Microseconds of each write and sync together.
    package var syncTimes = Log2Histogram()
    /// Bytes of each batch.
    package var batchBytes = Log2Histogram()

    /// Nothing done yet.
    package init() {}

    mutating func countSync(bytes: Int, microseconds: Int64) {
        dataSyncs += 1
        bytesWritten += bytes
        syncTimes.count(microseconds)
    }
}
