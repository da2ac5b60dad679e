public import FoundationEssentials
public import SagaModel

extension Instant {
    /// The moment of a date, to the microsecond; at most the first or last that can be written.
    public init(_ date: Date) {
        let microseconds = (date.timeIntervalSince1970 * 1_000_000).rounded()
        self.init(
            microseconds: Int64(exactly: microseconds) ?? (microseconds < 0 ? .min : .max))
    }
}
