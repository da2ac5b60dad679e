internal import SagaRPC

/// Decides when a connection is asked whether it is alive, and when it is given up, as gRPC's
/// proposal A8 has it; a plain value.
///
///     watching --silent, calls open--> pinged --timeout--> (drop)
///      ^    |                            |
///      |  silent, no call          any byte came
///      |    v                            |
///      +-- dormant       watching <------+
///
/// Bytes only move a moment forward: the timer that was set looks at it when it is due, so that a
/// busy connection costs no timer.
struct Keepalive: Equatable, Sendable {
    /// How a connection is watched.
    struct Settings: Equatable, Sendable {
        /// How long no byte may come before the server is asked.
        var interval: RPCTimeout
        /// How long no byte may come behind the question.
        var timeout: RPCTimeout
        /// Whether it is asked also while no call is open.
        var withoutCalls: Bool
    }

    enum Action: Equatable, Sendable {
        case nothing
        /// Send a PING.
        case ping
        /// The connection is dead.
        case drop
    }

    private enum State: Equatable, Sendable {
        /// Can transition to: watching, pinged, dormant.
        case watching(check: RPCInstant)
        /// The interval is over, and no call is open. Can transition to: watching, pinged.
        case dormant
        /// Can transition to: watching.
        case pinged(until: RPCInstant)
    }

    private let settings: Settings
    private var state: State
    private var lastByte: RPCInstant

    /// Begins with a connection that just proved to be alive.
    init(_ settings: Settings, now: RPCInstant) {
        self.settings = settings
        lastByte = now
        state = .watching(check: now.advanced(by: settings.interval))
    }

    /// When ``wake(hasCalls:now:)`` is to be called; nil for not by itself.
    var nextWake: RPCInstant? {
        switch state {
        case .watching(let check): check
        case .dormant: nil
        case .pinged(let until): until
        }
    }

    /// Bytes came, of whatever frame.
    mutating func received(now: RPCInstant) {
        lastByte = now
        if case .pinged = state { state = .watching(check: due) }
    }

    private var due: RPCInstant { lastByte.advanced(by: settings.interval) }

    /// A call was opened: behind a long silence the server is asked at once, so that a dead
    /// connection costs the call the timeout only, not the interval too.
    mutating func callOpened(now: RPCInstant) -> Action {
        guard case .dormant = state else { return .nothing }
        guard due <= now else {
            state = .watching(check: due)
            return .nothing
        }
        return ping(now)
    }

    private mutating func ping(_ now: RPCInstant) -> Action {
        state = .pinged(until: now.advanced(by: settings.timeout))
        return .ping
    }

    /// The time has come to look.
    mutating func wake(hasCalls: Bool, now: RPCInstant) -> Action {
        switch state {
        case .watching(let check):
            guard check <= now else { return .nothing }
            guard due <= now else {
                state = .watching(check: due)
                return .nothing
            }
            guard hasCalls || settings.withoutCalls else {
                state = .dormant
                return .nothing
            }
            return ping(now)
        case .dormant: return .nothing
        case .pinged(let until): return until <= now ? .drop : .nothing
        }
    }
}
