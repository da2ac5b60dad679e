package import SagaModel
package import SagaRPC

/// A participant's side of its sessions: a value without a socket, a clock or a thread.
///
/// It lasts for the participant's whole life, over all streams: it names what runs, keeps results
/// until they are acknowledged and sends them again, finds out when nobody listens, and waits
/// between tries. The owner carries out its actions, calls `tick` at `nextWake`, and reports each
/// handler's end.
package struct ParticipantSession: ~Copyable {
    /// What a participant is, and how long its session waits for what.
    package struct Settings: Equatable, Sendable {
        var participant: ParticipantName
        var sdkVersion: String
        var serviceVersion: String
        var handlers: [HandlerOffer]
        var slots: Int
        var undoSlots: Int
        /// How long it stays to finish, once asked to leave.
        var drain: Duration

        /// Puts the settings together.
        package init(
            participant: ParticipantName, sdkVersion: String, serviceVersion: String,
            handlers: [HandlerOffer], slots: Int, undoSlots: Int, drain: Duration
        ) {
            self.participant = participant
            self.sdkVersion = sdkVersion
            self.serviceVersion = serviceVersion
            self.handlers = handlers
            self.slots = slots
            self.undoSlots = undoSlots
            self.drain = drain
        }
    }

    enum Phase: Equatable {
        /// Not begun. Can transition to: opening, ended.
        case idle
        /// A stream is wanted, or open and not welcomed yet. Can transition to: attached,
        /// waiting, ended.
        case opening(Opening)
        /// Welcomed. Can transition to: waiting, opening, ended.
        case attached(Attached)
        /// The next try is not due yet. Can transition to: opening, ended.
        case waiting(until: RPCInstant)
        /// Over; all but the ends of handlers is passed over.
        case ended
    }

    struct Opening: Equatable {
        /// Whether the stream is up, so the Hello is sent.
        var saidHello: Bool
        /// When it has taken too long.
        var until: RPCInstant
    }

    struct Attached: Equatable {
        var lineage: SagaID
        var heartbeatInterval: Duration
        /// When a heartbeat was last answered, or the Welcome came.
        var answeredAt: RPCInstant
        var nextHeartbeat: RPCInstant
        /// Whether a task has come since the last answer to a heartbeat.
        var hadTask = false
        /// Answers in a row that spoke of waiting tasks while none came and slots were free.
        var hungryAnswers: UInt32 = 0
        /// Heartbeats sent for handlers' signs, between the regular ones, and not answered: their
        /// answers say nothing of hunger, which is counted by the interval.
        var signsUnanswered: UInt32 = 0
        /// Set once the coordinator has said that it leaves.
        var leaving: Leaving?
    }

    struct Leaving: Equatable {
        /// When to leave the stream if it is still there.
        var until: RPCInstant
        /// How long to wait then; nil: as after a loss.
        var reattachAfter: Duration?
    }

    let settings: Settings
    var phase = Phase.idle
    var attempts = AttemptTable()
    var signs = HandlerSigns()
    var outputLimit = Limits.outputBytes
    var epochsMet: [EpochMet] = []
    /// Which sagas of the journal that it works for can ask no more; nil before any Welcome.
    package internal(set) var ended: EndedSagas?
    var backoff = Backoff(initial: Limits.reconnectInitial, maximum: Limits.reconnectMaximum)
    var hungryLimit = Limits.hungryAnswers
    /// When a drain is over; nil while nobody has asked for one.
    var drainUntil: RPCInstant?
    let offers: [String: Bool]

    /// A session that has not begun.
    package init(_ settings: Settings) {
        self.settings = settings
        offers = Dictionary(
            settings.handlers.map { ($0.name, $0.hasCompensation) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Begins: a stream is wanted.
    package mutating func start(now: RPCInstant, into actions: inout [SessionAction]) {
        guard phase == .idle else { return }
        open(now: now, into: &actions)
    }

    /// The stream is up.
    package mutating func opened(now: RPCInstant, into actions: inout [SessionAction]) {
        guard case .opening(let opening) = phase, !opening.saidHello else { return }
        phase = .opening(Opening(saidHello: true, until: now + Limits.welcomeTimeout))
        actions.append(.send(.hello(hello())))
    }

    /// The stream has ended, or could not be opened.
    ///
    /// - Parameter draw: a random number from 0 to below 1, for the wait before the next try.
    package mutating func disconnected(
        _ end: StreamEnd, now: RPCInstant, draw: Double, into actions: inout [SessionAction]
    ) {
        switch (phase, end) {
        case (.idle, _), (.waiting, _), (.ended, _): return
        case (.opening, .refused(let refusal)) where refusal.isFinal,
            (.attached, .refused(let refusal)) where refusal.isFinal:
            finish(.refused(refusal), into: &actions)
        case (.opening, .refused(let refusal)), (.attached, .refused(let refusal)):
            if refusal.reason == "EPOCH_BEHIND" {
                actions.append(.note(.refusedAsAhead(refusal.message)))
            }
            let limit = refusal.code == .unavailable ? Limits.comeAgain : nil
            pause(refusal.message, atMost: limit, now: now, draw: draw, into: &actions)
        case (.opening, .lost(let reason)), (.attached, .lost(let reason)):
            pause(reason, now: now, draw: draw, into: &actions)
        }
    }

    /// The coordinator broke the protocol, or cannot be understood: its stream is given up.
    package mutating func rejected(
        _ reason: String, now: RPCInstant, draw: Double, into actions: inout [SessionAction]
    ) {
        switch phase {
        case .idle, .waiting, .ended: return
        case .opening, .attached:
            actions.append(.close)
            pause(reason, now: now, draw: draw, into: &actions)
        }
    }

    /// A handler has ended.
    package mutating func finished(
        _ place: AttemptPlace, _ outcome: AttemptOutcome, into actions: inout [SessionAction]
    ) {
        let outcome = limited(outcome)
        sendLastSign(of: place, into: &actions)
        attempts.hold(outcome, at: place)
        switch phase {
        case .attached:
            let result = TaskResult(attempt: attempts.attempt(at: place), outcome: outcome)
            actions.append(.send(.result(result)))
        case .idle, .opening, .waiting, .ended: break
        }
    }

    /// Leaves in order: takes nothing new, finishes what runs, and ends when all is acknowledged.
    package mutating func drain(now: RPCInstant, into actions: inout [SessionAction]) {
        guard phase != .ended, drainUntil == nil else { return }
        drainUntil = now + settings.drain
        if case .attached = phase { actions.append(.send(.draining(within: settings.drain))) }
        endIfDrained(into: &actions)
    }

    /// Ends at once: cancels what runs and waits for nothing.
    package mutating func stop(into actions: inout [SessionAction]) {
        guard phase != .ended else { return }
        finish(.stopped, into: &actions)
    }

    /// When `tick` wants to be called; nil for never.
    package var nextWake: RPCInstant? {
        let own: RPCInstant?
        switch phase {
        case .idle: own = nil
        case .ended: return nil
        case .opening(let opening): own = opening.until
        case .waiting(let until): own = until
        case .attached(let attached):
            var due = min(attached.nextHeartbeat, silentAt(attached))
            if let signsDue = signs.due { due = min(due, signsDue) }
            own = attached.leaving.map { min($0.until, due) } ?? due
        }
        guard let drainUntil else { return own }
        return own.map { min($0, drainUntil) } ?? drainUntil
    }

    /// Time has passed.
    ///
    /// - Parameter draw: a random number from 0 to below 1, for the wait before a next try.
    package mutating func tick(now: RPCInstant, draw: Double, into actions: inout [SessionAction]) {
        if let drainUntil, drainUntil <= now, phase != .ended {
            finish(
                .drainTimedOut(running: attempts.running, unacknowledged: attempts.held),
                into: &actions)
            return
        }
        switch phase {
        case .idle, .ended: return
        case .opening(let opening):
            guard opening.until <= now else { return }
            let reason = opening.saidHello ? "no answer to the Hello" : "no connection"
            rejected(reason, now: now, draw: draw, into: &actions)
        case .waiting(let until):
            guard until <= now else { return }
            open(now: now, into: &actions)
        case .attached(let attached):
            tick(attached, now: now, draw: draw, into: &actions)
        }
    }

    private mutating func tick(
        _ attached: Attached, now: RPCInstant, draw: Double, into actions: inout [SessionAction]
    ) {
        var attached = attached
        if let leaving = attached.leaving, leaving.until <= now {
            rejected("the coordinator leaves", now: now, draw: draw, into: &actions)
            return
        }
        let silentAt = silentAt(attached)
        if silentAt <= now {
            // After a pause of the whole process the answers are there and only not read yet.
            guard silentAt + Limits.pauseOfProcess < now else {
                rejected("no answer to heartbeats", now: now, draw: draw, into: &actions)
                return
            }
            attached.answeredAt = now
        }
        if attached.nextHeartbeat <= now {
            actions.append(.send(.heartbeat(signs.take(now: now))))
            attached.nextHeartbeat = now + attached.heartbeatInterval
        }
        phase = .attached(attached)
        sendSignsIfDue(now: now, into: &actions)
    }

    private func silentAt(_ attached: Attached) -> RPCInstant {
        attached.answeredAt + attached.heartbeatInterval * Limits.silentIntervals
    }
}
