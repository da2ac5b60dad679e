/// What a participant opens its stream with: everything that it is, has and runs.
package struct Hello: Equatable, Sendable {
    /// The instance.
    package var participant: ParticipantName
    /// The version of the wire contract that it speaks; 1.
    package var protocolVersion: UInt32
    /// The name and version of the SDK, for people.
    package var sdkVersion: String
    /// The version of the service itself, for people.
    package var serviceVersion: String
    /// The handlers that it serves.
    package var handlers: [HandlerOffer]
    /// How many actions it takes at a time.
    package var slots: UInt32
    /// How many compensations beside them; 0 for one per eight of slots, at least one.
    package var undoSlots: UInt32
    /// The attempts that it runs.
    package var running: [TaskAttempt]
    /// The attempts whose results it holds; the results follow.
    package var holdingResults: [TaskAttempt]
    /// The highest epoch that it met of each lineage.
    package var epochsMet: [EpochMet]

    /// States the facts.
    package init(
        participant: ParticipantName, protocolVersion: UInt32, sdkVersion: String,
        serviceVersion: String, handlers: [HandlerOffer], slots: UInt32, undoSlots: UInt32,
        running: [TaskAttempt], holdingResults: [TaskAttempt], epochsMet: [EpochMet]
    ) {
        self.participant = participant
        self.protocolVersion = protocolVersion
        self.sdkVersion = sdkVersion
        self.serviceVersion = serviceVersion
        self.handlers = handlers
        self.slots = slots
        self.undoSlots = undoSlots
        self.running = running
        self.holdingResults = holdingResults
        self.epochsMet = epochsMet
    }

    /// How many compensations it takes at a time.
    package var effectiveUndoSlots: UInt32 { undoSlots > 0 ? undoSlots : max(1, slots / 8) }
}

/// A handler that a participant serves.
package struct HandlerOffer: Hashable, Sendable {
    /// Its name.
    package var name: String
    /// Whether it has a compensation.
    package var hasCompensation: Bool

    /// States the facts.
    package init(name: String, hasCompensation: Bool) {
        self.name = name
        self.hasCompensation = hasCompensation
    }
}

/// One attempt of a task.
@usableFromInline package struct TaskAttempt: Hashable, Sendable {
    /// The task.
    @usableFromInline package var task: TaskRef
    /// The attempt.
    @usableFromInline package var token: Token

    /// Names an attempt.
    @inlinable package init(task: TaskRef, token: Token) {
        self.task = task
        self.token = token
    }
}

/// The highest epoch that a participant met of a lineage, and the life that it was.
package struct EpochMet: Hashable, Sendable {
    /// The journal's identity, a UUID.
    package var lineage: SagaID
    /// The epoch.
    package var epoch: Epoch
    /// The life's random number.
    package var life: UInt64

    /// States the facts.
    package init(lineage: SagaID, epoch: Epoch, life: UInt64) {
        self.lineage = lineage
        self.epoch = epoch
        self.life = life
    }
}

/// What a participant answers to a task.
package struct TaskResult: Equatable, Sendable {
    /// The attempt it is for.
    package var attempt: TaskAttempt
    /// What it ended with.
    package var outcome: AttemptOutcome

    /// States the facts.
    package init(attempt: TaskAttempt, outcome: AttemptOutcome) {
        self.attempt = attempt
        self.outcome = outcome
    }
}

/// How the coordinator answers a Hello.
package struct Welcome: Equatable, Sendable {
    /// The journal's identity, a UUID.
    package var lineage: SagaID
    /// The life that speaks.
    package var epoch: Epoch
    /// Its random number.
    package var life: UInt64
    /// The session's number among those of its instance.
    package var generation: UInt64
    /// How often the participant sends a heartbeat.
    package var heartbeatInterval: Duration
    /// How long a lost session may take to return.
    package var grace: Duration
    /// The largest output in bytes.
    package var outputLimit: UInt64
    /// Below this start position every saga has ended, but for `stillLive`.
    package var endedBelow: JournalPosition
    /// The start positions below it that still live.
    package var stillLive: [JournalPosition]

    /// States the facts.
    package init(
        lineage: SagaID, epoch: Epoch, life: UInt64, generation: UInt64,
        heartbeatInterval: Duration, grace: Duration, outputLimit: UInt64,
        endedBelow: JournalPosition, stillLive: [JournalPosition]
    ) {
        self.lineage = lineage
        self.epoch = epoch
        self.life = life
        self.generation = generation
        self.heartbeatInterval = heartbeatInterval
        self.grace = grace
        self.outputLimit = outputLimit
        self.endedBelow = endedBelow
        self.stillLive = stillLive
    }
}

/// The answer to a heartbeat.
package struct HeartbeatAck: Equatable, Sendable {
    /// Below this start position every saga has ended, but for `stillLive`.
    package var endedBelow: JournalPosition
    /// The start positions below it that still live.
    package var stillLive: [JournalPosition]
    /// How many tasks wait for handlers that this session serves.
    package var waitingTasks: UInt32

    /// States the facts.
    package init(endedBelow: JournalPosition, stillLive: [JournalPosition], waitingTasks: UInt32) {
        self.endedBelow = endedBelow
        self.stillLive = stillLive
        self.waitingTasks = waitingTasks
    }
}

/// What became of a result; the participant drops it in each case.
package enum ResultDisposition: UInt8, Hashable, Sendable {
    /// It is durable.
    case taken
    /// Another attempt is current, or the task is over.
    case stale
    /// There is no such task.
    case noSuchTask
}

/// Why an attempt is to stop.
package enum CancelCause: UInt8, Hashable, Sendable, CaseIterable {
    /// The saga goes back.
    case goingBack
    /// Its startToClose ran out, or the time for all attempts.
    case timedOut
    /// Another attempt is current.
    case stale
    /// Somebody cancelled the saga.
    case sagaCancelled
    /// The saga's timeout is over.
    case sagaTimedOut
    /// Its handler's heartbeats failed to come.
    case heartbeatMissed
    /// The saga was given up.
    case sagaAbandoned
    /// A person settled the step.
    case settledByHand
}

/// A handler's own sign of life.
package struct AttemptSign: Hashable, Sendable {
    /// The attempt.
    package var attempt: TaskAttempt
    /// How far it is, for the next attempt to read; nil if it did not say so anew.
    package var progress: Payload?

    /// States the facts.
    package init(_ attempt: TaskAttempt, progress: Payload? = nil) {
        self.attempt = attempt
        self.progress = progress
    }
}
