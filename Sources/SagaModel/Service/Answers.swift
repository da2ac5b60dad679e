/// A row of a list of sagas.
package struct SagaRow: Equatable, Sendable {
    /// The saga's id.
    package var id: SagaID
    /// The definition's name.
    package var definition: String
    /// The definition's version.
    package var version: UInt32
    /// The business key; empty for none.
    package var key: String
    /// Where it stands.
    package var state: SagaState
    /// Why a person should look at it, with what a list shows of it.
    package var attention: [Attention]
    /// The step that it is at; empty once it has ended.
    package var step: String
    /// When it started.
    package var startedAt: Instant
    /// When it ended, if it did.
    package var endedAt: Instant?
    /// Since when it is in its state, if that is known.
    package var stateSince: Instant?
    /// Whether nothing new of it is dispatched.
    package var isSuspended: Bool
    /// Its place in the order of the list; none where it is only shown.
    package var start: JournalPosition

    /// States the facts.
    package init(
        id: SagaID, definition: String, version: UInt32, key: String, state: SagaState,
        attention: [Attention], step: String, startedAt: Instant, endedAt: Instant?,
        stateSince: Instant? = nil, isSuspended: Bool = false, start: JournalPosition = .none
    ) {
        self.id = id
        self.definition = definition
        self.version = version
        self.key = key
        self.state = state
        self.attention = attention
        self.step = step
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.stateSince = stateSince
        self.isSuspended = isSuspended
        self.start = start
    }
}

/// A page of a list of sagas.
package struct SagaPage: Equatable, Sendable {
    /// The rows, in the order that was asked for; there may be fewer than asked for, even none, and
    /// yet a next page.
    package var rows: [SagaRow]
    /// The cursor of the next page; nil after the last. Everything up to it was looked at.
    package var next: JournalPosition?
    /// When the coordinator looked.
    package var observedAt: Instant
    /// Sagas that ended up to this record may have left memory before the archive had them: without
    /// an archive that is as far, the page is not whole.
    package var droppedUpTo: JournalPosition

    /// States the facts.
    package init(
        rows: [SagaRow], next: JournalPosition?, observedAt: Instant,
        droppedUpTo: JournalPosition = .none
    ) {
        self.rows = rows
        self.next = next
        self.observedAt = observedAt
        self.droppedUpTo = droppedUpTo
    }
}

/// A registered definition as it is shown.
package struct DefinitionStatus: Sendable {
    /// The definition.
    package var definition: ResolvedDefinition
    /// Whether starts without a version take this one.
    package var isLatest: Bool
    /// How many live sagas run by it.
    package var liveSagas: UInt64

    /// States the facts.
    package init(definition: ResolvedDefinition, isLatest: Bool, liveSagas: UInt64) {
        self.definition = definition
        self.isLatest = isLatest
        self.liveSagas = liveSagas
    }
}

extension DefinitionStatus: Equatable {
    /// Equal if they are the same registration with the same counts.
    package static func == (left: DefinitionStatus, right: DefinitionStatus) -> Bool {
        left.definition.position == right.definition.position && left.isLatest == right.isLatest
            && left.liveSagas == right.liveSagas
    }
}

/// How a registration was answered.
package struct RegisterAnswer: Equatable, Sendable {
    /// The definition's name.
    package var name: String
    /// Its version.
    package var version: UInt32
    /// Its digest.
    package var digest: Digest256
    /// Whether equal content was there before.
    package var existing: Bool
    /// Handlers that no participant has offered in this life, for a warning, each with the nearest
    /// that one has.
    package var unknownHandlers: [UnknownHandler]

    /// States the facts.
    package init(
        name: String, version: UInt32, digest: Digest256, existing: Bool,
        unknownHandlers: [UnknownHandler]
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.existing = existing
        self.unknownHandlers = unknownHandlers
    }
}

/// A handler that nobody has offered.
package struct UnknownHandler: Equatable, Sendable {
    /// The step that names it.
    package var step: String
    /// The handler.
    package var handler: String
    /// The nearest names that somebody has offered.
    package var nearest: [String]

    /// States the facts.
    package init(step: String, handler: String, nearest: [String]) {
        self.step = step
        self.handler = handler
        self.nearest = nearest
    }
}

/// How a handler stands.
package struct HandlerStatus: Equatable, Sendable {
    /// The handler.
    package var handler: HandlerRef
    /// How many instances serve it.
    package var instances: UInt32
    /// Free slots for actions over all instances.
    package var freeSlots: UInt32
    /// All slots for actions over all instances.
    package var slots: UInt32
    /// Attempts in flight, both directions.
    package var running: UInt32
    /// Tasks that wait, both directions.
    package var queued: UInt32
    /// Since when the oldest of them waits.
    package var oldestQueuedAt: Instant?

    /// States the facts.
    package init(
        handler: HandlerRef, instances: UInt32, freeSlots: UInt32, slots: UInt32, running: UInt32,
        queued: UInt32, oldestQueuedAt: Instant?
    ) {
        self.handler = handler
        self.instances = instances
        self.freeSlots = freeSlots
        self.slots = slots
        self.running = running
        self.queued = queued
        self.oldestQueuedAt = oldestQueuedAt
    }
}

/// How an instance of a participant stands.
package struct InstanceStatus: Equatable, Sendable {
    /// The instance.
    package var participant: ParticipantName
    /// Whether it is attached; false while its grace runs.
    package var isAttached: Bool
    /// Whether it is about to leave.
    package var isDraining: Bool
    /// The version of its SDK.
    package var sdkVersion: String
    /// The version of the service.
    package var serviceVersion: String
    /// Since when this session stands.
    package var attachedAt: Instant
    /// When anything was heard of it last.
    package var lastHeardAt: Instant
    /// The handlers it serves.
    package var handlers: [String]
    /// Its slots for actions.
    package var slots: UInt32
    /// Its slots for compensations.
    package var undoSlots: UInt32
    /// Actions in flight.
    package var running: UInt32
    /// Compensations in flight.
    package var undoing: UInt32

    /// States the facts.
    package init(
        participant: ParticipantName, isAttached: Bool, isDraining: Bool, sdkVersion: String,
        serviceVersion: String, attachedAt: Instant, lastHeardAt: Instant, handlers: [String],
        slots: UInt32, undoSlots: UInt32, running: UInt32, undoing: UInt32
    ) {
        self.participant = participant
        self.isAttached = isAttached
        self.isDraining = isDraining
        self.sdkVersion = sdkVersion
        self.serviceVersion = serviceVersion
        self.attachedAt = attachedAt
        self.lastHeardAt = lastHeardAt
        self.handlers = handlers
        self.slots = slots
        self.undoSlots = undoSlots
        self.running = running
        self.undoing = undoing
    }
}

/// The engine's own counts, for the status of the daemon.
package struct EngineStatus: Equatable, Sendable {
    /// This life.
    package var epoch: Epoch
    /// Live sagas: started and not ended.
    package var live: UInt64
    /// Sagas parked.
    package var parked: UInt64
    /// Ended sagas that can still be shown.
    package var endedKept: UInt64
    /// Ended sagas no longer kept.
    package var endedDropped: UInt64
    /// Sagas started in this life.
    package var started: UInt64
    /// Sagas completed in this life.
    package var completed: UInt64
    /// Sagas compensated in this life.
    package var compensated: UInt64
    /// Registered definitions.
    package var definitions: UInt64
    /// Keys taken.
    package var keys: UInt64
    /// Sessions attached.
    package var sessions: UInt64
    /// Tasks that wait in queues.
    package var queued: UInt64
    /// Attempts in flight.
    package var inFlight: UInt64
    /// Results, heartbeats and answers refused as stale in this life.
    package var staleResults: UInt64
    /// Results for tasks that do not exist, in this life.
    package var resultsWithoutTask: UInt64
    /// Live tasks without a cause of progress; always 0.
    package var orphans: UInt64
    /// When the coordinator looked.
    package var observedAt: Instant
    /// When this life began.
    package var since: Instant
    /// Sagas that could not be replayed, the oldest hundred of them.
    package var quarantined: [QuarantinedSaga]
    /// How many could not be replayed.
    package var quarantinedCount: UInt64
    /// Participants that have met a later life of this journal, by name, a hundred at most.
    package var epochBehind: [EpochBehind]

    /// States the facts.
    package init(
        epoch: Epoch, live: UInt64, parked: UInt64, endedKept: UInt64, endedDropped: UInt64,
        started: UInt64, completed: UInt64, compensated: UInt64, definitions: UInt64, keys: UInt64,
        sessions: UInt64, queued: UInt64, inFlight: UInt64, staleResults: UInt64,
        resultsWithoutTask: UInt64, orphans: UInt64, observedAt: Instant, since: Instant,
        quarantined: [QuarantinedSaga] = [], quarantinedCount: UInt64 = 0,
        epochBehind: [EpochBehind] = []
    ) {
        self.epoch = epoch
        self.live = live
        self.parked = parked
        self.endedKept = endedKept
        self.endedDropped = endedDropped
        self.started = started
        self.completed = completed
        self.compensated = compensated
        self.definitions = definitions
        self.keys = keys
        self.sessions = sessions
        self.queued = queued
        self.inFlight = inFlight
        self.staleResults = staleResults
        self.resultsWithoutTask = resultsWithoutTask
        self.orphans = orphans
        self.observedAt = observedAt
        self.since = since
        self.quarantined = quarantined
        self.quarantinedCount = quarantinedCount
        self.epochBehind = epochBehind
    }
}

/// A participant that was refused, because it has met a later life of this journal, or another one
/// of the same number: this coordinator runs on a copy, or on an old backup.
package struct EpochBehind: Hashable, Sendable {
    /// Who it is.
    package var participant: ParticipantName
    /// The life that it has met.
    package var met: Epoch
    /// When it asked last.
    package var askedAt: Instant

    /// States the facts.
    package init(participant: ParticipantName, met: Epoch, askedAt: Instant) {
        self.participant = participant
        self.met = met
        self.askedAt = askedAt
    }
}

/// A saga that could not be replayed.
package struct QuarantinedSaga: Hashable, Sendable {
    /// Its id, if its start could be read.
    package var id: SagaID?
    /// The position of its start record.
    package var position: JournalPosition
    /// What stood against it.
    package var message: String

    /// States the facts.
    package init(id: SagaID?, position: JournalPosition, message: String) {
        self.id = id
        self.position = position
        self.message = message
    }
}
