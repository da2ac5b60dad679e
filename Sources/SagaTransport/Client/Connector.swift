internal import SagaRPC

/// Decides where to connect to, and when; a plain value without a socket or a clock.
///
///     idle --want--> connecting --succeeded--> idle
///       ^              |     ^
///       |       all failed   | wanted
///       |              v     |
///       +--not wanted-- backingOff
///
/// A round takes the target's addresses in order, each looked up when its turn comes, and each
/// endpoint that the lookup gave, until one connects. It makes one connection at a time: how many
/// there are is ``PoolSizing``'s business.
struct Connector: Equatable, Sendable {
    /// Where the channel stands with its next connection.
    enum State: Equatable, Sendable {
        /// Nothing is wanted. Can transition to: connecting, backingOff (a connection was lost
        /// that had not given an answer), shutdown.
        case idle
        /// Can transition to: idle (connected), backingOff, shutdown.
        case connecting(Round)
        /// Waits before the next round. Can transition to: idle, connecting, shutdown.
        case backingOff([ConnectFailure], until: RPCInstant)
        /// The end.
        case shutdown
    }

    /// One walk through the addresses.
    struct Round: Equatable, Sendable {
        let began: RPCInstant
        /// Addresses of the target whose turn has not come, the next one last.
        var left: [Int]
        /// The address whose turn it is.
        var address: Int
        /// Its endpoints whose turn has not come, the next one last; empty while it is looked up.
        var endpoints: [Int]
        /// What became of the addresses before, each once.
        var failures: [ConnectFailure]
    }

    /// What is to be done.
    enum Action: Equatable, Sendable {
        case nothing
        /// Look up the address at this place of the target, then say
        /// ``resolved(endpoints:random:)`` or ``failed(_:now:random:)``.
        case resolve(Int)
        /// Connect to this endpoint of those that the lookup of the address gave.
        case connect(Int, endpoint: Int)
    }

    private(set) var state = State.idle
    private let addressCount: Int
    private let isShuffled: Bool
    /// Where a round begins: the address that worked last.
    private var preferred = 0
    private var backoff: Backoff
    /// Connections in a row that ended before they gave a single answer.
    private var unproven = 0

    init(addressCount: Int, isShuffled: Bool = false, _ backoff: Backoff) {
        precondition(addressCount > 0, "a target without an address")
        self.addressCount = addressCount
        self.isShuffled = isShuffled
        self.backoff = backoff
    }

    /// When ``waitIsOver(isWanted:now:random:)`` is to be called.
    var nextWake: RPCInstant? {
        switch state {
        case .backingOff(_, let until): until
        case .idle, .connecting, .shutdown: nil
        }
    }

    /// A connection is wanted.
    mutating func want(now: RPCInstant, random: () -> UInt64) -> Action {
        switch state {
        case .idle:
            var order = (0..<addressCount).map { (preferred + $0) % addressCount }
            if isShuffled { Self.shuffle(&order, random) }
            order.reverse()
            let first = order.removeLast()
            state = .connecting(
                Round(began: now, left: order, address: first, endpoints: [], failures: []))
            return .resolve(first)
        case .connecting, .backingOff, .shutdown: return .nothing
        }
    }

    /// The address whose turn it is has so many endpoints, at least one.
    mutating func resolved(endpoints: Int, random: () -> UInt64) -> Action {
        guard case .connecting(var round) = state, round.endpoints.isEmpty, endpoints > 0 else {
            preconditionFailure("\(endpoints) endpoints in state \(state)")
        }
        var order = Array(0..<endpoints)
        if isShuffled { Self.shuffle(&order, random) }
        order.reverse()
        let first = order.removeLast()
        round.endpoints = order
        state = .connecting(round)
        return .connect(round.address, endpoint: first)
    }

    /// The connection that was asked for works.
    mutating func succeeded() {
        guard case .connecting(let round) = state else {
            preconditionFailure("connected without an attempt, in state \(state)")
        }
        preferred = round.address
        state = .idle
    }

    /// The lookup or the connection that was asked for did not come about.
    ///
    /// Of an address with several endpoints the last one speaks for all.
    mutating func failed(
        _ failure: ConnectFailure, now: RPCInstant, random: UInt64
    ) -> Action {
        guard case .connecting(var round) = state else {
            preconditionFailure("failure without an attempt, in state \(state)")
        }
        if let endpoint = round.endpoints.popLast() {
            state = .connecting(round)
            return .connect(round.address, endpoint: endpoint)
        }
        round.failures.append(failure)
        if let next = round.left.popLast() {
            round.address = next
            state = .connecting(round)
            return .resolve(next)
        }
        // From the round's beginning, as gRPC's connection-backoff document has it: a server that
        // lets connections time out has been spared meanwhile.
        let until = round.began.advanced(by: backoff.next(random: random))
        state = .backingOff(round.failures, until: max(now, until))
        return .nothing
    }

    /// A connection that worked takes no further call, or is gone, by the server's doing.
    ///
    /// `hasAnswered`: it gave at least one answer. The first that did not is replaced at once,
    /// since a server may go away in any moment; from the second on they count as failures, or
    /// a server that only accepts would be called without a pause.
    mutating func lost(
        hasAnswered: Bool, _ failure: ConnectFailure, now: RPCInstant, random: UInt64
    ) {
        unproven = hasAnswered ? 0 : unproven + 1
        if hasAnswered { backoff.reset() }
        guard unproven > 1, case .idle = state else { return }
        state = .backingOff([failure], until: now.advanced(by: backoff.next(random: random)))
    }

    /// The wait may be over; another round begins if calls wait.
    mutating func waitIsOver(
        isWanted: Bool, now: RPCInstant, random: () -> UInt64
    ) -> Action {
        guard case .backingOff(_, let until) = state, until <= now else { return .nothing }
        state = .idle
        return isWanted ? want(now: now, random: random) : .nothing
    }

    /// No further connection.
    mutating func shutdown() { state = .shutdown }

    /// Fisher and Yates, over a range small enough that the remainder's bias does not matter.
    private static func shuffle(_ order: inout [Int], _ random: () -> UInt64) {
        for place in order.indices.dropFirst().reversed() {
            order.swapAt(place, Int(random() % UInt64(place + 1)))
        }
    }
}
