import SagaModel
import SagaProtobuf

/// What is asked of services and answered by them, with every field set and with none.
enum ServiceSamples {
    static let starts = [
        StartMessage(
            namespace: "shop", definition: "order", version: 3, key: "o-1", keyIsRandom: true,
            input: Samples.json, labels: Samples.labels,
            traceContext: Samples.started.traceContext,
            wait: AwaitWish(
                timeout: .seconds(5), untilEnded: true,
                view: SagaView(output: false, steps: false, payloads: true))),
        StartMessage(namespace: "default", definition: "order"),
        StartMessage(namespace: "default", definition: "order", wait: AwaitWish()),
    ]
    static let names: [SagaRef] = [.id(Samples.id), .key(definition: "order", key: "o-1")]

    static let lists = [
        ListRequest(SagaFilter(namespace: "default"), pageSize: 100),
        ListRequest(
            wholeFilter, isOldestFirst: true, pageSize: 1_000, cursor: JournalPosition(.max)),
    ]

    /// Everything that does not exclude anything else.
    static var wholeFilter: SagaFilter {
        var filter = SagaFilter(namespace: "shop")
        filter.states = SagaState.allCases
        filter.definition = "order"
        filter.version = 3
        filter.key = "k"
        filter.labels = Samples.labels
        filter.failureCode = "no-carrier"
        filter.participant = SagaFilter.Participant(name: "payments", instance: "p-1")
        filter.handler = "payments.charge"
        filter.started = InstantRange(
            from: Instant(microseconds: 1), to: Instant(microseconds: 2_000_000))
        filter.ended = InstantRange(from: Instant(microseconds: 5))
        filter.parent = Samples.id
        return filter
    }

    static let saga = ShownSamples.saga

    static let bareSaga = SagaStatus(
        id: Samples.id, namespace: "default", definition: "order", version: 1, key: "",
        keyIsRandom: false, state: .completed, attention: [], startedAt: Samples.at,
        endedAt: Samples.at, observedAt: Samples.at, principal: Samples.nobody, labels: [:],
        steps: [], failure: nil, compensationFailure: nil, input: .empty, output: nil)

    static let page = SagaPage(
        rows: [
            SagaRow(
                id: Samples.id, definition: "order", version: 3, key: "o-1", state: .running,
                attention: ShownSamples.attention, step: "charge", startedAt: Samples.at,
                endedAt: nil, stateSince: Samples.at, isSuspended: true),
            SagaRow(
                id: Samples.id, definition: "order", version: 3, key: "", state: .compensated,
                attention: [], step: "", startedAt: Samples.at, endedAt: Samples.at,
                stateSince: nil),
        ], next: JournalPosition(77), observedAt: Samples.at)

    static let refusals = [
        Refusal(.notFound, reason: "NO_SUCH_SAGA", "there is none"),
        Refusal(
            .invalidArgument, reason: "INVALID_ARGUMENT", "wrong", saga: Samples.id,
            violations: [
                .init(field: "steps[2].retry", description: "must not be negative"),
                .init(field: "", description: ""),
            ]),
        Refusal(
            .resourceExhausted, reason: "QUEUE_FULL", "later",
            retryAfter: .seconds(1) + .microseconds(500_001)),
        Refusal(.unavailable, reason: "STOPPING", "at once", retryAfter: .zero),
        Refusal(
            .outOfRange, reason: "CURSOR_OUT_OF_RANGE", "gone", saga: Samples.id,
            oldestCursor: EventCursor(bytes: [1, 2, 3])),
    ]

    static let journal: JournalStatus = {
        var journal = JournalStatus(
            durablePosition: JournalPosition(1), segments: 2, records: 3, writtenBytes: 4,
            batches: 5, syncs: 6, syncTotal: .seconds(7), syncSlowest: .microseconds(8))
        journal.bytes = 9
        journal.oldestPosition = JournalPosition(10)
        journal.freedSegments = 11
        journal.restatedRecords = 12
        journal.freeingFailure = "no"
        journal.space = SpaceStatus(level: .spare, freeBytes: 9, failure: "no room")
        for number in [0, 1, 300, 17] as [Int64] { journal.syncTimes.count(number) }
        journal.batchBytes.count(4_096)
        return journal
    }()

    static let status = CoordinatorStatus(
        version: "1.0.0",
        engine: EngineStatus(
            epoch: Epoch(17), live: 1, parked: 2, endedKept: 3, endedDropped: 4, started: 5,
            completed: 6, compensated: 7, definitions: 8, keys: 9, sessions: 10, queued: 11,
            inFlight: 12, staleResults: 13, resultsWithoutTask: 14, orphans: 15,
            observedAt: Samples.at, since: Samples.at),
        journal: journal,
        rejectedRequests: 9,
        transport: TransportStatus(
            listening: [
                ListenerStatus(address: "a:1", isSecure: true),
                ListenerStatus(address: "unix:/b", isSecure: false),
            ],
            connections: 19, acceptedConnections: 20, calls: 21,
            counters: [NamedCount(name: "a.b", count: 22), NamedCount(name: "c", count: 23)]),
        process: ProcessStatus(
            identifier: 10, processorTime: .milliseconds(11), residentBytes: 12,
            anonymousBytes: 13, peakResidentBytes: 14, openFiles: 24, fileLimit: 25),
        recovery: RecoveryStatus(
            took: .milliseconds(15), records: 16, sagas: 17, tornBytes: 18, tornFile: "a.torn"))

    static let handler = HandlerStatus(
        handler: HandlerRef(namespace: "shop", handler: "a.b"), instances: 1, freeSlots: 2,
        slots: 3, running: 4, queued: 5, oldestQueuedAt: Samples.at)
    static let instances = [true, false].map { isAttached in
        InstanceStatus(
            participant: ParticipantName(namespace: "shop", name: "payments", instance: "p-1"),
            isAttached: isAttached, isDraining: !isAttached, sdkVersion: "s", serviceVersion: "v",
            attachedAt: Samples.at, lastHeardAt: Samples.at + .seconds(1),
            handlers: ["a.b", "c.d"],
            slots: 1, undoSlots: 2, running: 3, undoing: 4)
    }
}
