internal import Saga

/// The virtual time of a test's coordinator, for handlers and tests that wait by themselves.
public struct TestClock: Clock {
    /// A moment: how long the coordinator has been there.
    public struct Instant: InstantProtocol {
        /// The virtual time that has passed.
        public let elapsed: Duration

        /// So much later.
        public func advanced(by duration: Duration) -> Instant {
            Instant(elapsed: elapsed + duration)
        }

        /// How much later the other moment is.
        public func duration(to other: Instant) -> Duration { other.elapsed - elapsed }

        /// Earlier sorts before later.
        public static func < (left: Instant, right: Instant) -> Bool {
            left.elapsed < right.elapsed
        }
    }

    let link: TestLink

    /// The time now.
    public var now: Instant { Instant(elapsed: .microseconds(link.world.time.elapsed)) }

    /// Time has no steps that could be missed.
    public var minimumResolution: Duration { .microseconds(1) }

    /// Waits in virtual time, which goes on meanwhile.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; `SagaError` behind the end of the
    ///   test's time.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let error = await link.sleepOrFail(for: deadline.elapsed - now.elapsed)
        try Task.checkCancellation()
        if let error { throw error }
    }
}
