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
    /// Microseconds of the last write and sync together.
    package var lastSyncMicroseconds: Int64 = 0
    /// Microseconds of all writes and syncs together.
    package var totalSyncMicroseconds: Int64 = 0
    /// Microseconds of the slowest write and sync.
    package var slowestSyncMicroseconds: Int64 = 0
    /// How many syncs took less than 2, 4, 8 .. microseconds; the last one also counts all slower.
    package var syncsByPowerOfTwo = [Int](repeating: 0, count: 24)

    /// Nothing done yet.
    package init() {}

    mutating func countSync(bytes: Int, microseconds: Int64) {
        dataSyncs += 1
        bytesWritten += bytes
        lastSyncMicroseconds = microseconds
        totalSyncMicroseconds += microseconds
        slowestSyncMicroseconds = max(slowestSyncMicroseconds, microseconds)
        let bits = Int64.bitWidth - max(microseconds, 1).leadingZeroBitCount
        syncsByPowerOfTwo[min(bits - 1, syncsByPowerOfTwo.count - 1)] += 1
    }
}
