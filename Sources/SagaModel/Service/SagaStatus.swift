/// A saga as it is shown to people and programs.
public struct SagaStatus: Equatable, Sendable {
    /// The saga's id.
    public var id: SagaID
    /// The namespace.
    public var namespace: String
    /// The definition's name.
    public var definition: String
    /// The definition's version.
    public var version: UInt32
    /// The business key; empty for none.
    public var key: String
    /// Whether the client drew the key at random.
    public var keyIsRandom: Bool
    /// Where the saga stands.
    public var state: SagaState
    /// Why a person should look at it; empty if none has to.
    public var attention: [AttentionReason]
    /// When it started.
    public var startedAt: Instant
    /// When it ended, if it did.
    public var endedAt: Instant?
    /// When the coordinator looked.
    public var observedAt: Instant
    /// Who started it.
    public var principal: Principal
    /// The labels, by name.
    public var labels: [String: String]
    /// The steps, in the order of the definition.
    public var steps: [StepStatus]
    /// Why it went back, if it did, and at which step.
    public var failure: SagaFault?
    /// Which undo failed for good, if one did.
    public var compensationFailure: SagaFault?
    /// What the saga was given.
    public var input: Payload
    /// What it gives back, once completed.
    public var output: Payload?

    /// States the facts.
    package init(
        id: SagaID, namespace: String, definition: String, version: UInt32, key: String,
        keyIsRandom: Bool, state: SagaState, attention: [AttentionReason], startedAt: Instant,
        endedAt: Instant?, observedAt: Instant, principal: Principal, labels: [String: String],
        steps: [StepStatus], failure: SagaFault?, compensationFailure: SagaFault?, input: Payload,
        output: Payload?
    ) {
        self.id = id
        self.namespace = namespace
        self.definition = definition
        self.version = version
        self.key = key
        self.keyIsRandom = keyIsRandom
        self.state = state
        self.attention = attention
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.observedAt = observedAt
        self.principal = principal
        self.labels = labels
        self.steps = steps
        self.failure = failure
        self.compensationFailure = compensationFailure
        self.input = input
        self.output = output
    }
}

extension SagaStatus {
    /// Since when it is in its state.
    package var stateSince: Instant {
        state.since(
            started: startedAt, ended: endedAt, failure: failure,
            compensationFailure: compensationFailure)
    }
}

extension SagaState {
    /// Since when a saga is in this state, of what is kept of it: nothing but these moments changes
    /// a saga's state in this release.
    package func since(
        started: Instant, ended: Instant?, failure: SagaFault?, compensationFailure: SagaFault?
    ) -> Instant {
        switch self {
        case .pending, .running: started
        case .compensating: failure?.at ?? started
        case .failed: compensationFailure?.at ?? failure?.at ?? started
        case .completed, .compensated, .abandoned: ended ?? started
        }
    }
}

/// Why a saga needs a person.
public enum AttentionReason: UInt8, Hashable, Sendable, CaseIterable {
    /// It is parked.
    case parked
    /// An undo has been failing for five minutes or more.
    case undoFailing
    /// A task has been waiting for a participant for five minutes or more.
    case noParticipant
    /// A step past the pivot keeps failing.
    case pastPivotFailing
    /// A handler held it.
    case held
    /// Its timeout is over, past the pivot.
    case timeoutPastPivot

    /// The reason as people and programs write it.
    public var label: String {
        switch self {
        case .parked: "parked"
        case .undoFailing: "undo-failing"
        case .noParticipant: "no-participant"
        case .pastPivotFailing: "past-pivot-failing"
        case .held: "hold"
        case .timeoutPastPivot: "timeout-past-pivot"
        }
    }
}

/// What went wrong with a saga, and where.
public struct SagaFault: Equatable, Sendable {
    /// The step; empty if it was no step's (a cancel).
    public var step: String
    /// What happened.
    public var failure: Failure
    /// The number of the attempt; 0 if it was none.
    public var attempt: UInt32
    /// The instance that said so, `shipping/s-1`; empty if none did.
    public var instance: String
    /// When.
    public var at: Instant

    /// States the facts.
    package init(
        step: String, failure: Failure, attempt: UInt32, instance: String, at: Instant
    ) {
        self.step = step
        self.failure = failure
        self.attempt = attempt
        self.instance = instance
        self.at = at
    }
}

/// A step of a saga as it is shown.
public struct StepStatus: Equatable, Sendable {
    /// The step's name.
    public var name: String
    /// The handler that runs it.
    public var handler: String
    /// The names of the steps that it waits for.
    public var after: [String]
    /// Whether there is anything to undo.
    public var isCompensated: Bool
    /// Where it stands.
    public var state: StepState
    /// What is known of the action, when its saga went back.
    package var undoKnowledge: UndoKnowledge?
    /// Its action.
    public var action: TaskStatus
    /// Its undo, once there was one.
    public var compensation: TaskStatus?
    /// What the action returned, once it succeeded.
    public var output: Payload?

    /// States the facts.
    package init(
        name: String, handler: String, after: [String], isCompensated: Bool, state: StepState,
        undoKnowledge: UndoKnowledge?, action: TaskStatus, compensation: TaskStatus?,
        output: Payload?
    ) {
        self.name = name
        self.handler = handler
        self.after = after
        self.isCompensated = isCompensated
        self.state = state
        self.undoKnowledge = undoKnowledge
        self.action = action
        self.compensation = compensation
        self.output = output
    }
}

/// One direction of a step as it is shown.
public struct TaskStatus: Equatable, Sendable {
    /// How many attempts were opened.
    public var attempts: UInt32
    /// How many failures count against its maxAttempts.
    public var failures: UInt32
    /// The instance that had it last, `payments/p-1`; empty if none had.
    public var instance: String
    /// When it became due.
    public var dueAt: Instant?
    /// When its last attempt was handed out, as far as this life knows.
    public var handedOutAt: Instant?
    /// When it was over.
    public var endedAt: Instant?
    /// What the last failed attempt said.
    public var lastFailure: Failure?
    /// What it waits for now.
    public var waiting: WaitingReason?

    /// States the facts.
    package init(
        attempts: UInt32, failures: UInt32, instance: String, dueAt: Instant?,
        handedOutAt: Instant?, endedAt: Instant?, lastFailure: Failure?, waiting: WaitingReason?
    ) {
        self.attempts = attempts
        self.failures = failures
        self.instance = instance
        self.dueAt = dueAt
        self.handedOutAt = handedOutAt
        self.endedAt = endedAt
        self.lastFailure = lastFailure
        self.waiting = waiting
    }
}

/// What a task waits for.
public enum WaitingReason: Equatable, Sendable {
    /// Nobody who serves the handler is attached. The last one that was, and when it went, if one
    /// was in this life.
    case participant(since: Instant, lastSeen: String, lostAt: Instant?)
    /// Somebody serves the handler, but without a compensation, which the step needs.
    case compensationHandler(since: Instant)
    /// All slots of those who serve the handler are taken.
    case slot(since: Instant)
    /// A backoff.
    case backoff(until: Instant)
    /// An answer to an attempt in flight.
    case answer(since: Instant)
    /// Attempts of the life before, until their participants have returned or the grace is over.
    case recovery(since: Instant)
    /// The undos of the steps after it.
    case laterUndos
    /// The delay of its step.
    case delay(until: Instant)
    /// The time that its handler named.
    case notYet(until: Instant)
    /// An answer by whoever holds its task token.
    case deferred(since: Instant, until: Instant?)
    /// A child saga, in this state.
    case child(SagaID, SagaState, since: Instant)
    /// A person, who resumes the saga.
    case suspended(since: Instant)
    /// A person, who settles the parked saga.
    case parked(since: Instant)
}
