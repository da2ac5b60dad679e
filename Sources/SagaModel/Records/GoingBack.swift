/// Somebody asked to cancel a saga.
package struct CancelAsked: Equatable, Sendable {
    /// Who.
    package var principal: Principal
    /// Why, as they put it.
    package var reason: String
    /// Whether it is a parent saga that no longer needs this one.
    package var isByParent: Bool
    /// When.
    package var at: Instant

    /// States the facts.
    package init(principal: Principal, reason: String, isByParent: Bool = false, at: Instant) {
        self.principal = principal
        self.reason = reason
        self.isByParent = isByParent
        self.at = at
    }
}

/// The decision to go back, with everything that is to be undone.
package struct WentBack: Equatable, Sendable {
    /// Why.
    package var reason: BackReason
    /// The steps to undo or whose answer is awaited, in the order of the definition.
    package var steps: [StepToUndo]
    /// Steps whose task ends here with nothing to undo: they never ran.
    package var withdrawn: [StepIndex]
    /// The first undos.
    package var opened: [Opened]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        reason: BackReason, steps: [StepToUndo], withdrawn: [StepIndex], opened: [Opened],
        at: Instant
    ) {
        self.reason = reason
        self.steps = steps
        self.withdrawn = withdrawn
        self.opened = opened
        self.at = at
    }
}

/// Why a saga goes back; compensations are told.
package struct BackReason: Hashable, Sendable {
    /// The step that failed; nil if it was cancelled.
    package var step: StepIndex?
    /// What happened.
    package var failure: Failure

    /// States the facts.
    package init(step: StepIndex?, failure: Failure) {
        self.step = step
        self.failure = failure
    }
}

/// One step on the way back.
package struct StepToUndo: Hashable, Sendable {
    /// The step.
    package var step: StepIndex
    /// What is known of it.
    package var knowledge: UndoKnowledge

    /// States the facts.
    package init(step: StepIndex, knowledge: UndoKnowledge) {
        self.step = step
        self.knowledge = knowledge
    }
}

/// What is known of a step when its saga goes back.
package enum UndoKnowledge: UInt8, Hashable, Sendable {
    /// There is nothing to undo.
    case nothing
    /// It succeeded: the undo gets its output.
    case done
    /// It may have run: the undo gets no output.
    case inDoubt
    /// An attempt is in flight, and its answer is awaited.
    case awaited
}

/// The end of a saga.
package struct SagaEnded: Equatable, Sendable {
    /// Which end.
    package var state: SagaState
    /// The step whose output is the saga's, for a completed one.
    package var outputOf: StepIndex?
    /// The output of a completed saga whose definition makes one of several places.
    package var output: Payload?
    /// Of an abandoned saga: what may have run and is not undone.
    package var left: [StepToUndo]
    /// Until when its key stays taken, if it has one.
    package var keyUntil: Instant?
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        state: SagaState, outputOf: StepIndex?, output: Payload? = nil, left: [StepToUndo] = [],
        keyUntil: Instant?, at: Instant
    ) {
        self.state = state
        self.outputOf = outputOf
        self.output = output
        self.left = left
        self.keyUntil = keyUntil
        self.at = at
    }
}
