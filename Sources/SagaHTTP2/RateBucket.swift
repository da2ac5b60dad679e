/// How many of something a peer may do: so many at once, and so many a second in the long run.
package struct RateLimit: Equatable, Sendable {
    /// How many are taken at once from a peer that was quiet before.
    package var burst: Int
    /// How many a second are taken from a peer that never stops.
    package var perSecond: Int

    /// Makes a limit; both numbers are at least one.
    package init(burst: Int, perSecond: Int) {
        precondition(burst >= 1 && perSecond >= 1, "rate limit \(burst), \(perSecond)/s")
        self.burst = burst
        self.perSecond = perSecond
    }
}

/// A token bucket in a few numbers: a check is a comparison and an addition.
///
/// Instead of counting tokens it keeps the moment at which the bucket will be full again, so that
/// nothing has to be refilled (the generic cell rate algorithm of ATM, ITU-T I.371). Beside what
/// time gives, a peer earns tokens by useful work; those are spent first. Work is only counted as
/// it happens, and looked at here when a token is asked for.
struct RateBucket: Equatable {
    private let burst: Int32
    private let perSecond: Int32
    private var fullAt = Int64.min
    private var saved = 0
    private var seen = 0

    /// Tokens are earned in thousandths, so that ten good deeds can pay for one bad.
    static let token = 1000
    /// More than this many bursts are not saved up.
    private static let savedBursts = 10

    init(_ limit: RateLimit) {
        // Small, since every connection has nine of them; more than this is no limit.
        burst = Int32(clamping: limit.burst)
        perSecond = Int32(clamping: limit.perSecond)
    }

    private var mostSaved: Int { Int(burst) * Self.savedBursts * Self.token }

    /// Takes a token; false when there is none. `earned` are the thousandths earned in all since
    /// the beginning.
    mutating func take(_ now: HTTP2Instant, earned: Int) -> Bool {
        saved = min(saved + (earned - seen), mostSaved)
        seen = earned
        if saved >= Self.token {
            saved -= Self.token
            return true
        }
        let cost = max(1, 1_000_000_000 / Int64(perSecond))
        let next = max(fullAt, now.nanoseconds) + cost
        guard next - now.nanoseconds <= cost * Int64(burst) else { return false }
        fullAt = next
        return true
    }
}
