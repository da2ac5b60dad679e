/// What the engine knows beside sagas, keys, definitions and sessions, stated anew.
///
/// It stands in for records that were freed: without it a journal that begins in the middle of a
/// life would not say which one.
package struct EngineRestated: Equatable, Sendable {
    /// The life that wrote it.
    package var epoch: Epoch
    /// The newest moment on record.
    package var newestStamp: Instant
    /// How many ended sagas have left memory for others.
    package var dropped: UInt64
    /// The id of the newest saga that is no longer kept.
    package var newestDropped: SagaID?

    /// States the facts.
    package init(epoch: Epoch, newestStamp: Instant, dropped: UInt64, newestDropped: SagaID?) {
        self.epoch = epoch
        self.newestStamp = newestStamp
        self.dropped = dropped
        self.newestDropped = newestDropped
    }
}

/// A definition, stated anew.
package struct DefinitionRestated: Equatable, Sendable {
    /// The record that registered it, by which sagas name it.
    package var position: JournalPosition
    /// What that record said.
    package var definition: DefinitionRegistered

    /// States the facts.
    package init(position: JournalPosition, definition: DefinitionRegistered) {
        self.position = position
        self.definition = definition
    }
}

/// Business keys that are taken, stated anew.
package struct KeysRestated: Equatable, Sendable {
    /// The keys.
    package var keys: [RestatedKey]

    /// States the facts.
    package init(keys: [RestatedKey]) {
        self.keys = keys
    }
}

/// A business key that is taken, with what its saga's end has said of it.
package struct RestatedKey: Equatable, Sendable {
    /// The key, and what it names.
    package var taken: KeyTaken
    /// The start record of its saga while that lives; none once it has ended.
    package var start: JournalPosition
    /// Until when it is taken, once its saga has ended.
    package var until: Instant?
    /// Whether its saga ended so that another one may replace it under the key.
    package var mayBeReplaced: Bool

    /// States the facts.
    package init(taken: KeyTaken, start: JournalPosition, until: Instant?, mayBeReplaced: Bool) {
        self.taken = taken
        self.start = start
        self.until = until
        self.mayBeReplaced = mayBeReplaced
    }
}

/// A saga with its whole state, in place of all its records before.
package struct SagaRestated: Equatable, Sendable {
    /// Its start, without the attempts that it opened.
    package var started: SagaStarted
    /// Its state.
    package var state: SagaState
    /// Since when.
    package var stateSince: Instant
    /// The step whose output is the saga's, once completed.
    package var outputOf: StepIndex?
    /// The steps of which anything is known, in the order of the definition.
    package var steps: [RestatedStep] = []
    /// The reasons for attention that were told of.
    package var raised: [AttentionReason] = []
    /// The record that ended it; none while it lives, and for a child.
    package var endedBy = JournalPosition.none
    /// What only few sagas have.
    package var rare: RestatedRarities?

    /// Begins with what every saga has.
    package init(started: SagaStarted, state: SagaState, stateSince: Instant) {
        self.started = started
        self.state = state
        self.stateSince = stateSince
    }
}

/// A step, as far as anything is known of it.
package struct RestatedStep: Equatable, Sendable {
    /// Which.
    package var step: StepIndex
    /// Its state.
    package var state: StepState
    /// What is known of it when its saga goes back.
    package var knowledge: UndoKnowledge?
    /// Its action; nil if that was never current.
    package var action: RestatedTask?
    /// Its undo; nil if that was never current.
    package var undo: RestatedTask?
    /// What its action gave.
    package var output: Payload?

    /// A step of which nothing more is known.
    package init(_ step: StepIndex, _ state: StepState) {
        self.step = step
        self.state = state
    }
}

/// A task, with its attempts as a number, the first and the last ones.
package struct RestatedTask: Equatable, Sendable {
    /// The attempt that is open.
    package var token: Token?
    /// Whether an attempt ended otherwise than declined.
    package var mayHaveRun = false
    /// Whether an attempt ended unknown.
    package var endedUnknown = false
    /// Whether an attempt returned.
    package var hasReturned = false
    /// The wait before the next attempt.
    package var wait: Wait?
    /// How many attempts were opened.
    package var attempts: UInt32 = 0
    /// How many failures count.
    package var failures: UInt32 = 0
    /// When it became due.
    package var dueAt: Instant?
    /// When its last attempt was handed out, if that is on record.
    package var handedOutAt: Instant?
    /// When it ended.
    package var endedAt: Instant?
    /// The instance that had it last; empty if none is known.
    package var instance = ""
    /// The record that opened its newest attempt.
    package var openedBy = JournalPosition.none
    /// Whether its attempt is one that is answered later.
    package var isDeferred = false
    /// When the time of that is over.
    package var deferredUntil: Wait?
    /// The newest progress that an ended attempt gave.
    package var progress: Payload?
    /// Why its last attempt failed.
    package var lastFailure: Failure?
    /// Since when it fails.
    package var failingSince: Instant?
    /// How many attempts ended otherwise than well.
    package var endedAttempts: UInt64 = 0
    /// The first of them.
    package var firstAttempt: AttemptOnRecord?
    /// The last of them, the oldest first.
    package var lastAttempts: [AttemptOnRecord] = []
    /// The child sagas that it ran, the newest last.
    package var children: [SagaID] = []

    /// A task of which nothing is known.
    package init() {}
}

/// What only few sagas have.
package struct RestatedRarities: Equatable, Sendable {
    /// Who suspended it, or which step held it; its stopped limits stand beside it.
    package var suspension: SagaSuspended?
    /// Why it waits for an operator; its stopped limits stand beside it.
    package var parking: SagaParked?
    /// Who wanted it cancelled.
    package var cancelAsked: CancelAsked?
    /// What wants it to go back and has not yet led to it.
    package var wish: RestatedWish?
    /// What made a saga run that was to start later.
    package var running: RestatedBegin?
    /// Why it goes back.
    package var backReason: BackReason?
    /// What made it go back or parked it, as it is shown.
    package var failure: SagaFault?
    /// The undo that failed for good, as it is shown.
    package var compensationFailure: SagaFault?
    /// When its timeout was over.
    package var timedOutAt: Instant?
    /// Limits of time that stand still.
    package var stopped: [StoppedLimit] = []
    /// Limits of time that ran again after they had stood still.
    package var limits: [RunningLimit] = []
    /// The newest verbs that were given.
    package var verbs: [VerbGiven] = []
    /// What conditions found by which steps were skipped, in the order of the steps.
    package var found: [FoundByCondition] = []
    /// The output of a saga whose definition makes one.
    package var output: Payload?
    /// What was left as it was when it was abandoned.
    package var left: [StepToUndo] = []
    /// The saga that replaced it under its key.
    package var replacedBy: SagaID?

    /// Nothing of it.
    package init() {}
}

/// What a condition found by which a step was skipped.
package struct FoundByCondition: Hashable, Sendable {
    /// The step.
    package var step: StepIndex
    /// What was found, cut for people.
    package var text: String

    /// States the facts.
    package init(step: StepIndex, text: String) {
        self.step = step
        self.text = text
    }
}

/// The record by which a saga began to run, and when.
package struct RestatedBegin: Hashable, Sendable {
    /// The record.
    package var position: JournalPosition
    /// When.
    package var at: Instant

    /// States the facts.
    package init(position: JournalPosition, at: Instant) {
        self.position = position
        self.at = at
    }
}

/// What wants a saga to go back.
package struct RestatedWish: Hashable, Sendable {
    /// What it is.
    package var cause: BackCause
    /// Why, for people.
    package var message: String

    /// States the facts.
    package init(cause: BackCause, message: String) {
        self.cause = cause
        self.message = message
    }
}

/// What makes a saga go back, other than a step.
package enum BackCause: UInt8, Hashable, Sendable {
    /// Somebody cancelled it.
    case cancelled
    /// Its timeout is over.
    case timeout
    /// An operator sent it back, and decided that the pivot did not happen.
    case compensate
    /// Its parent is undone.
    case parent
}
