/// What somebody tells a saga to do.
package struct VerbRequest: Equatable, Sendable {
    /// What.
    package var verb: Verb
    /// The saga.
    package var saga: SagaSelector
    /// The step that is meant; empty for none.
    package var step: String
    /// The output that a skipped step is taken to have given.
    package var output: Payload?
    /// Why, for people.
    package var reason: String
    /// Who asks.
    package var principal: Principal

    /// States the request.
    package init(
        verb: Verb, saga: SagaSelector, step: String = "", output: Payload? = nil, reason: String,
        principal: Principal
    ) {
        self.verb = verb
        self.saga = saga
        self.step = step
        self.output = output
        self.reason = reason
        self.principal = principal
    }
}

/// What a verb led to; it is recorded.
package struct VerbAnswer: Equatable, Sendable {
    /// The saga.
    package var saga: SagaID
    /// Where it stands now.
    package var state: SagaState
    /// Whether anything changed or will.
    package var hadEffect: Bool
    /// Whether an undecided pivot keeps a wish to go back from having effect.
    package var waitsForPivot: Bool
    /// Whether the saga is suspended, so that what follows waits.
    package var isSuspended: Bool
    /// Of an abandoned saga: what may have run and is not undone.
    package var left: [LeftEffect]

    /// States the facts.
    package init(
        saga: SagaID, state: SagaState, hadEffect: Bool, waitsForPivot: Bool, isSuspended: Bool,
        left: [LeftEffect]
    ) {
        self.saga = saga
        self.state = state
        self.hadEffect = hadEffect
        self.waitsForPivot = waitsForPivot
        self.isSuspended = isSuspended
        self.left = left
    }
}

/// An effect that was left as it was when its saga was abandoned.
public struct LeftEffect: Hashable, Sendable {
    /// The step.
    public var step: String
    /// Whether it is known to have succeeded; else it is in doubt.
    public var isKnown: Bool

    /// States the facts.
    package init(step: String, isKnown: Bool) {
        self.step = step
        self.isKnown = isKnown
    }
}

/// The answer to a deferred attempt, from whoever holds its task token.
package struct CompleteRequest: Equatable, Sendable {
    /// The namespace of the task.
    package var namespace: String
    /// The attempt.
    package var attempt: TaskAttempt
    /// What it ended with: succeeded, failed or retry.
    package var outcome: AttemptOutcome

    /// States the request.
    package init(namespace: String, attempt: TaskAttempt, outcome: AttemptOutcome) {
        self.namespace = namespace
        self.attempt = attempt
        self.outcome = outcome
    }
}
