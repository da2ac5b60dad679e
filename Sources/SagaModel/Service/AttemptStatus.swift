/// One attempt of a task as it is shown.
package struct AttemptStatus: Equatable, Sendable {
    /// Its token; its number counts all attempts of the task.
    package var token: Token
    /// Where it stands.
    package var state: State
    /// When it was handed out, if that is known.
    package var handedOutAt: Instant?
    /// When it ended.
    package var endedAt: Instant?
    /// The instance that had it, `payments/p-1`; empty if none is known.
    package var instance: String
    /// What it ended with, an output left out; nil while it has not ended, or if that is not known.
    package var outcome: AttemptOutcome?
    /// Whether its failure counts against the policy.
    package var counts: Bool

    /// Where an attempt stands.
    package enum State: UInt8, Hashable, Sendable, CaseIterable {
        /// Open, and not handed out.
        case open
        /// Handed to a session.
        case handedOut
        /// Opened by an earlier life and perhaps handed out; its participant is waited for.
        case earlierLife
        /// To be answered by whoever holds its task token.
        case deferred
        /// Over.
        case ended
    }

    /// States the facts.
    package init(
        token: Token, state: State, handedOutAt: Instant? = nil, endedAt: Instant? = nil,
        instance: String = "", outcome: AttemptOutcome? = nil, counts: Bool = false
    ) {
        self.token = token
        self.state = state
        self.handedOutAt = handedOutAt
        self.endedAt = endedAt
        self.instance = instance
        self.outcome = outcome
        self.counts = counts
    }

    /// How long it was under way, if both ends are known.
    package var took: Duration? {
        guard let handedOutAt, let endedAt else { return nil }
        return endedAt - handedOutAt
    }
}

extension AttemptStatus {
    /// An attempt that ended.
    package init(_ record: AttemptOnRecord) {
        self.init(
            token: record.token, state: .ended, handedOutAt: record.handedOutAt,
            endedAt: record.endedAt, instance: record.instance, outcome: record.outcome,
            counts: record.counts)
    }
}

extension TaskStatus {
    /// How many attempts are left out before one of the history: attempts are numbered without
    /// gaps, so the numbers tell.
    package func leftOut(beforeAttempt place: Int) -> UInt32 {
        let before = place == 0 ? 0 : history[place - 1].token.number
        let number = history[place].token.number
        return number > before ? number - before - 1 : 0
    }
}
