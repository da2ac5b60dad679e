internal import SagaSystem

/// Keeps segments where they are while somebody copies them.
///
/// Who frees asks it each time, and asks again later if it is held; who copies takes it, and may
/// then wait for what is being freed just now. Any number may hold it at a time.
package final class FreeingHold: Sendable {
    /// How many hold it. Its lock is held while something is freed.
    private let holders = Monitor(0)

    /// Made once for a journal, by whoever opens it.
    package init() {}

    /// Whether segments are to stay.
    package var isHeld: Bool { holders.withLock { $0 > 0 } }

    /// Nothing is freed from now on, until `release` was called as often.
    package func take() { holders.withLock { $0 += 1 } }

    /// Gives back what was taken.
    package func release() {
        holders.withLock { holders in
            precondition(holders > 0, "freeing is not held")
            holders -= 1
        }
    }

    /// Runs what frees segments, unless freeing is held; nobody gets the hold meanwhile.
    ///
    /// - Returns: what the body returned; nil if freeing is held.
    package func ifNotHeld<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try holders.withLock { (holders) throws(Failure) -> Result? in
            guard holders == 0 else { return nil }
            return try body()
        }
    }
}
