internal import SagaRPC

/// Decides when another connection is opened because all are full, and when it is closed again;
/// a plain value.
///
/// Calls fill the oldest connection first, so that one that was opened for a rush runs empty
/// behind it.
struct PoolSizing: Equatable, Sendable {
    /// When the pool grows and shrinks.
    struct Settings: Equatable, Sendable {
        /// How many connections take calls at a time.
        var mostConnections: Int
        /// How long calls find no place before another connection is opened.
        var growAfter: RPCTimeout
        /// How long a connection beside the oldest is without a call before it is closed.
        var shrinkAfter: RPCTimeout
    }

    /// What a connection that takes calls carries.
    struct Load: Equatable, Sendable {
        var connection: ClientConnectionID
        /// Calls open on it.
        var calls: Int
        /// Whether the server's limit lets it take one more.
        var hasRoom: Bool
    }

    enum Action: Equatable, Sendable {
        case nothing
        /// One more connection.
        case open
        case close(ClientConnectionID)
    }

    private let settings: Settings
    private var fullSince: RPCInstant?
    private var unused: (connection: ClientConnectionID, since: RPCInstant)?

    init(_ settings: Settings) {
        precondition(settings.mostConnections > 0, "a pool of no connection")
        self.settings = settings
    }

    static func == (left: Self, right: Self) -> Bool {
        left.settings == right.settings && left.fullSince == right.fullSince
            && left.unused?.connection == right.unused?.connection
            && left.unused?.since == right.unused?.since
    }

    /// When to look again without anything else having happened.
    var nextWake: RPCInstant? {
        let grow = fullSince?.advanced(by: settings.growAfter)
        let shrink = unused?.since.advanced(by: settings.shrinkAfter)
        guard let grow, let shrink else { return grow ?? shrink }
        return min(grow, shrink)
    }

    /// Looks at the connections that take calls, oldest first.
    ///
    /// - Parameters:
    ///   - areWaiting: calls have found no place.
    ///   - mayConnect: no connection is being made or waits to be made.
    mutating func look(
        _ loads: [Load], areWaiting: Bool, mayConnect: Bool, now: RPCInstant
    ) -> Action {
        if let action = grow(loads, areWaiting, mayConnect, now) { return action }
        return shrink(loads, now)
    }

    private mutating func grow(
        _ loads: [Load], _ areWaiting: Bool, _ mayConnect: Bool, _ now: RPCInstant
    ) -> Action? {
        guard areWaiting, mayConnect, !loads.isEmpty, loads.count < settings.mostConnections,
            !loads.contains(where: \.hasRoom)
        else {
            fullSince = nil
            return nil
        }
        let since = fullSince ?? now
        guard since.advanced(by: settings.growAfter) <= now else {
            fullSince = since
            return nil
        }
        fullSince = nil
        return .open
    }

    /// One at a time, the newest first: the others' time begins when it is gone.
    private mutating func shrink(_ loads: [Load], _ now: RPCInstant) -> Action {
        guard let spare = loads.dropFirst().last(where: { $0.calls == 0 }) else {
            unused = nil
            return .nothing
        }
        if let unused, unused.connection == spare.connection {
            guard unused.since.advanced(by: settings.shrinkAfter) <= now else { return .nothing }
            self.unused = nil
            return .close(spare.connection)
        }
        unused = (spare.connection, now)
        return .nothing
    }
}
