/// A saga as it is shown to people and programs.
public struct SagaStatus: Equatable, Sendable {
    /// The saga's id.
    public var id: SagaID
    /// The namespace.
    public var namespace: String
    /// The definition's name.
    public var definition: String
    /// The definition's version.
    public var version: UInt32
    /// The business key; empty for none.
    public var key: String
    /// Whether the client drew the key at random.
    public var keyIsRandom: Bool
    /// Where the saga stands.
    public var state: SagaState
    /// Why a person should look at it, with what a list shows of it; empty if none has to.
    package var attentionDetails: [Attention]
    /// When it started.
    public var startedAt: Instant
    /// When it ended, if it did.
    public var endedAt: Instant?
    /// When the coordinator looked.
    public var observedAt: Instant
    /// Who started it.
    public var principal: Principal
    /// The labels, by name.
    public var labels: [String: String]
    /// The steps, in the order of the definition.
    public var steps: [StepStatus]
    /// Why it went back, if it did, and at which step.
    public var failure: SagaFault?
    /// Which undo failed for good, if one did.
    public var compensationFailure: SagaFault?
    /// What the saga was given.
    public var input: Payload
    /// What it gives back, once completed.
    public var output: Payload?
    /// Since when it is in its state.
    package var stateSince: Instant
    /// The digest of the definition that it runs by; nil if that is not known.
    package var digest: Digest256?
    /// What an answer had no room for; a payload or text that is named here is empty or absent in
    /// its place. ``SagaPart`` says what to ask for to get it.
    public var omitted: [OmittedPart] = []
    /// One or none, so that the many sagas without it stay small.
    private var rare: [SagaMore]

    /// States the facts.
    package init(
        id: SagaID, namespace: String, definition: String, version: UInt32, key: String,
        keyIsRandom: Bool, state: SagaState, attention: [AttentionReason], startedAt: Instant,
        endedAt: Instant?, observedAt: Instant, principal: Principal, labels: [String: String],
        steps: [StepStatus], failure: SagaFault?, compensationFailure: SagaFault?, input: Payload,
        output: Payload?, stateSince: Instant? = nil, attentionDetails: [Attention]? = nil,
        digest: Digest256? = nil, more: SagaMore? = nil
    ) {
        self.id = id
        self.namespace = namespace
        self.definition = definition
        self.version = version
        self.key = key
        self.keyIsRandom = keyIsRandom
        self.state = state
        self.attentionDetails = attentionDetails ?? attention.map { Attention($0) }
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.observedAt = observedAt
        self.principal = principal
        self.labels = labels
        self.steps = steps
        self.failure = failure
        self.compensationFailure = compensationFailure
        self.input = input
        self.output = output
        self.stateSince =
            stateSince
            ?? state.since(
                started: startedAt, ended: endedAt, failure: failure,
                compensationFailure: compensationFailure)
        self.digest = digest
        if let more, more != SagaMore() {
            rare = [more]
        } else {
            rare = []
        }
    }

    /// Whether it has anything that only some sagas have.
    var hasMore: Bool { !rare.isEmpty }

    /// What only some sagas have.
    package var more: SagaMore {
        get { rare.first ?? SagaMore() }
        set { rare = newValue == SagaMore() ? [] : [newValue] }
    }
}

extension SagaStatus {
    /// Why a person should look at it; empty if none has to.
    public var attention: [AttentionReason] {
        get { attentionDetails.map(\.reason) }
        set { attentionDetails = newValue.map { Attention($0) } }
    }
}

extension SagaState {
    /// Since when a saga is in this state at the latest, as far as these moments tell.
    fileprivate func since(
        started: Instant, ended: Instant?, failure: SagaFault?, compensationFailure: SagaFault?
    ) -> Instant {
        switch self {
        case .pending, .running: started
        case .compensating: failure?.at ?? started
        case .failed: compensationFailure?.at ?? failure?.at ?? started
        case .completed, .compensated, .abandoned: ended ?? started
        }
    }
}

/// Why a saga needs a person.
public enum AttentionReason: UInt8, Hashable, Sendable, CaseIterable {
    /// It is parked.
    case parked
    /// An undo has been failing for five minutes or more.
    case undoFailing
    /// A task has been waiting for a participant for five minutes or more.
    case noParticipant
    /// A step past the pivot keeps failing.
    case pastPivotFailing
    /// A handler held it.
    case held
    /// Its timeout is over, past the pivot.
    case timeoutPastPivot

    /// The reason as people and programs write it.
    public var label: String {
        switch self {
        case .parked: "parked"
        case .undoFailing: "undo-failing"
        case .noParticipant: "no-participant"
        case .pastPivotFailing: "past-pivot-failing"
        case .held: "hold"
        case .timeoutPastPivot: "timeout-past-pivot"
        }
    }
}

/// What went wrong with a saga, and where.
public struct SagaFault: Equatable, Sendable {
    /// The step; empty if it was no step's (a cancel).
    public var step: String
    /// What happened.
    public var failure: Failure
    /// The number of the attempt; 0 if it was none.
    public var attempt: UInt32
    /// The instance that said so, `shipping/s-1`; empty if none did.
    public var instance: String
    /// When.
    public var at: Instant

    /// States the facts.
    package init(
        step: String, failure: Failure, attempt: UInt32, instance: String, at: Instant
    ) {
        self.step = step
        self.failure = failure
        self.attempt = attempt
        self.instance = instance
        self.at = at
    }
}
