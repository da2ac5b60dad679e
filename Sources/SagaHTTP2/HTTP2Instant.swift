/// A moment of a clock that never goes back, in nanoseconds; always an argument in here.
package struct HTTP2Instant: Hashable, Comparable, Sendable {
    /// The reading; only differences have a meaning.
    package var nanoseconds: Int64

    /// Takes a clock's reading.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Earlier is less.
    package static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
