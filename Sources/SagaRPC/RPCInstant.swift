/// A moment of a clock that never goes back, in nanoseconds; always an argument in here.
package struct RPCInstant: Hashable, Comparable, Sendable {
    /// The reading; only differences have a meaning.
    package var nanoseconds: Int64

    /// Takes a clock's reading.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Earlier is less.
    package static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment so much later; a time too far off to be written is the last one there is.
    package func advanced(by timeout: RPCTimeout) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(timeout.nanoseconds)
        return Self(nanoseconds: overflow ? .max : sum)
    }

    /// What is left until a later moment; nothing if it has passed.
    package func remaining(until later: Self) -> RPCTimeout {
        RPCTimeout(nanoseconds: max(0, later.nanoseconds - max(0, nanoseconds)))
    }
}
