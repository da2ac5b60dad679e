package import SagaModel
internal import SagaSystem

/// UTC as the engine sees it: the wall clock at the start of the process, plus what a monotonic
/// clock counted since.
package struct CoordinatorClock: Sendable {
    private let wallAtStart: Int64
    private let monotonicAtStart: MonotonicInstant

    /// Reads both clocks.
    package init() {
        wallAtStart = WallClock.microsecondsSince1970()
        monotonicAtStart = .now()
    }

    /// Now; never earlier than a call before.
    package func now() -> Instant {
        let elapsed = MonotonicInstant.now().microseconds(since: monotonicAtStart)
        return Instant(microseconds: wallAtStart + elapsed)
    }

    /// The point of the monotonic clock that an instant stands for.
    func monotonic(_ instant: Instant) -> MonotonicInstant {
        MonotonicInstant(
            microseconds: monotonicAtStart.microseconds + (instant.microseconds - wallAtStart))
    }
}
