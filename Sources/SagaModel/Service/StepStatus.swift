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
    /// One or none, so that the many steps without it stay small.
    private var rare: [StepMore]

    /// States the facts.
    package init(
        name: String, handler: String, after: [String], isCompensated: Bool, state: StepState,
        undoKnowledge: UndoKnowledge?, action: TaskStatus, compensation: TaskStatus?,
        output: Payload?, more: StepMore = StepMore()
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
        rare = more == StepMore() ? [] : [more]
    }

    /// What only some steps have.
    package var more: StepMore {
        get { rare.first ?? StepMore() }
        set { rare = newValue == StepMore() ? [] : [newValue] }
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
    /// How many failures end it; 0 for no end.
    package var maxAttempts: UInt32
    /// The newest progress that its handler gave.
    package var progress: Payload?
    /// When its handler gave a sign last, as far as this life knows.
    package var lastHeartbeatAt: Instant?
    /// Its attempts as far as they are kept, the oldest first; empty if they were not asked for.
    package var history: [AttemptStatus]

    /// States the facts.
    package init(
        attempts: UInt32, failures: UInt32, instance: String, dueAt: Instant?,
        handedOutAt: Instant?, endedAt: Instant?, lastFailure: Failure?, waiting: WaitingReason?,
        maxAttempts: UInt32 = 0, progress: Payload? = nil, lastHeartbeatAt: Instant? = nil,
        history: [AttemptStatus] = []
    ) {
        self.attempts = attempts
        self.failures = failures
        self.instance = instance
        self.dueAt = dueAt
        self.handedOutAt = handedOutAt
        self.endedAt = endedAt
        self.lastFailure = lastFailure
        self.waiting = waiting
        self.maxAttempts = maxAttempts
        self.progress = progress
        self.lastHeartbeatAt = lastHeartbeatAt
        self.history = history
    }
}

/// What only some steps have.
package struct StepMore: Equatable, Sendable {
    /// How the point of no return stands, if the step is it.
    package var pivot: PivotMark?
    /// Whether the saga goes on when it fails.
    package var isOptional = false
    /// The condition without which it is passed over.
    package var condition: Condition?
    /// Why it was passed over, if it was.
    package var skip: StepSkip?
    /// Who undid it by hand.
    package var undoneBy: VerbEntry?
    /// Whether it may have had an effect that nobody has confirmed and nobody undoes.
    package var isLeftInDoubt = false
    /// The version of the child saga that it runs; nil if it runs a handler, 0 if none is chosen.
    package var childVersion: UInt32?
    /// The child sagas that it ran, the newest last.
    package var children: [SagaID] = []
    /// What its action got; only where it was asked for.
    package var input: Payload?

    /// Makes a step without any of it.
    package init() {}
}

/// How the point of no return of a saga stands.
package enum PivotMark: UInt8, Hashable, Sendable, CaseIterable {
    /// It cannot have happened: no attempt was handed out.
    case notReached
    /// It may have happened, and only its answer, or a person, tells.
    case undecided
    /// It happened: the saga goes forward only.
    case passed
    /// It did not happen: its handler said no, or a person did.
    case failed

    /// The mark as people and programs write it.
    package var label: String {
        switch self {
        case .notReached: "not reached"
        case .undecided: "undecided"
        case .passed: "passed"
        case .failed: "failed"
        }
    }
}

/// Why a step was passed over.
package enum StepSkip: Equatable, Sendable {
    /// Its condition was not met: its reference found this, as JSON text; empty for nothing.
    case condition(found: String)
    /// A person passed over it; nil if nobody knows who any more.
    case person(VerbEntry?)
}
