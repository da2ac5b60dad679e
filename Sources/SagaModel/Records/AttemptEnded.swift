/// How an attempt ended, and what the task does next.
///
/// An object, as `SagaStarted` is.
package final class AttemptEnded: Sendable {
    /// The step.
    package let step: StepIndex
    /// Action or compensation.
    package let direction: Direction
    /// The attempt.
    package let token: Token
    /// What it ended with.
    package let outcome: AttemptOutcome
    /// The instance that had it, `payments/p-1`; empty if none is known.
    package let instance: String
    /// When it was handed out, if this life did it.
    package let handedOutAt: Instant?
    /// When it ended.
    package let at: Instant
    /// How many failures now count against the task's maxAttempts.
    package let failures: UInt32
    /// What the task does next.
    package let next: TaskNext
    /// How the step stands with its undo: when its action failed, or when this attempt was awaited
    /// by a saga that goes back; else nil.
    package let undo: UndoKnowledge?
    /// Attempts of other tasks that this opens.
    package let opened: [Opened]
    /// The newest progress that the attempt gave, for the next one to read.
    package let progress: Payload?

    /// States the facts.
    package init(
        step: StepIndex, direction: Direction, token: Token, outcome: AttemptOutcome,
        instance: String, handedOutAt: Instant?, at: Instant, failures: UInt32, next: TaskNext,
        undo: UndoKnowledge?, opened: [Opened], progress: Payload? = nil
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
        self.progress = progress
    }
}

extension AttemptEnded: Equatable {
    /// Equal if all parts are.
    package static func == (left: AttemptEnded, right: AttemptEnded) -> Bool {
        left.step == right.step && left.direction == right.direction && left.token == right.token
            && left.outcome == right.outcome && left.instance == right.instance
            && left.handedOutAt == right.handedOutAt && left.at == right.at
            && left.failures == right.failures && left.next == right.next
            && left.undo == right.undo && left.opened == right.opened
            && left.progress == right.progress
    }
}

/// What a task does after one of its attempts has ended.
package enum TaskNext: Equatable, Sendable {
    /// It is over; its step has this state now.
    case over(StepState)
    /// It is tried again at once, under this number.
    case again(UInt32)
    /// It waits. In a box: most tasks are over.
    indirect case waits(Wait)
}

/// A wait before a task's next attempt, on disk as a moment and a length: after a restart the
/// remainder never exceeds the length, whatever the clock did.
package struct Wait: Equatable, Sendable {
    /// When it is over.
    package var until: Instant
    /// How long it is in all.
    package var duration: Duration
    /// What it is for.
    package var reason: WaitReason

    /// Makes a wait.
    package init(until: Instant, duration: Duration, reason: WaitReason = .backoff) {
        self.until = until
        self.duration = duration
        self.reason = reason
    }
}

/// What a task waits for before its next attempt.
package enum WaitReason: UInt8, Hashable, Sendable {
    /// The pause after a failure.
    case backoff
    /// The delay of its step.
    case delay
    /// The time that the handler named.
    case notYet
    /// A person, who resumes the saga that a handler held.
    case hold
}

/// What an attempt ended with, as the participant said it or the coordinator concluded.
///
/// What is rare and larger than an output stands in a box: outcomes are copied often.
package enum AttemptOutcome: Equatable, Sendable {
    /// The handler returned this.
    case succeeded(Payload)
    /// A business no: there was no effect.
    indirect case failed(Failure)
    /// Transient, the effect in doubt; tried again after the wait that the handler named, or by the
    /// policy.
    indirect case retry(Failure, after: Duration?)
    /// Nothing wrong, but too early: asked again after that time, by a new attempt.
    case notYet(after: Duration)
    /// Answered later, at the latest after that time, by whoever holds the task's token.
    case deferred(within: Duration?)
    /// A person must look, for this reason.
    case hold(reason: String)
    /// It ran, but its output was too large or could not be encoded.
    indirect case refused(OutputRefused)
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
    /// The time for all attempts ran out.
    case scheduleToClose
    /// The handler's own heartbeats failed to come.
    case heartbeatMissed
    /// The time of a deferred attempt ran out.
    case deferralOver
    /// The saga goes back, and the attempt did not answer its cancellation in time.
    case cancelGraceOver
    /// The child saga was abandoned.
    case childAbandoned
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

/// An attempt that ended, as it is kept for people.
package struct AttemptOnRecord: Equatable, Sendable {
    /// The attempt.
    package var token: Token
    /// The instance that had it; empty if none is known.
    package var instance: String
    /// When it was handed out, if that is known.
    package var handedOutAt: Instant?
    /// When it ended.
    package var endedAt: Instant
    /// What it ended with; an output is not kept here.
    package var outcome: AttemptOutcome
    /// Whether it counts against the policy.
    package var counts: Bool

    /// States the facts.
    package init(
        token: Token, instance: String, handedOutAt: Instant?, endedAt: Instant,
        outcome: AttemptOutcome, counts: Bool
    ) {
        self.token = token
        self.instance = instance
        self.handedOutAt = handedOutAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.counts = counts
    }
}
