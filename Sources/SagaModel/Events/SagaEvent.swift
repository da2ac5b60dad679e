/// One thing that happened to a saga, and the place behind it.
public struct SagaEvent: Hashable, Sendable {
    /// A verb that a person gave.
    public struct GivenVerb: Hashable, Sendable {
        /// What was asked for.
        public let verb: Verb
        /// Who asked.
        public let principal: Principal
        /// Why, as they put it.
        public let reason: String

        /// States the facts.
        package init(verb: Verb, principal: Principal, reason: String) {
            self.verb = verb
            self.principal = principal
            self.reason = reason
        }
    }

    /// What happened.
    public package(set) var kind: EventKind
    /// The saga.
    public package(set) var sagaID: SagaID
    /// The name of its definition.
    public package(set) var definition: String
    /// The version of its definition.
    public package(set) var version: UInt32
    /// Its business key; empty if it has none.
    public package(set) var key: String
    /// When, by the coordinator's clock.
    public package(set) var at: Instant
    /// The record in the journal; several events may share one.
    package var position: JournalPosition
    /// The step; empty when the saga as a whole is meant.
    public package(set) var step = ""
    /// The half of the step; nil when the saga is meant.
    public package(set) var direction: Direction?
    /// The attempt; nil when none is meant.
    public package(set) var token: Token?
    /// Who had the attempt, `payments/p-1`; empty if nobody is known.
    public package(set) var participant = ""
    /// At the end of an attempt: how long it took since it was handed out, nil if the coordinator
    /// was started again meanwhile. At the end of a saga: how long since it was created.
    public package(set) var took: Duration?
    /// What went wrong, for kinds that tell of it.
    public package(set) var failure: Failure?
    /// What a person asked for, for kinds that tell of it.
    public package(set) var verb: GivenVerb?
    /// The child saga, for a step that runs one.
    public package(set) var childSagaID: SagaID?
    /// Why a person should look at the saga, or need not any more, for kinds that tell of it.
    public package(set) var attention: AttentionReason?
    /// Reading on from here gives what follows.
    public package(set) var cursor: EventCursor

    /// States what every event tells.
    package init(
        _ kind: EventKind, of sagaID: SagaID, definition: String, version: UInt32, key: String,
        at: Instant, position: JournalPosition, cursor: EventCursor
    ) {
        self.kind = kind
        self.sagaID = sagaID
        self.definition = definition
        self.version = version
        self.key = key
        self.at = at
        self.position = position
        self.cursor = cursor
    }
}
