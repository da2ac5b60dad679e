/// What became of steps beside the attempts that a record opens.
package struct StepsMoved: Equatable, Sendable {
    /// The steps, in the order in which it was decided.
    package var moves: [StepMove]
    /// Attempts that this opens.
    package var opened: [Opened]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(moves: [StepMove], opened: [Opened], at: Instant) {
        self.moves = moves
        self.opened = opened
        self.at = at
    }
}

/// A step that goes on without an attempt of its own having ended.
package struct StepMove: Equatable, Sendable {
    /// The step.
    package var step: StepIndex
    /// Its action, or for a wait perhaps its undo.
    package var direction: Direction
    /// What became of it.
    package var kind: Kind

    /// What became of a step.
    package enum Kind: Equatable, Sendable {
        /// Its condition is not met; what its reference found, cut, empty for nothing.
        case skipped(found: String)
        /// Its task waits, before the first attempt or in place of another wait.
        case waits(Wait)
        /// Its action failed without an attempt that ended so.
        case failed(Failure, undo: UndoKnowledge)
    }

    /// States the facts.
    package init(_ step: StepIndex, direction: Direction = .action, _ kind: Kind) {
        self.step = step
        self.direction = direction
        self.kind = kind
    }
}

/// An attempt will be answered later; from now on it belongs to no session.
package struct TaskDeferred: Equatable, Sendable {
    /// The step.
    package var step: StepIndex
    /// Action or compensation.
    package var direction: Direction
    /// The attempt.
    package var token: Token
    /// The instance that deferred it.
    package var instance: String
    /// When it was handed out, if this life did it.
    package var handedOutAt: Instant?
    /// When its time is over; nil if only that of all attempts limits it.
    package var until: Wait?
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        step: StepIndex, direction: Direction, token: Token, instance: String,
        handedOutAt: Instant?, until: Wait?, at: Instant
    ) {
        self.step = step
        self.direction = direction
        self.token = token
        self.instance = instance
        self.handedOutAt = handedOutAt
        self.until = until
        self.at = at
    }
}

/// An operator settled a step.
package struct StepSettled: Equatable, Sendable {
    /// The step.
    package var step: StepIndex
    /// What it is now: skipped or compensated.
    package var state: StepState
    /// The output it is taken to have given; nil for none.
    package var output: Payload?
    /// What is known of a skipped step, should its saga go back.
    package var undo: UndoKnowledge?
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        step: StepIndex, state: StepState, output: Payload?, undo: UndoKnowledge?, at: Instant
    ) {
        self.step = step
        self.state = state
        self.output = output
        self.undo = undo
        self.at = at
    }
}
