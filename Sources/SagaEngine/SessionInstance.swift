internal import SagaModel

/// One session of an instance of a participant; only the engine's thread touches it.
final class SessionInstance {
    let id: SessionID
    /// The participant for people, made once: it stands in every task that it ran.
    let name: String
    let participant: ParticipantName
    var hello: Hello {
        didSet {
            slots = hello.slots
            undoSlots = hello.effectiveUndoSlots
        }
    }
    /// Of the Hello, at hand for each task.
    private var slots: UInt32
    private var undoSlots: UInt32
    let generation: UInt64
    let attachedAt: Instant
    var lastHeardAt: Instant
    var state = State.arriving
    /// What was handed out and not yet said to have ended, stale attempts too: each holds a slot.
    private(set) var attempts = IdentityTable<Attempt>()
    var running: UInt32 = 0
    var undoing: UInt32 = 0
    /// The queues that it is served from.
    var queues: [HandlerQueue] = [] {
        didSet {
            actions = queues.map(\.actions)
            undos = queues.map(\.undos)
        }
    }
    /// The lanes of these queues, at hand for each task.
    private(set) var actions: [LaneID] = []
    private(set) var undos: [LaneID] = []
    /// Handlers it declined, until when it is left alone with them; nil until its next Hello.
    var closed: [HandlerRef: TimerID?] = [:]
    var isDirty = false

    /// Where the session stands.
    enum State {
        /// Being made. Can transition to: attached.
        case arriving
        /// The stream is there. Can transition to: draining, lost, ended.
        case attached(silence: TimerID)
        /// Nothing new is handed out. Can transition to: lost, ended.
        case draining(silence: TimerID)
        /// The stream is gone, and the grace runs. Can transition to: ended.
        case lost(grace: TimerID, at: Instant)
        /// Over; only stale references remain.
        case ended
    }

    struct Attempt: IdentityTableElement {
        let tableKey: AttemptKey
        let saga: SagaInstance
    }

    init(id: SessionID, hello: Hello, generation: UInt64, at now: Instant) {
        self.id = id
        name = hello.participant.description
        participant = hello.participant
        self.hello = hello
        slots = hello.slots
        undoSlots = hello.effectiveUndoSlots
        self.generation = generation
        attachedAt = now
        lastHeardAt = now
    }

    /// Whether tasks may be handed to it.
    var takesTasks: Bool {
        switch state {
        case .attached: true
        case .arriving, .draining, .lost, .ended: false
        }
    }

    /// Whether its stream is there.
    var isConnected: Bool {
        switch state {
        case .attached, .draining: true
        case .arriving, .lost, .ended: false
        }
    }

    func hasFreeSlot(_ direction: Direction) -> Bool {
        guard takesTasks else { return false }
        return switch direction {
        case .action: running < slots
        case .compensation: undoing < undoSlots
        }
    }

    func hold(_ key: AttemptKey, of saga: SagaInstance) {
        guard attempts.insert(Attempt(tableKey: key, saga: saga)) else { return }
        switch key.direction {
        case .action: running += 1
        case .compensation: undoing += 1
        }
    }

    /// Gives the slot of an attempt back; false if the session does not have it.
    func release(_ key: AttemptKey) -> Bool {
        guard attempts.remove(key) != nil else { return false }
        switch key.direction {
        case .action: running -= 1
        case .compensation: undoing -= 1
        }
        return true
    }

    /// Gives the slot of an attempt back whose saga is no longer kept, so that only its slot is
    /// left to find it by.
    func release(_ attempt: TaskAttempt) -> Bool {
        // The name of an attempt is that of one at most, so their order does not matter.
        let held = attempts.all.first { held in
            let key = held.tableKey
            return held.saga.facts.id == attempt.task.saga && key.token == attempt.token
                && held.saga.facts.task(key.step, key.direction) == attempt.task
        }
        return held.map { release($0.tableKey) } ?? false
    }

    /// Lets go of all attempts and queues, when the engine ends.
    func clear() {
        attempts = IdentityTable()
        queues = []
    }

    /// Its attempts in an order that is the same in every process.
    var attemptsInOrder: [(key: AttemptKey, saga: SagaInstance)] {
        attempts.all.sorted { $0.tableKey < $1.tableKey }.map { ($0.tableKey, $0.saga) }
    }
}

extension SessionInstance: IdentityTableElement {
    var tableKey: SessionID { id }
}

extension SessionID: IdentityTableKey {
    var bits: UInt64 { rawValue }
}

/// Names an attempt within the engine, in place of a task's name.
struct AttemptKey: Hashable, Comparable {
    let saga: JournalPosition
    let step: StepIndex
    let direction: Direction
    let token: Token

    static func < (left: AttemptKey, right: AttemptKey) -> Bool {
        (left.saga, left.step, left.direction.rawValue, left.token)
            < (right.saga, right.step, right.direction.rawValue, right.token)
    }
}

extension AttemptKey: IdentityTableKey {
    var bits: UInt64 {
        saga.rawValue << 16 ^ UInt64(step.number) << 1 ^ UInt64(direction.rawValue)
            ^ UInt64(token.number) << 48
    }
}
