/// How often a number was met, by powers of two: cheap to count in, and of a fixed size.
///
/// What it says of a share of all is at most twice too large, which is enough to see where time
/// goes; the sum and the largest are exact.
package struct Log2Histogram: Hashable, Sendable {
    /// One for 0, one for each power of two up to 2^46: two years in microseconds, and more bytes
    /// than a disk has.
    package static let bucketCount = 48

    /// How many there are of 0, of 1, of less than 4, of less than 8, and so on; the last one
    /// counts all that are larger too. Empty until something is counted.
    package private(set) var buckets: [UInt64] = []
    /// All of them together.
    package private(set) var sum: UInt64 = 0
    /// The largest.
    package private(set) var max: UInt64 = 0

    /// Nothing counted yet.
    package init() {}

    /// Takes what another process has counted; buckets that are missing at the end are 0.
    ///
    /// - Returns: nil for more buckets than there are.
    package init?(buckets: [UInt64], sum: UInt64, max: UInt64) {
        guard buckets.count <= Self.bucketCount else { return nil }
        self.buckets = buckets
        if !buckets.isEmpty {
            let missing = Self.bucketCount - buckets.count
            self.buckets += Array(repeating: 0, count: missing)
        }
        self.sum = sum
        self.max = max
    }

    /// How many were counted.
    package var count: UInt64 {
        buckets.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    /// Counts a number; below 0 as 0.
    package mutating func count(_ number: Int64) {
        if buckets.isEmpty { buckets = Array(repeating: 0, count: Self.bucketCount) }
        let value = UInt64(Swift.max(0, number))
        let bits = UInt64.bitWidth - value.leadingZeroBitCount
        buckets[min(bits, Self.bucketCount - 1)] += 1
        sum = sum.addingReportingOverflow(value).partialValue
        max = Swift.max(max, value)
    }

    /// A number that this share of all is not above: the upper end of its bucket, and never more
    /// than the largest; 0 if nothing was counted.
    package func quantile(_ share: Double) -> UInt64 {
        let all = count
        guard all > 0 else { return 0 }
        let wanted = Swift.max(1, (Double(all) * Swift.min(Swift.max(share, 0), 1)).rounded(.up))
        var met: Double = 0
        for (place, number) in buckets.enumerated() {
            met += Double(number)
            if met >= wanted {
                // The last bucket has no upper end.
                return place == Self.bucketCount - 1 ? max : Swift.min(max, (1 << place) - 1)
            }
        }
        return max
    }
}
