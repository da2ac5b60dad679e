internal import SagaRPC

/// Decides which address to connect to, and when; a plain value without a socket or a clock.
struct Connector: Equatable, Sendable {
    /// Where the channel stands.
    enum State: Equatable, Sendable {
        /// Nothing is wanted. Can transition to: connecting, shutdown.
        case idle
        /// One address is being tried; `tried` failed before it in this round.
        /// Can transition to: connecting (the next address), ready, backingOff, shutdown.
        case connecting(address: Int, tried: [ConnectFailure])
        /// Can transition to: idle, backingOff, shutdown.
        case ready(address: Int)
        /// Waits before the next round. Can transition to: connecting, idle, shutdown.
        case backingOff([ConnectFailure])
        /// The end.
        case shutdown
    }

    /// What is to be done.
    enum Action: Equatable, Sendable {
        case nothing
        /// Connect to the address at this place of the target.
        case connect(Int)
        /// Call ``waitIsOver(isWanted:)`` after this time.
        case wait(RPCTimeout)
    }

    private(set) var state = State.idle
    private let addressCount: Int
    /// Where a round begins: the address that worked last.
    private var preferred = 0
    private var backoff: Backoff
    /// Connections in a row that ended before they gave a single answer.
    private var unproven = 0

    init(addressCount: Int, _ backoff: Backoff) {
        precondition(addressCount > 0, "a target without an address")
        self.addressCount = addressCount
        self.backoff = backoff
    }

    /// A call waits for a connection.
    mutating func want() -> Action {
        switch state {
        case .idle:
            state = .connecting(address: preferred, tried: [])
            return .connect(preferred)
        case .connecting, .ready, .backingOff, .shutdown: return .nothing
        }
    }

    /// The connection that was asked for works.
    mutating func becameReady() {
        guard case .connecting(let address, _) = state else {
            preconditionFailure("ready without an attempt, in state \(state)")
        }
        preferred = address
        state = .ready(address: address)
    }

    /// The connection that was asked for did not come about.
    mutating func failed(_ failure: ConnectFailure, random: UInt64) -> Action {
        guard case .connecting(let address, var tried) = state else {
            preconditionFailure("failure without an attempt, in state \(state)")
        }
        tried.append(failure)
        guard tried.count == addressCount else {
            let next = (address + 1) % addressCount
            state = .connecting(address: next, tried: tried)
            return .connect(next)
        }
        state = .backingOff(tried)
        return .wait(backoff.next(random: random))
    }

    /// The connection takes no further call, or is gone.
    ///
    /// `hasAnswered`: it gave at least one answer. The first that did not is replaced at once,
    /// since a server may go away in any moment; from the second on they count as failures, or
    /// a server that only accepts would be called without a pause.
    mutating func ended(
        hasAnswered: Bool, _ failure: ConnectFailure, random: UInt64
    ) -> Action {
        guard case .ready = state else {
            preconditionFailure("end without a connection, in state \(state)")
        }
        unproven = hasAnswered ? 0 : unproven + 1
        if hasAnswered { backoff.reset() }
        guard unproven > 1 else {
            state = .idle
            return .nothing
        }
        state = .backingOff([failure])
        return .wait(backoff.next(random: random))
    }

    /// The wait is over; another round begins if calls wait.
    mutating func waitIsOver(isWanted: Bool) -> Action {
        guard case .backingOff = state else { return .nothing }
        state = .idle
        return isWanted ? want() : .nothing
    }

    /// No further connection.
    mutating func shutdown() { state = .shutdown }
}
