internal import SagaRPC

/// Counts the PINGs of a client that come too early (gRPC's proposal A8).
struct PingStrikes: Sendable {
    private let interval: Duration
    private let intervalWithoutCalls: Duration
    private let allowed: Int
    private var lastAt: RPCInstant?
    private var strikes = 0
    /// HEADERS or DATA were sent since the last PING: the next one is free.
    private var isForgiven = false

    /// What gRPC asks of a client that has no call open and may not ping then.
    private static let restingInterval = Duration.seconds(7_200)

    init(_ limits: LifetimeLimits) {
        interval = limits.pingInterval
        intervalWithoutCalls =
            limits.permitsPingsWithoutCalls ? limits.pingInterval : Self.restingInterval
        allowed = limits.pingStrikes
    }

    /// HEADERS or DATA frames were sent: a client may ping to measure what they did.
    mutating func answered(_ frames: UInt64) {
        if frames > 0 { isForgiven = true }
    }

    /// A PING came. Returns whether it is one too many.
    mutating func received(hasCalls: Bool, now: RPCInstant) -> Bool {
        defer { lastAt = now }
        if isForgiven {
            isForgiven = false
            strikes = 0
            return false
        }
        let needed = hasCalls ? interval : intervalWithoutCalls
        guard let lastAt, now < lastAt + needed else { return false }
        strikes += 1
        return strikes > allowed
    }
}
