/// One thing that happened, as the record of it states it.
///
/// Which saga it is about, and the names of its steps, stand in the saga's start; the frame of the
/// record says where that is.
package struct RecordedEvent: Equatable, Sendable {
    /// What.
    package var kind: EventKind
    /// When.
    package var at: Instant
    /// The step; nil when the saga as a whole is meant.
    package var step: StepIndex?
    /// The half of the step; nil when the saga is meant.
    package var direction: Direction?
    /// The attempt; nil when none is meant.
    package var token: Token?
    /// Who had the attempt, `payments/p-1`; empty if nobody is known.
    package var instance: String
    /// How long the attempt took since it was handed out, if the life that handed it out ended it.
    package var took: Duration?
    /// What went wrong, for kinds that tell of it.
    package var failure: Failure?
    /// What a person asked for, for kinds that tell of it.
    package var verb: VerbGiven?
    /// The child saga, for a step that runs one.
    package var child: SagaID?
    /// Why a person should look, or need not any more, for kinds that tell of it.
    package var attention: AttentionReason?

    /// States the facts; what is left out is not meant.
    package init(
        _ kind: EventKind, at: Instant, step: StepIndex? = nil, direction: Direction? = nil,
        token: Token? = nil, instance: String = "", took: Duration? = nil,
        failure: Failure? = nil, verb: VerbGiven? = nil, child: SagaID? = nil,
        attention: AttentionReason? = nil
    ) {
        self.kind = kind
        self.at = at
        self.step = step
        self.direction = direction
        self.token = token
        self.instance = instance
        self.took = took
        self.failure = failure
        self.verb = verb
        self.child = child
        self.attention = attention
    }
}
