/// Growing waits between tries, with full jitter: each wait is drawn between nothing and a limit
/// that doubles, so that a thousand participants do not return in the same instant.
struct Backoff: Equatable, Sendable {
    let initial: Duration
    let maximum: Duration
    private var limit: Duration

    init(initial: Duration, maximum: Duration) {
        self.initial = initial
        self.maximum = maximum
        limit = initial
    }

    /// The next wait.
    ///
    /// - Parameter draw: a random number from 0 to below 1.
    mutating func next(draw: Double) -> Duration {
        let wait = limit * draw
        limit = min(limit * 2, maximum)
        return wait
    }

    /// Begins anew, since it worked.
    mutating func reset() {
        limit = initial
    }
}
