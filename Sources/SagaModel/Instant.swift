/// A moment in UTC, in microseconds since 1970.
///
/// Within one life of the coordinator instants never go back: they are the wall clock at its start
/// plus what a monotonic clock counted since.
public struct Instant: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microseconds: Int64

    /// Makes an instant of microseconds since 1970.
    @inlinable public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Later sorts after earlier.
    @inlinable public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The instant that much later, at most the last one that can be written.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        instant.later(byMicroseconds: duration.microseconds)
    }

    /// The instant that many microseconds later, at most the last one that can be written.
    @inlinable package func later(byMicroseconds duration: Int64) -> Instant {
        let (sum, overflow) = microseconds.addingReportingOverflow(duration)
        return Instant(microseconds: overflow ? .max : sum)
    }

    /// How much later the left instant is than the right one; negative if it is earlier.
    public static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero; the largest number if it does not fit.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
