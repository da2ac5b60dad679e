package import SagaRPC

/// What is to be done with a connection.
package enum LifetimeAction: Equatable, Sendable {
    case nothing
    /// Ask the peer whether it is there.
    case ping
    /// Tell the peer that no further call is taken, and let the open ones end.
    case drain(ConnectionEnd)
    /// End it: with a last word if the reason has one, and then by ``close``.
    case end(ConnectionEnd)
    /// Close the socket.
    case close
}

/// How long a connection lives and what it may do, without a socket and without a clock.
///
/// It is told what a connection shows after each turn (`observe(_:now:)`), and what time it is
/// when `nextDeadline` has come (`expire(_:now:)`); it answers with what is to be done.
///
///     greeting ──SETTINGS──> serving ──idle, age, stop──> draining
///         │                     │                            │
///         └──────too slow───────┴───a peer's fault, cut──────┴──> closing ──> closed
package struct ConnectionLifetime: Sendable {
    enum State: Equatable, Sendable {
        /// Preface and SETTINGS are not there. Can transition to: serving, draining, closing.
        case greeting
        /// Can transition to: draining, closing.
        case serving
        /// No further call is taken. Can transition to: closing.
        case draining(ConnectionEnd, since: RPCInstant, cutAt: RPCInstant)
        /// The last word is on its way. Can transition to: closed.
        case closing(ConnectionEnd, closeAt: RPCInstant)
        /// Nothing is looked at any more.
        case closed(ConnectionEnd)
    }

    private(set) var state = State.greeting
    private let shared: SharedLifetimeLimits
    var limits: LifetimeLimits { shared.values }
    private var sight = ConnectionSight()
    private let began: RPCInstant
    private let agesAt: RPCInstant?
    private var heardAt: RPCInstant
    private var pingedAt: RPCInstant?
    private var idleSince: RPCInstant?
    private var headersSince: RPCInstant?
    private var streamsStallSince: RPCInstant?
    private var socketStallSince: RPCInstant?
    private var socketTaken: Int64 = 0
    private var socketLookAt: RPCInstant?
    private var pings: PingStrikes

    /// Begins the life of a connection that was just accepted.
    ///
    /// - Parameter jitter: from 0 to 1, drawn for this connection: makes its age shorter or longer.
    package init(_ shared: SharedLifetimeLimits, now: RPCInstant, jitter: Double) {
        precondition((0...1).contains(jitter), "jitter \(jitter) is not from 0 to 1")
        self.shared = shared
        let limits = shared.values
        began = now
        heardAt = now
        idleSince = now
        agesAt = limits.age.map {
            now + $0 * (1 + limits.ageJitter * (2 * jitter - 1))
        }
        pings = PingStrikes(limits)
    }

    // MARK: What the owner asks

    /// Why the connection ended, if its socket is gone now.
    package var end: ConnectionEnd {
        switch state {
        case .greeting, .serving: .peerClosed
        case .draining(let end, _, _), .closing(let end, _), .closed(let end): end
        }
    }

    /// Whether the connection goes on: its last word is not said.
    package var isOpen: Bool {
        switch state {
        case .greeting, .serving, .draining: true
        case .closing, .closed: false
        }
    }

    /// Whether the peer was asked to go.
    var isDraining: Bool {
        switch state {
        case .draining: true
        case .greeting, .serving, .closing, .closed: false
        }
    }

    private var waitingBytes: Int { sight.streamBytes + (sight.socketBytes ?? 0) }

    /// Whether a further call is to be refused, since too many bytes wait already.
    package var isFull: Bool { waitingBytes > limits.outputCapBytes }

    /// Whether bytes of the peer are wanted. Not while the socket takes none of the many that
    /// wait; bytes that wait for a window do not count here, since room comes in by reading.
    package var mayRead: Bool { !(isFull && sight.isSocketFull) }

    // MARK: What happens

    /// Takes in what the connection shows behind a turn.
    package mutating func observe(_ new: ConnectionSight, now: RPCInstant) -> LifetimeAction {
        guard isOpen else { return .nothing }
        let old = sight
        sight = new
        if state == .greeting, new.isGreeted { state = .serving }
        if new.bytesReceived != old.bytesReceived {
            heardAt = now
            pingedAt = nil
        }
        observeCalls(old, now)
        observeOutput(old, now)
        if waitingBytes > limits.outputHardCapBytes { return end(.outputCap, now: now) }
        pings.answered(new.answersSent - old.answersSent)
        for _ in 0..<min(new.pingsReceived - old.pingsReceived, 1_000) {
            if pings.received(hasCalls: new.openCalls > 0, now: now) {
                return end(.tooManyPings, now: now)
            }
        }
        return .nothing
    }

    private mutating func observeCalls(_ old: ConnectionSight, _ now: RPCInstant) {
        let isNew = sight.headerBlocks != old.headerBlocks
        headersSince = sight.isInsideHeaderBlock ? (isNew ? now : headersSince ?? now) : nil
        // A call may have come and gone since the last look.
        idleSince = sight.openCalls > 0 ? nil : (isNew ? now : idleSince ?? now)
    }

    private mutating func observeOutput(_ old: ConnectionSight, _ now: RPCInstant) {
        if sight.streamBytes == 0 {
            streamsStallSince = nil
        } else if streamsStallSince == nil || sight.dataBytesSent != old.dataBytesSent {
            streamsStallSince = now
        }
        guard let waiting = sight.socketBytes else {
            // Looking costs more than sending, so it is done now and then only.
            if sight.bytesSent != old.bytesSent, socketLookAt == nil {
                socketLookAt = now + limits.writeStall / 4
            }
            return
        }
        guard waiting > 0 else {
            socketStallSince = nil
            socketLookAt = nil
            return
        }
        // Below 0 where TLS makes more bytes of fewer; only a change has a meaning.
        let taken = Int64(clamping: sight.bytesSent) - Int64(waiting)
        if socketStallSince == nil || taken != socketTaken { socketStallSince = now }
        socketTaken = taken
        socketLookAt = now + limits.writeStall / 4
    }

    /// Begins an orderly end for a reason from outside; calls that are open at `cutAt` are cut.
    package mutating func drain(
        _ end: ConnectionEnd, cutAt: RPCInstant, now: RPCInstant
    ) -> LifetimeAction {
        switch state {
        case .greeting, .serving:
            state = .draining(end, since: now, cutAt: cutAt)
            return .drain(end)
        case .draining(let first, let since, let earlier):
            state = .draining(first, since: since, cutAt: min(earlier, cutAt))
            return .nothing
        case .closing, .closed: return .nothing
        }
    }

    /// Ends the connection for a reason from outside; the first reason stays.
    package mutating func end(_ end: ConnectionEnd, now: RPCInstant) -> LifetimeAction {
        switch state {
        case .greeting, .serving, .draining:
            switch end.lastWord {
            case .none, .sent: state = .closed(end)
            case .awaited: state = .closing(end, closeAt: now + limits.linger)
            }
            return .end(end)
        case .closing, .closed: return .nothing
        }
    }

    // MARK: Time

    private enum Due { case greeting, headers, stall, look, answer, ask, age, idle, cut, close }

    private func forEachDue(_ body: (RPCInstant?, Due) -> Void) {
        switch state {
        case .greeting:
            body(began + limits.greeting, .greeting)
            forEachDueOfTalk(body)
        case .serving:
            forEachDueOfTalk(body)
            body(agesAt, .age)
            if let idleSince, let idle = limits.idle { body(idleSince + idle, .idle) }
        case .draining(_, let since, let cutAt):
            forEachDueOfTalk(body)
            let goAt = sight.openCalls == 0 ? since + limits.drainAnswer : cutAt
            body(min(goAt, cutAt), .cut)
        case .closing(_, let closeAt): body(closeAt, .close)
        case .closed: break
        }
    }

    private func forEachDueOfTalk(_ body: (RPCInstant?, Due) -> Void) {
        if let headersSince { body(headersSince + limits.headerBlock, .headers) }
        if let streamsStallSince { body(streamsStallSince + limits.writeStall, .stall) }
        if let socketStallSince { body(socketStallSince + limits.writeStall, .stall) }
        body(socketLookAt, .look)
        if let pingedAt {
            body(pingedAt + limits.keepaliveTimeout, .answer)
        } else if let interval = limits.keepaliveInterval {
            body(heardAt + interval, .ask)
        }
    }

    /// When ``expire(_:now:)`` wants to be called at the latest.
    package var nextDeadline: RPCInstant? {
        var earliest: RPCInstant?
        forEachDue { moment, _ in
            guard let moment else { return }
            earliest = min(earliest ?? moment, moment)
        }
        return earliest
    }

    /// Does what is due. The sight must have looked into the socket.
    package mutating func expire(_ new: ConnectionSight, now: RPCInstant) -> LifetimeAction {
        let action = observe(new, now: now)
        guard action == .nothing else { return action }
        var first: Due?
        forEachDue { moment, due in
            if let moment, moment <= now, first == nil, due != .look { first = due }
        }
        return first.map { take($0, now) } ?? .nothing
    }

    private mutating func take(_ due: Due, _ now: RPCInstant) -> LifetimeAction {
        switch due {
        // What there was to see was seen.
        case .look: return .nothing
        case .greeting: return end(.noPreface, now: now)
        case .headers: return end(.slowHeaders, now: now)
        case .stall: return end(.writeStall, now: now)
        case .answer: return end(.keepaliveTimeout, now: now)
        case .ask:
            pingedAt = now
            return .ping
        case .age: return drain(.maxAge, cutAt: now + limits.drainGrace, now: now)
        case .idle: return drain(.idle, cutAt: now + limits.drainGrace, now: now)
        case .cut: return end(self.end, now: now)
        case .close:
            state = .closed(self.end)
            return .close
        }
    }
}

extension RPCInstant {
    /// The moment so much later.
    static func + (moment: Self, duration: Duration) -> Self {
        moment.advanced(by: RPCTimeout(nanoseconds: duration.wholeNanoseconds))
    }
}

extension Duration {
    /// The length in nanoseconds; more than 292 years are as many.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole + attoseconds / 1_000_000_000
    }
}
