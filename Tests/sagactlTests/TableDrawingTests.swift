import SagaModel
import Testing

@testable import sagactl

@Suite struct TableDrawingTests {
    private let now = Fixture.after(.seconds(669))

    static func row(
        _ state: SagaState, key: String, step: String, since: Duration,
        attention: [AttentionReason] = []
    ) -> SagaRow {
        SagaRow(
            id: Fixture.id, definition: "order", version: 3, key: key, state: state,
            attention: attention.map { Attention($0) }, step: step, startedAt: Fixture.start,
            endedAt: state.isEnded ? Fixture.after(since) : nil, stateSince: Fixture.after(since))
    }

    @Test func sagas() {
        let rows = [
            Self.row(
                .compensating, key: "ORD-1044", step: "charge", since: .zero,
                attention: [.undoFailing]),
            Self.row(.running, key: "ORD-1043", step: "charge", since: .seconds(540)),
            Self.row(.completed, key: "", step: "", since: .seconds(669)),
        ]
        #expect(
            ListDrawing.lines(rows, at: now, .plain).joined(separator: "\n") == """
                STATE         SAGA            STEP     FOR  NEEDS      ID
                COMPENSATING  order/ORD-1044  charge   11m  attention  \
                0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                RUNNING       order/ORD-1043  charge    2m             \
                0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                COMPLETED     order                   0 ms             \
                0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                """)
        #expect(ListDrawing.lines([], at: now, .plain) == [])
    }

    @Test func sagasThatNeedAPerson() {
        func row(_ key: String, _ attention: [Attention]) -> SagaRow {
            SagaRow(
                id: Fixture.id, definition: "order", version: 3, key: key, state: .running,
                attention: attention, step: "", startedAt: Fixture.start, endedAt: nil)
        }
        let timeout = Failure(code: "gateway-timeout", message: "gateway timeout")
        let rows = [
            row(
                "ORD-1044",
                [
                    Attention(
                        .undoFailing, step: "charge", direction: .compensation,
                        since: Fixture.start, lastFailure: timeout,
                        nextAttemptAt: Fixture.after(.seconds(705)), failures: 14)
                ]),
            row(
                "T-987",
                [
                    Attention(
                        .parked, step: "credit", since: Fixture.after(.seconds(-172_800)),
                        lastFailure: Failure(code: "account-closed", message: "")),
                    Attention(.timeoutPastPivot, since: Fixture.start),
                ]),
            row(
                "", [Attention(.noParticipant, step: "ship", since: Fixture.after(.seconds(9)))]),
            row(
                "H-1",
                [
                    Attention(
                        .held, step: "pay", since: Fixture.start,
                        lastFailure: Failure(
                            code: "hold", message: String(repeating: "x", count: 61)))
                ]),
            row(
                "P-1",
                [
                    Attention(
                        .pastPivotFailing, step: "mail", since: Fixture.start,
                        lastFailure: timeout, nextAttemptAt: Fixture.start)
                ]),
            row("OK-1", []),
        ]
        let lines = AttentionDrawing.lines(rows, at: now, .plain)
        let cells = lines.map { $0.split(separator: /\ {2,}/).map(String.init) }
        #expect(
            cells == [
                ["SAGA", "FOR", "WHY", "STEP", "LAST ERROR", "NEXT TRY"],
                [
                    "order/ORD-1044", "11m", "undo keeps failing", "charge", "gateway timeout",
                    "36 s",
                ],
                [
                    "order/T-987", "2d", "parked, timeout past the pivot", "credit",
                    "account-closed", "never",
                ],
                ["\(Fixture.id)", "11m", "no participant", "ship", "-", "with a participant"],
                [
                    "order/H-1", "11m", "held for a person", "pay",
                    String(repeating: "x", count: 58) + "..", "never",
                ],
                [
                    "order/P-1", "11m", "step past the pivot keeps failing", "mail",
                    "gateway timeout", "now",
                ],
            ])
        #expect(AttentionDrawing.lines([], at: now, .plain) == [])
    }

    static let handlers = [
        HandlerStatus(
            handler: HandlerRef(namespace: "default", handler: "inventory.reserve"), instances: 2,
            freeSlots: 198, slots: 200, running: 2, queued: 0, oldestQueuedAt: nil),
        HandlerStatus(
            handler: HandlerRef(namespace: "default", handler: "payments.charge"), instances: 0,
            freeSlots: 0, slots: 0, running: 0, queued: 1_214,
            oldestQueuedAt: Fixture.after(.seconds(535))),
    ]

    @Test func handlers() {
        #expect(
            ParticipantsDrawing.handlers(Self.handlers, at: now, .plain)
                .joined(separator: "\n") == """
                    HANDLER            INSTANCES  FREE SLOTS  RUNNING  QUEUED  OLDEST  LIMIT  BREAKER
                    inventory.reserve          2     198/200        2       0       -      -  -
                    payments.charge            0         0/0        0   1,214  2m 14s      -  -
                    """)
    }

    static func instance(
        _ name: String, isAttached: Bool = true, isDraining: Bool = false,
        sdk: String = "saga 0.1.0"
    ) -> InstanceStatus {
        InstanceStatus(
            participant: ParticipantName(namespace: "default", name: "payments", instance: name),
            isAttached: isAttached, isDraining: isDraining, sdkVersion: sdk, serviceVersion: "",
            attachedAt: Fixture.start, lastHeardAt: Fixture.after(.seconds(666)),
            handlers: ["payments.charge", "payments.hold"], slots: 100, undoSlots: 12, running: 3,
            undoing: 1)
    }

    @Test func instances() {
        let instances = [
            Self.instance("p-1"), Self.instance("p-2", isDraining: true),
            Self.instance("p-3", isAttached: false, sdk: ""),
        ]
        #expect(
            ParticipantsDrawing.instances(instances, at: now, .plain)
                .joined(separator: "\n") == """
                    INSTANCE      STATE     SESSION    HEARD  TASKS  UNDOS  VERSION  SDK         HANDLERS
                    payments/p-1  attached  11m 09s  3 s ago  3/100   1/12  -        saga 0.1.0  \
                    payments.charge payments.hold
                    payments/p-2  draining  11m 09s  3 s ago  3/100   1/12  -        saga 0.1.0  \
                    payments.charge payments.hold
                    payments/p-3  lost      11m 09s  3 s ago  3/100   1/12  -        -           \
                    payments.charge payments.hold
                    """)
    }

    static let definition = DefinitionSummary(
        name: "order", version: 3, digest: Digest256(0x9f2c_81d4_e07a_0001, 2, 3, 4),
        registeredAt: Fixture.start, steps: 4, pivot: "ship", isLatest: true, liveSagas: 1_284)

    @Test func definitions() {
        var older = Self.definition
        older.version = 2
        older.isLatest = false
        older.pivot = ""
        older.liveSagas = 0
        #expect(
            DefinitionsDrawing.lines([Self.definition, older], .plain)
                .joined(separator: "\n") == """
                    DEFINITION  VERSION    STEPS  PIVOT   LIVE  REGISTERED           DIGEST
                    order       v3 latest      4  ship   1,284  2026-11-21 08:14:02  9f2c81d4e07a
                    order       v2             4  -          0  2026-11-21 08:14:02  9f2c81d4e07a
                    """)
    }

    static let status = CoordinatorStatus(
        version: "0.1.0",
        engine: EngineStatus(
            epoch: Epoch(17), live: 1_284, parked: 2, endedKept: 100_000, endedDropped: 12,
            started: 20_000, completed: 18_000, compensated: 700, definitions: 3, keys: 9,
            sessions: 1, queued: 214, inFlight: 5, staleResults: 1, resultsWithoutTask: 0,
            orphans: 0, observedAt: Fixture.after(.seconds(8_040)), since: Fixture.start),
        journal: JournalStatus(
            durablePosition: JournalPosition(482_113), segments: 2, records: 480_000,
            writtenBytes: 96 << 20, batches: 11_000, syncs: 12_000, syncTotal: .seconds(3),
            syncSlowest: .microseconds(4_100)), rejectedRequests: 3,
        transport: TransportStatus(
            listening: [
                ListenerStatus(address: "10.0.3.1:7242", isSecure: true),
                ListenerStatus(address: "unix:/run/sagad.sock", isSecure: false),
            ],
            connections: 4, acceptedConnections: 1_310, calls: 61_000,
            counters: [
                NamedCount(name: "connections_ended.too_many_pings", count: 2),
                NamedCount(name: "resets_received", count: 1_400),
            ]),
        process: ProcessStatus(
            identifier: 4_711, processorTime: .milliseconds(3_200), residentBytes: 21 << 20,
            anonymousBytes: 3 << 20, peakResidentBytes: 22 << 20, openFiles: 31,
            fileLimit: 1_048_576),
        recovery: RecoveryStatus(took: .milliseconds(310), records: 482_000, sagas: 1_284))

    @Test func coordinator() {
        #expect(
            StatusDrawing.lines(Self.status, address: "127.0.0.1:7242", .plain)
                .joined(separator: "\n") == """
                    sagad 0.1.0 at 127.0.0.1:7242  epoch 17  up 2h 14m since 2026-11-21 08:14:02
                      sagas      1,284 live, 2 parked, 100,000 ended kept, 12 dropped
                      this life  20,000 started, 18,000 completed, 700 compensated
                      work       214 queued, 5 in flight, 1 session
                      known      3 definitions, 9 keys
                      journal    durable to 482,113, 480,000 records, 96.0 MiB, 12,000 fdatasyncs \
                    of 250 us on average, 4 ms at most
                      refused    1 stale result, 3 requests
                      listening  10.0.3.1:7242 with TLS, unix:/run/sagad.sock
                      transport  4 connections open, 1,310 since the start, 61,000 calls, \
                    connections ended too many pings 2, resets received 1,400
                      process    pid 4711, 3.2 s of CPU, 21.0 MiB resident, 3.0 MiB of it \
                    anonymous, 22.0 MiB at most, 31 of 1,048,576 files open
                      start      482,000 records replayed in 310 ms, 1,284 live
                    """)
    }

    @Test func whatIsKeptAndFreedOfTheJournalIsShown() {
        var status = Self.status
        status.journal.bytes = 256 << 20
        status.journal.segments = 4
        status.journal.oldestPosition = JournalPosition(310_002)
        status.journal.freedSegments = 9
        status.journal.freeingFailure = "unlinkat: read-only"
        let lines = StatusDrawing.lines(status, address: "a:1", .plain)
        let journal = lines.first { $0.contains("durable to") } ?? ""
        #expect(
            journal.hasSuffix(
                "256.0 MiB kept in 4 segments from 310,002, 9 segments freed, "
                    + "cannot be freed: unlinkat: read-only"), "\(journal)")
    }

    /// What goes on, what to do, and why.
    @Test(arguments: [
        (SpaceLevel.ample, "disk       1.0 MiB free"),
        (
            .low,
            "disk       no room for another segment: no starts, no registrations, 1.0 MiB free, "
                + "make room on the file system of the data directory, no space"
        ),
        (.spare, "disk       full: only results, ends and undos go on, 1.0 MiB free"),
        (.reserve, "disk       full: nothing is recorded, what is there can be read, 1.0 MiB free"),
    ])
    func aFullDisk(_ level: SpaceLevel, _ line: String) {
        var status = Self.status
        status.journal.space = SpaceStatus(
            level: level, freeBytes: 1 << 20, failure: level == .ample ? "" : "no space")
        let lines = StatusDrawing.lines(status, address: "a:1", .plain)
        #expect(lines.contains { $0.hasPrefix("  \(line)") }, "\(lines)")
        let json = JSONObject(status).text
        #expect(json.contains("\"space\":\"\(ProtoNames.space(level))\""))
        #expect(json.contains("\"freeBytes\":\"1048576\""))
    }

    @Test func howLongSyncsTake() {
        var status = Self.status
        for _ in 0..<99 { status.journal.syncTimes.count(100) }
        status.journal.syncTimes.count(4_100)
        let lines = StatusDrawing.lines(status, address: "a:1", .plain)
        #expect(lines.contains { $0.contains("of 250 us on average, 99% within 127 us, 4 ms at") })
        let json = JSONObject(status).text
        #expect(json.contains("\"p50\":\"0.000127s\""), "\(json)")
        #expect(json.contains("\"syncMicroseconds\":{\"buckets\":["))
    }

    @Test func aTornTailIsShownAsWarning() {
        var status = Self.status
        status.recovery.tornBytes = 40
        status.recovery.tornFile = "00000041.torn"
        let lines = StatusDrawing.lines(status, address: "a:1", .plain)
        #expect(
            lines.last?.hasSuffix(", torn tail of 40 B kept in 00000041.torn") == true,
            "\(lines)")
    }

    @Test func whoHasMetALaterLifeIsShownWithWhatToDo() {
        var status = Self.status
        for number in 1...5 {
            status.engine.epochBehind.append(
                EpochBehind(
                    participant: ParticipantName(
                        namespace: "default", name: "payments", instance: "p-\(number)"),
                    met: number == 1 ? status.engine.epoch : Epoch(incarnation: 7, start: 2),
                    askedAt: Fixture.start))
        }
        let line = StatusDrawing.lines(status, address: "a:1", .plain).last ?? ""
        #expect(line.hasPrefix("  epoch_behind  payments/p-1 has met another life of epoch 17, "))
        #expect(line.contains("payments/p-2 has met epoch 7.2, "))
        #expect(line.contains(", 2 more, a copy or an old backup: stop it if the later one still "))
        #expect(line.hasSuffix("runs, else start it once with --restored"))
    }

    @Test func orphansAreShownAsTheBugTheyAre() {
        var status = Self.status
        status.engine.orphans = 1
        let lines = StatusDrawing.lines(status, address: "a:1", .plain)
        #expect(lines.last == "  orphans    1 tasks: a bug")
    }
}
