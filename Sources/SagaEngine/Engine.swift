internal import DequeModule
package import SagaModel

/// The coordinator's mind: pure and deterministic. Inputs go in; records and, once these are
/// durable, effects come out.
///
/// `step` decides and emits records; `apply` is the only function that changes what the journal
/// knows of a saga, and replaying calls the same one, so that the live state is always what a
/// replay would give. What only this life knows (sessions, places in queues, timers) is an
/// annotation beside it.
package struct Engine: ~Copyable {
    let limits: EngineLimits
    var life: Life?
    var lifeBeganAt = Instant(microseconds: 0)
    /// When the engine went on after a gap between turns; windows do not reach back over it.
    var resumedAt = Instant(microseconds: .min)
    var randomness = Randomness(seed: 0)
    /// The moment of the input that is being decided.
    var now = Instant(microseconds: 0)
    /// The newest moment on record.
    var newestStamp = Instant(microseconds: .min)
    /// What is recorded and shown as now: never before what is on record, though the clock may have
    /// been set back between two lives. It decides nothing.
    var stamp: Instant { max(now, newestStamp) }

    // What the journal says.
    /// The highest epoch on record.
    package internal(set) var lastEpoch = Epoch.none
    /// The position of the last record.
    package internal(set) var lastPosition = JournalPosition.none
    /// Participants that were refused since they have met a later life of this journal.
    var behind: [ParticipantName: EpochBehind] = [:]
    /// The newest gap that a restore has left between two positions, by the journal.
    package internal(set) var lastGap: RecordGap?
    var sagas = IdentityTable<SagaInstance>()
    var definitions = DefinitionTable()
    var keys = KeyTable()
    var instances: [ParticipantName: InstanceOnRecord] = [:]
    var order = StartOrder()
    var ended: Deque<EndedSaga> = []
    /// The id of the newest saga that is no longer kept.
    var newestDropped: SagaID?
    var counts = Counts()
    /// Sagas that could not be replayed, by their start records.
    var quarantined: [JournalPosition: QuarantinedSaga] = [:]
    /// Where all of it was stated last in the journal.
    var statements = Statements()

    // What only this life knows.
    var sessions = IdentityTable<SessionInstance>()
    var queues: [QueueKey: HandlerQueue] = [:]
    var queuesInOrder: [HandlerQueue] = []
    /// The lanes of all queues.
    var lanes: [Lane] = []
    var dirtyQueues: [HandlerQueue] = []
    var dirtySessions: [SessionInstance] = []
    var timers = TimerQueue()
    var waitingCalls = IdentityTable<WaitingCall>()
    var lastSeen: [HandlerRef: LastSeen] = [:]
    var recovery: Recovery?
    var attentionWalk: AttentionWalk?
    var attentionLog = AttentionLog()
    let meters: EngineMeters
    /// Up to which record the archive has committed all sagas that ended; none without an archive.
    var archivedUpTo = JournalPosition.none
    /// The end of the newest saga that had to leave memory for newer ones, archived or not.
    var droppedUpTo = JournalPosition.none
    var held = HeldEffects()
    /// How much room the journal has.
    package internal(set) var space = SpaceLevel.ample
    /// What came while there was too little of it.
    var kept = KeptInputs()
    var output = Output()

    /// Which queue a task waits in.
    struct QueueKey: Hashable {
        let handler: HandlerRef
        let needsCompensation: Bool
    }

    /// An instance that attached and neither left nor was given up.
    struct InstanceOnRecord {
        var generation: UInt64
        /// Annotation: its session in this life, attached or in its grace.
        var session: SessionInstance?
    }

    /// An engine that knows nothing yet.
    package init(limits: EngineLimits) {
        self.limits = limits
        meters = EngineMeters(limit: limits.meterLabels)
    }

    /// Queues and sessions know each other, and sessions their sagas: without this nothing that was
    /// in them would ever be given back.
    deinit {
        for queue in queuesInOrder { queue.clear() }
        for session in sessions.all { session.clear() }
        // Those that are lost are no longer among them.
        for instance in instances.values { instance.session?.clear() }
    }

    /// Decides what one input means.
    ///
    /// - Parameters:
    ///   - input: what happened.
    ///   - now: when; never earlier than in a call before.
    package mutating func step(_ input: consuming Input, now: Instant) {
        advanceClock(to: now)
        decide(input)
        followUp()
        pump()
        endGroup()
        dropArchived(atMost: 8)
    }

    /// Fires timers that are due, at most as many as the limit for one turn. Those that need more
    /// room in the journal than there is wait for it.
    ///
    /// - Returns: whether more are due.
    package mutating func fireTimers(now: Instant, atMost most: Int = .max) -> Bool {
        advanceClock(to: now)
        var fired = 0
        while fired < min(most, limits.timersPerTurn), let event = popDue() {
            fire(event)
            followUp()
            pump()
            endGroup()
            fired += 1
        }
        return timers.nextDue.map { $0 <= self.now } ?? false
    }

    /// Decides what the oldest input means that came when there was too little room in the journal,
    /// now that there is enough; to be called until it has nothing more, before inputs that came
    /// later.
    ///
    /// - Returns: whether there was one.
    package mutating func stepKept(now: Instant) -> Bool {
        guard mayStepKept else { return false }
        advanceClock(to: now)
        takeKept()
        followUp()
        pump()
        endGroup()
        return true
    }

    /// Goes on after a gap of more than a second between turns (a stopped process, a paused
    /// machine).
    ///
    /// Whoever was not heard of meanwhile could not be heard: silence and grace begin anew. To be
    /// called before the inputs that waited are stepped, and these before timers are fired.
    package mutating func resumed(now: Instant) {
        advanceClock(to: now)
        beginWindowsAnew()
    }

    /// When the next timer is due; nil if none is set.
    package var nextWake: Instant? { timers.nextDue }

    /// How many sagas live.
    package var liveSagas: UInt64 { counts.live }

    /// Takes the records that were emitted since the last call, in order. There are no effects in
    /// it: those come from `advance`, which names the durable position.
    package mutating func takeRecords() -> [EmittedRecord] {
        var records: [EmittedRecord] = []
        // The next turn gives about as many.
        records.reserveCapacity(output.records.count)
        swap(&records, &output.records)
        output.groupStart = 0
        return records
    }

    private mutating func advanceClock(to instant: Instant) {
        now = max(now, instant)
    }

    private mutating func decide(_ input: consuming Input) {
        switch consume input {
        case .begin(let life): begin(life)
        case .register(let call, let request): register(call, request)
        case .start(let call, let request): start(call, request)
        case .get(let call, let selector, let view): get(call, selector, view)
        case .await(let call, let selector, let time, let untilEnded, let view):
            awaitEnd(call, selector, time, untilEnded: untilEnded, view)
        case .list(let call, let request): list(call, request)
        case .verb(let call, let request): verb(call, request)
        case .completeTask(let call, let request): completeTask(call, request)
        case .definition(let call, let namespace, let name, let version):
            showDefinition(call, namespace, name, version)
        case .definitions(let call, let namespace): listDefinitions(call, namespace)
        case .participants(let call, let namespace): showParticipants(call, namespace)
        case .count(let call, let request): count(call, request)
        case .archived(let position): archived(upTo: position)
        case .restate(let target, let byteBudget): restate(before: target, byteBudget: byteBudget)
        case .status(let call): reply(call, .status(status()))
        case .callEnded(let call): callEnded(call)
        case .space(let level): setSpace(level)
        case .hello(let session, let hello):
            if mustKeep(hello, session) { keep(hello, session) } else { self.hello(session, hello) }
        case .result(let session, let result):
            if mustKeep(result, session) {
                keep(result, session)
            } else {
                self.result(session, result)
            }
        case .heartbeat(let session, let signs):
            if kept.isWelcomed(session) {
                acknowledgeHeartbeat(of: session)
            } else {
                heartbeat(session, signs)
            }
        case .draining(let session):
            if kept.isWelcomed(session) { keepDraining(session) } else { draining(session) }
        case .sessionEnded(let session):
            if kept.isWelcomed(session) {
                kept.forget(session)
            } else {
                sessionEnded(session)
            }
        }
    }

    private mutating func popDue() -> TimerEvent? {
        let space = space
        if space.takesForwardWork { return timers.popDue(now) }
        return timers.popDue(now) { $0.waits(for: space) }
    }

    private mutating func fire(_ event: TimerEvent) {
        switch event {
        case .waitOver(let saga, let step, let direction): waitOver(saga, step, direction)
        case .attemptOverdue(let saga, let step, let direction):
            attemptOverdue(saga, step, direction)
        case .sessionSilent(let session): sessionSilent(session)
        case .graceOver(let session): graceOver(session)
        case .handlerReopens(let session, let handler): handlerReopens(session, handler)
        case .recoveryGraceOver: openRecoveryGate()
        case .patienceOver(let saga, let call): patienceOver(call, for: saga)
        case .limitOver(let saga, let limit): limitOver(saga, limit)
        case .sagaTimeout(let saga): sagaTimeout(saga)
        case .startDue(let saga): startDue(saga)
        case .undoFailsLong(let saga): undoFailsLong(saga)
        case .attentionWalk: walkOn()
        case .attentionUntold: tellUntold()
        }
    }
}

/// A record with its place in the journal.
package struct EmittedRecord: Equatable, Sendable {
    /// What is recorded.
    package let record: Record
    /// Its number.
    package let position: JournalPosition
    /// The start record of the saga it is about; none if it is about no saga.
    package let saga: JournalPosition
    /// Whether the next record belongs to the same group: whole or not at all after a crash.
    package var continues: Bool
}

extension Engine {
    /// What was decided and not yet taken.
    struct Output {
        var records: [EmittedRecord] = []
        /// Where the group began.
        var groupStart = 0
        /// Tasks that records opened and that have no place yet.
        var opened: [OpenedTask] = []
        /// Tasks that records ended and for which this life may have set something.
        var closed: [OpenedTask] = []
        /// What follows for other sagas, before the group ends.
        var followUps: Deque<FollowUp> = []
        /// Sagas whose reasons for attention may have changed in this group.
        var troubled: [Troubled] = []

        /// What follows for another saga than the one that is decided on.
        enum FollowUp {
            case proceed(SagaInstance)
            case childEnded(SagaInstance)
            case cancelChild(SagaInstance)
            case undoChild(SagaInstance, StepIndex, SagaInstance)
            /// The child that the step ran is on record and could not be read.
            case childUnknown(SagaInstance, StepIndex, Direction)
        }

        struct Troubled {
            let saga: SagaInstance
            /// Whether an attempt of it has failed.
            var hasFailed: Bool
        }

        struct OpenedTask {
            let saga: SagaInstance
            let step: StepIndex
            let direction: Direction
        }
    }

    /// Counts of this life, and those that follow from the journal.
    struct Counts {
        var live: UInt64 = 0
        var parked: UInt64 = 0
        var dropped: UInt64 = 0
        /// Annotation: ended sagas that were left to the archive.
        var archived: UInt64 = 0
        var started: UInt64 = 0
        var completed: UInt64 = 0
        var compensated: UInt64 = 0
        var staleResults: UInt64 = 0
        var resultsWithoutTask: UInt64 = 0
        var queued = 0
        var inFlight = 0
        var waiting = 0
        var fromEarlierLife = 0
        var deferred = 0
        var held = 0
        var children = 0
        /// Current tasks of live sagas, by the journal.
        var current = 0
        /// Live sagas that were told of as without a participant, by the journal.
        var withoutParticipant = 0
        /// Annotation: records by which something was stated anew.
        var restated: UInt64 = 0
    }

    /// Numbers a record, applies it, and keeps it for the journal.
    ///
    /// - Parameter leap: its number, where a restore leaves a gap in front of it.
    mutating func emit(
        _ record: consuming Record, saga: SagaInstance? = nil, leap: JournalPosition? = nil
    ) {
        assert(space.takesRecords || record.isLife, "\(record) is recorded without room for it")
        if let definition = record.namedDefinition { stateWhatIsNamed(definition) }
        let position = leap ?? lastPosition.next
        let owner = saga?.facts.start ?? .none
        if let saga { noteTrouble(record, of: saga) }
        do {
            try apply(record, at: position, saga: owner, known: saga)
        } catch {
            preconditionFailure("the engine refuses its own record at \(position): \(error)")
        }
        let start = record.isStart ? position : owner
        // A clock that was set back: what the stamp cannot tell is told beside it.
        let limits = newestStamp > now ? begunLimits(record, of: saga ?? order.find(start)) : []
        output.records.append(
            EmittedRecord(record: record, position: position, saga: start, continues: true))
        placeOpened()
        guard !limits.isEmpty, let saga = saga ?? order.find(start) else { return }
        emit(.limitsSet(LimitsSet(limits: limits, at: stamp)), saga: saga)
    }

    /// Wants something done outside, once everything decided up to here is durable.
    mutating func want(_ effect: consuming Effect) {
        held.add(.effect(effect))
    }

    mutating func reply(_ call: CallID, _ reply: consuming Reply) {
        want(.reply(call, reply))
    }

    mutating func refuse(_ call: CallID, _ refusal: Refusal) {
        want(.reply(call, .refused(refusal)))
    }

    /// Ends a group: its records are whole or not at all after a crash, and its effects wait for
    /// its last record.
    mutating func endGroup() {
        followUp()
        if !output.troubled.isEmpty, space.takesRecords { reviewTroubled() }
        if output.records.count > output.groupStart {
            output.records[output.records.count - 1].continues = false
        }
        output.groupStart = output.records.count
        held.hold(at: lastPosition)
    }
}

extension Record {
    /// Whether a life begins with it.
    fileprivate var isLife: Bool {
        guard case .lifeBegan = self else { return false }
        return true
    }

    /// The definition that it names as what its saga runs by.
    fileprivate var namedDefinition: JournalPosition? {
        if case .sagaStarted(let started) = self { return started.definition }
        if case .sagaRestated(let restated) = self { return restated.started.definition }
        return nil
    }

    /// Whether a saga begins with it.
    var isStart: Bool {
        guard case .sagaStarted = self else { return false }
        return true
    }
}
