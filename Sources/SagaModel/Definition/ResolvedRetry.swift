/// A retry policy with nothing left open.
package struct ResolvedRetry: Sendable {
    /// How many attempts may fail; nil for no end.
    package let maxAttempts: UInt32?
    /// The wait after the first failed attempt.
    package let initial: Duration
    /// The growth of the wait.
    package let multiplier: Double
    /// The longest wait.
    package let max: Duration
    /// The share by which the wait is varied.
    package let jitter: Double
    /// Codes after which nothing is tried again.
    package let nonRetryableCodes: [String]

    /// - Parameter isEndless: whether only a limit that is written down ends the attempts.
    init(_ policy: RetryPolicy, or defaults: RetryPolicy, isEndless: Bool = false) {
        maxAttempts = policy.maxAttempts ?? (isEndless ? nil : defaults.maxAttempts)
        initial = policy.initial ?? defaults.initial ?? .zero
        multiplier = policy.multiplier ?? defaults.multiplier ?? 1
        max = policy.max ?? defaults.max ?? initial
        jitter = policy.jitter ?? defaults.jitter ?? 0
        nonRetryableCodes = policy.nonRetryableCodes ?? defaults.nonRetryableCodes ?? []
    }

    /// The wait before the next attempt.
    ///
    /// - Parameters:
    ///   - failures: how many attempts failed so far, at least 1.
    ///   - draw: a random number from 0 to below 1, which places the wait within its jitter.
    package func backoff(failures: UInt32, draw: Double) -> Duration {
        let limit = Double(max.microseconds)
        var wait = Double(initial.microseconds)
        var round: UInt32 = 1
        while round < failures, wait > 0, wait < limit {
            wait *= multiplier
            round += 1
            if multiplier <= 1 { break }
        }
        let varied = Swift.min(wait, limit) * (1 + jitter * (2 * draw - 1))
        return .microseconds(Int64(Swift.max(0, varied)))
    }
}
