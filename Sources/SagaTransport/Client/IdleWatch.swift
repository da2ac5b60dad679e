internal import SagaRPC

/// Decides when a channel has been without a call for so long that it closes its connections; a
/// plain value.
struct IdleWatch: Equatable, Sendable {
    private let limit: RPCTimeout?
    private var since: RPCInstant?

    /// `limit`: how long a channel may be without a call; nil for any time.
    init(limit: RPCTimeout?) { self.limit = limit }

    /// A call was made.
    mutating func callBegan() { since = nil }

    /// There is no call, and a connection is kept for the next one. The clock is asked only when
    /// this is new.
    mutating func isQuiet(now: () -> RPCInstant) {
        guard limit != nil, since == nil else { return }
        since = now()
    }

    /// Nothing is open that could be closed.
    mutating func hasNothing() { since = nil }

    /// When to look again.
    var nextWake: RPCInstant? {
        guard let limit, let since else { return nil }
        return since.advanced(by: limit)
    }

    /// Whether the connections are to be closed now.
    mutating func isOver(now: RPCInstant) -> Bool {
        guard let due = nextWake, due <= now else { return false }
        since = nil
        return true
    }
}
