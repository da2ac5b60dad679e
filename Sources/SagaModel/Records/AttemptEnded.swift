/// How an attempt ended, and what the task does next.
package struct AttemptEnded: Equatable, Sendable {
    /// The step.
    package var step: StepIndex
    /// Action or compensation.
    package var direction: Direction
    /// The attempt.
    package var token: Token
    /// What it ended with.
    package var outcome: AttemptOutcome
    /// The instance that had it, `payments/p-1`; empty if none is known.
    package var instance: String
    /// When it was handed out, if this life did it.
    package var handedOutAt: Instant?
    /// When it ended.
    package var at: Instant
    /// How many failures now count against the task's maxAttempts.
    package var failures: UInt32
    /// What the task does next.
    package var next: TaskNext
    /// How the step stands with its undo, when this attempt was awaited by a saga that goes back;
    /// else nil.
    package var undo: UndoKnowledge?
    /// Attempts of other tasks that this opens.
    package var opened: [Opened]

    /// States the facts.
    package init(
        step: StepIndex, direction: Direction, token: Token, outcome: AttemptOutcome,
        instance: String, handedOutAt: Instant?, at: Instant, failures: UInt32, next: TaskNext,
        undo: UndoKnowledge?, opened: [Opened]
    ) {
        self.step = step
        self.direction = direction
        self.token = token
        self.outcome = outcome
        self.instance = instance
        self.handedOutAt = handedOutAt
        self.at = at
        self.failures = failures
        self.next = next
        self.undo = undo
        self.opened = opened
    }
}

/// What a task does after one of its attempts has ended.
package enum TaskNext: Equatable, Sendable {
    /// It is over; its step has this state now.
    case over(StepState)
    /// It is tried again at once, under this number.
    case again(UInt32)
    /// It waits.
    case waits(Wait)
}

/// A wait before a task's next attempt, on disk as a moment and a length: after a restart the
/// remainder never exceeds the length, whatever the clock did.
package struct Wait: Equatable, Sendable {
    /// When it is over.
    package var until: Instant
    /// How long it is in all.
    package var duration: Duration

    /// Makes a wait.
    package init(until: Instant, duration: Duration) {
        self.until = until
        self.duration = duration
    }
}

/// What an attempt ended with, as the participant said it or the coordinator concluded.
package enum AttemptOutcome: Equatable, Sendable {
    /// The handler returned this.
    case succeeded(Payload)
    /// A business no: there was no effect.
    case failed(Failure)
    /// Transient, the effect in doubt; tried again after the wait that the handler named, or by the
    /// policy.
    case retry(Failure, after: Duration?)
    /// It ran, but its output was too large or could not be encoded.
    case refused(OutputRefused)
    /// It may have run.
    case unknown(UnknownCause)
    /// It certainly did not run.
    case declined(DeclineReason)
}

/// Why an output was not taken.
package struct OutputRefused: Hashable, Sendable {
    /// What was wrong with it, e.g. `too large`.
    package var reason: String
    /// Its size in bytes, 0 if it has none.
    package var size: UInt64
    /// The limit in bytes, 0 if none applies.
    package var limit: UInt64

    /// States the facts.
    package init(reason: String, size: UInt64, limit: UInt64) {
        self.reason = reason
        self.size = size
        self.limit = limit
    }
}

/// Why nobody knows what an attempt did.
package enum UnknownCause: UInt8, Hashable, Sendable {
    /// Its startToClose ran out.
    case timedOut
    /// Its participant's session was lost and did not return.
    case sessionLost
    /// Its participant returned and did not name it.
    case forgotten
    /// The coordinator was started again, and nobody named it.
    case coordinatorRestarted
}

/// Why a participant did not run an attempt.
package enum DeclineReason: UInt8, Hashable, Sendable {
    /// It is about to leave.
    case draining
    /// It had no slot.
    case noSlot
    /// It does not know the handler.
    case handlerUnknown
}
