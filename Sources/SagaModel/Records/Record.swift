/// One entry of the journal: a decision, stated by its consequences.
///
/// Applying a record copies what it says and evaluates no condition, policy or default, so that an
/// old journal means the same to a new binary. Which saga a record is about stands in the frame
/// around it, as the position of the saga's start record. What is neither frequent nor small stands
/// in a box, so that a record is moved soon.
package enum Record: Equatable, Sendable {
    /// A life of the coordinator began.
    case lifeBegan(LifeBegan)
    /// A definition was registered.
    indirect case definitionRegistered(DefinitionRegistered)
    /// A business key names a saga from now on.
    case keyTaken(KeyTaken)
    /// A saga was started.
    case sagaStarted(SagaStarted)
    /// An attempt of a task ended.
    case attemptEnded(AttemptEnded)
    /// A wait of a task is over, and its next attempt is opened.
    case waitEnded(WaitEnded)
    /// Somebody asked to cancel the saga.
    indirect case cancelAsked(CancelAsked)
    /// The saga goes back.
    indirect case wentBack(WentBack)
    /// The saga parked: it waits for an operator.
    indirect case sagaParked(SagaParked)
    /// The saga is over.
    case sagaEnded(SagaEnded)
    /// An instance of a participant attached.
    indirect case sessionAttached(SessionAttached)
    /// An instance of a participant left, or did not return within the grace.
    indirect case sessionEnded(SessionEnded)
    /// Steps were skipped, wait, or failed without an attempt.
    indirect case stepsMoved(StepsMoved)
    /// An attempt will be answered later.
    indirect case taskDeferred(TaskDeferred)
    /// Nothing new of the saga is dispatched.
    indirect case sagaSuspended(SagaSuspended)
    /// The saga is dispatched again.
    case sagaResumed(SagaResumed)
    /// Somebody told the saga to do something.
    indirect case verbGiven(VerbGiven)
    /// A parked saga goes on.
    indirect case sagaUnparked(SagaUnparked)
    /// An operator settled a step.
    indirect case stepSettled(StepSettled)
    /// The start time of a saga is reached.
    case sagaBegan(SagaBegan)
    /// The timeout of the saga is over.
    case sagaTimedOut(SagaTimedOut)
    /// Reasons for which a person should look at the saga came or went. In a box: it is rare.
    indirect case attentionChanged(AttentionChanged)
    /// Limits of time of the saga that its records cannot tell. In a box: it is rare.
    indirect case limitsSet(LimitsSet)
    /// What the engine knows beside all else, stated anew.
    indirect case engineRestated(EngineRestated)
    /// A definition, stated anew.
    indirect case definitionRestated(DefinitionRestated)
    /// Business keys, stated anew.
    case keysRestated(KeysRestated)
    /// A saga, stated anew with its whole state.
    indirect case sagaRestated(SagaRestated)
}

/// A life of the coordinator: one start of the daemon.
package struct LifeBegan: Equatable, Sendable {
    /// The number of this life.
    package var epoch: Epoch
    /// A random number that tells two lives of the same epoch apart (a copied journal).
    package var life: UInt64
    /// The wall clock at its start.
    package var at: Instant
    /// The last record before the gap that a restore leaves in front of this one; nil where
    /// positions go on by one.
    package var gapAfter: JournalPosition?

    /// States the facts.
    package init(epoch: Epoch, life: UInt64, at: Instant, gapAfter: JournalPosition? = nil) {
        self.epoch = epoch
        self.life = life
        self.at = at
        self.gapAfter = gapAfter
    }
}

/// A definition as it is stored.
package struct DefinitionRegistered: Equatable, Sendable {
    /// The namespace it is registered in.
    package var namespace: String
    /// Only what was written down.
    package var written: SagaDefinition
    /// The same with every default of the day; sagas run by this form.
    package var filled: SagaDefinition
    /// Over what was written down.
    package var digest: Digest256
    /// Who registered it.
    package var principal: Principal
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        namespace: String, written: SagaDefinition, filled: SagaDefinition, digest: Digest256,
        principal: Principal, at: Instant
    ) {
        self.namespace = namespace
        self.written = written
        self.filled = filled
        self.digest = digest
        self.principal = principal
        self.at = at
    }
}

/// A business key that names a saga.
package struct KeyTaken: Equatable, Sendable {
    /// The first 128 bits of the SHA-256 over namespace, definition and key.
    package var key: KeyHash
    /// The first 128 bits of the SHA-256 over the request: another request under the key is
    /// refused.
    package var request: RequestHash
    /// The saga.
    package var saga: SagaID

    /// States the facts.
    package init(key: KeyHash, request: RequestHash, saga: SagaID) {
        self.key = key
        self.request = request
        self.saga = saga
    }
}

/// 128 bits that stand for (namespace, definition, business key).
package struct KeyHash: Hashable, Sendable {
    /// The first eight bytes of the digest.
    package let high: UInt64
    /// The next eight bytes.
    package let low: UInt64

    /// Makes a hash of its halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// 128 bits that stand for what a start asks for.
package struct RequestHash: Hashable, Sendable {
    /// The first eight bytes of the digest.
    package let high: UInt64
    /// The next eight bytes.
    package let low: UInt64

    /// Makes a hash of its halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// One pair of labels or of the trace context.
package struct Label: Hashable, Sendable {
    /// The name, at most 64 bytes.
    package var name: String
    /// The value, at most 256 bytes.
    package var value: String

    /// Makes a pair.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// An attempt that a record opens; its token is the epoch of the life that wrote the record, and
/// this number.
@usableFromInline package struct Opened: Hashable, Sendable {
    /// The step.
    @usableFromInline package var step: StepIndex
    /// Action or compensation.
    @usableFromInline package var direction: Direction
    /// The attempt's number within its task, from 1.
    @usableFromInline package var number: UInt32
    /// The child saga that it runs; nil for a handler's.
    @usableFromInline package var child: SagaID?

    /// Names an attempt.
    @inlinable package init(
        step: StepIndex, direction: Direction, number: UInt32, child: SagaID? = nil
    ) {
        self.step = step
        self.direction = direction
        self.number = number
        self.child = child
    }
}

/// A task's next attempt after a wait.
package struct WaitEnded: Equatable, Sendable {
    /// What it opens.
    package var opened: Opened
    /// When.
    package var at: Instant

    /// States the facts.
    package init(opened: Opened, at: Instant) {
        self.opened = opened
        self.at = at
    }
}

/// A session of an instance, as far as a later life must know of it.
package struct SessionAttached: Equatable, Sendable {
    /// The instance.
    package var participant: ParticipantName
    /// Grows with every attach of that instance; the newest displaces the others.
    package var generation: UInt64
    /// When.
    package var at: Instant

    /// States the facts.
    package init(participant: ParticipantName, generation: UInt64, at: Instant) {
        self.participant = participant
        self.generation = generation
        self.at = at
    }
}

/// The end of an instance's session.
package struct SessionEnded: Equatable, Sendable {
    /// The instance.
    package var participant: ParticipantName
    /// The generation that ended.
    package var generation: UInt64
    /// True if it left in order, false if its grace was over.
    package var inOrder: Bool
    /// When.
    package var at: Instant

    /// States the facts.
    package init(participant: ParticipantName, generation: UInt64, inOrder: Bool, at: Instant) {
        self.participant = participant
        self.generation = generation
        self.inOrder = inOrder
        self.at = at
    }
}
