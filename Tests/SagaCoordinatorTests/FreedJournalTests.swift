import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// A coordinator over many lives on a journal of which little is kept.
@Suite struct FreedJournalTests {
    private static let principal = Principal(name: "test", isVerified: false)
    private static let participant = ParticipantName(namespace: "shop", name: "p", instance: "1")

    private static var limits: Limits {
        var limits = Limits()
        limits.payloadBytes = 2_000
        limits.messageBytes = 4 << 10
        limits.segmentBytes = 32 << 10
        limits.batchBytes = 8 << 10
        limits.eventsBytes = 64 << 10
        limits.eventsRetention = .seconds(30)
        limits.restatedBytes = 4 << 10
        return limits
    }

    /// One life: what it is handed, and what it is told.
    private final class World {
        var driver: CommittingDriver
        var now: Instant
        var handed: [TaskOrder] = []
        var shown: [SagaStatus] = []
        var session: UInt64

        init(_ storage: MemoryStorage, at moment: Instant, life: UInt64) throws {
            let settings = JournalSettings(
                limits: JournalLimits(
                    segmentBytes: FreedJournalTests.limits.segmentBytes, windowBytes: 4_096),
                preparation: .inline, allowsVolatile: false, user: 0, process: 1,
                entropy: { 42 }, microseconds: { 0 })
            let recovered = try RecoveredCoordinator.open(
                storage, settings, limits: FreedJournalTests.limits, now: { moment })
            let begin = recovered.life
            now = moment
            session = life
            driver = CommittingDriver(
                recovered, limits: FreedJournalTests.limits, mark: DurableMark())
            try take([.begin(begin)])
        }

        /// Takes turns until nothing is left to do.
        func take(_ inputs: [Input]) throws {
            var inputs = inputs
            repeat {
                driver.decide(inputs, now: now)
                inputs = []
                let instant = now
                for effect in try driver.commit(now: { instant }) {
                    if case .dispatch(_, let order) = effect { handed.append(order) }
                    if case .reply(_, .saga(let status)) = effect { shown.append(status) }
                }
            } while driver.wake(now: now).map { $0 <= now } ?? false
        }

        func pass(_ duration: Duration) throws {
            now = now + duration
            try take([])
        }

        /// Answers all that was handed out.
        func answer(_ outcome: AttemptOutcome) throws {
            let orders = handed
            handed = []
            for order in orders {
                let attempt = TaskAttempt(task: order.task, token: order.token)
                try take([
                    .result(SessionID(session), TaskResult(attempt: attempt, outcome: outcome))
                ])
            }
        }

        func attach() throws {
            try take([
                .hello(
                    SessionID(session),
                    Hello(
                        participant: FreedJournalTests.participant, protocolVersion: 1,
                        sdkVersion: "", serviceVersion: "",
                        handlers: [HandlerOffer(name: "shop.wait", hasCompensation: true)],
                        slots: 10, undoSlots: 1, running: [], holdingResults: [], epochsMet: []))
            ])
        }
    }

    private static func definition() -> Input {
        let written = SagaDefinition(
            name: "order", version: 1,
            steps: [StepDefinition(name: "wait", work: .handler("shop.wait"))])
        return .register(
            CallID(1),
            RegisterRequest(
                namespace: "shop", written: written, filled: DefinitionDefaults.fill(written),
                digest: Digest256(1, 2, 3, 4), principal: principal))
    }

    private static func start(_ number: UInt64) -> Input {
        .start(
            CallID(number),
            StartRequest(
                namespace: "shop", definition: "order", version: nil, key: "o-\(number)",
                keyIsRandom: false, input: .empty, labels: [], traceContext: [],
                principal: principal, id: SagaID(high: number, low: number),
                keyHash: KeyHash(high: number, low: 1),
                requestHash: RequestHash(high: 1, low: number), waits: nil))
    }

    /// Three sagas are asked again every second, in five lives, each of which ends
    /// with a power cut.
    @Test func sagasThatAreAskedAgainAndAgainStaySmall() throws {
        var storage = MemoryStorage()
        var now = Instant(microseconds: 1_000_000_000)
        var largest = 0
        var last = JournalPosition.none
        for life in UInt64(1)...5 {
            let world = try World(storage, at: now, life: life)
            if life == 1 { try world.take([Self.definition()] + (2...4).map(Self.start)) }
            try world.attach()
            for _ in 0..<240 {
                try world.answer(.notYet(after: .seconds(1)))
                try world.pass(.seconds(1))
                try world.take([.heartbeat(SessionID(life), [])])
                largest = max(largest, Int(world.driver.journalStatus.bytes))
            }
            if life == 5 {
                try world.answer(.succeeded(.empty))
                for number in UInt64(2)...4 {
                    try world.take([
                        .get(CallID(9), .id(namespace: "shop", SagaID(high: number, low: number)))
                    ])
                }
                #expect(world.shown.map(\.state) == [.completed, .completed, .completed])
                // Every key names its saga still.
                try world.take([Self.start(3)])
                let live = world.driver.inspect { $0.liveSagas }
                #expect(live == 0)
                #expect(world.driver.journalStatus.restatedRecords > 10)
            }
            #expect(world.driver.journalStatus.oldestPosition > last)
            last = world.driver.journalStatus.oldestPosition
            now = world.now + .seconds(3)
            storage = storage.afterCrash { _ in false }
        }
        #expect(last > JournalPosition(2_000))
        // All that was written is some three times as much.
        #expect(largest < 320 << 10)
    }

    /// Events of sagas whose starts were freed have their names, from what states these anew.
    @Test func eventsOfFreedStartsHaveTheirNames() throws {
        let storage = MemoryStorage()
        let world = try World(storage, at: Instant(microseconds: 1_000_000_000), life: 1)
        try world.take([Self.definition()] + (2...4).map(Self.start))
        try world.attach()
        for _ in 0..<400 {
            try world.answer(.notYet(after: .seconds(1)))
            try world.pass(.seconds(1))
            try world.take([.heartbeat(SessionID(1), [])])
        }
        try world.answer(.succeeded(.empty))
        let status = world.driver.journalStatus
        #expect(status.oldestPosition > JournalPosition(100))
        let survey = try JournalSurvey.run(storage) { _, _ in }
        var reader = try EventReader(storage, lineage: survey.lineage, decodedBytes: 1 << 20)
        var told: [ToldEvent] = []
        while true {
            let (found, isAtEnd) = try reader.read(
                upTo: status.durablePosition, byteBudget: 64 << 10)
            #expect(found.allSatisfy { $0.told != nil })
            told += found.compactMap(\.told)
            if isAtEnd { break }
        }
        #expect(told.map(\.event.kind).filter { $0 == .sagaCompleted }.count == 3)
        #expect(told.allSatisfy { $0.saga.definition.name == "order" && !$0.saga.key.isEmpty })
    }
}
