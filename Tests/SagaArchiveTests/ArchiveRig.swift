import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf

@testable import SagaArchive
@testable import SagaCoordinator

/// A coordinator's journal and engine with one participant that does whatever it is told.
struct ArchiveRig: ~Copyable {
    static let settings = JournalSettings(
        limits: JournalLimits(segmentBytes: 64 << 10, windowBytes: 16 << 10),
        preparation: .inline, allowsVolatile: false, user: 0, process: 1,
        entropy: { 42 }, microseconds: { 0 })
    static let principal = Principal(name: "test", isVerified: false)
    static let session = SessionID(1)

    let storage: MemoryStorage
    let lineage: JournalLineage
    private var driver: CommittingDriver
    private var calls: UInt64 = 0
    private(set) var now = Instant(microseconds: 1_000_000)
    /// Tasks that were handed out and are not answered.
    private(set) var tasks: [TaskOrder] = []
    private var replies: [Reply] = []

    private init(_ storage: MemoryStorage, _ recovered: consuming RecoveredCoordinator) {
        self.storage = storage
        lineage = recovered.journal.lineage
        driver = CommittingDriver(recovered, limits: Limits(), mark: DurableMark())
    }

    static func begin(_ storage: MemoryStorage = MemoryStorage()) throws -> ArchiveRig {
        let recovered = try RecoveredCoordinator.open(
            storage, settings, limits: Limits(), now: { Instant(microseconds: 1_000_000) })
        let life = recovered.life
        var rig = ArchiveRig(storage, recovered)
        try rig.take(.begin(life))
        return rig
    }

    var durable: JournalPosition { driver.durablePosition }
    var oldest: JournalPosition { JournalPosition(1) }

    mutating func take(_ input: Input) throws {
        now = now + .milliseconds(1)
        driver.decide([input], now: now)
        let instant = now
        for effect in try driver.commit(now: { instant }) {
            switch effect {
            case .dispatch(_, let order): tasks.append(order)
            case .reply(_, let reply): replies.append(reply)
            case .welcome, .cancel, .acknowledge, .heartbeatAck, .endSession, .fact: break
            }
        }
    }

    mutating func call() -> CallID {
        calls += 1
        return CallID(calls)
    }

    mutating func define(_ definition: SagaDefinition) throws {
        try take(
            .register(
                call(),
                RegisterRequest(
                    namespace: "shop", written: definition,
                    filled: DefinitionDefaults.fill(definition), digest: Digest256(1, 2, 3, 4),
                    principal: Self.principal)))
    }

    /// `order`: reserve and charge; `trip`: a child `order`, then book.
    mutating func defineAll() throws {
        let steps = ["reserve", "charge"].map {
            StepDefinition(name: $0, work: .handler("shop.\($0)"))
        }
        try define(SagaDefinition(name: "order", version: 3, steps: steps))
        try define(
            SagaDefinition(
                name: "trip", version: 1,
                steps: [
                    StepDefinition(name: "first", work: .saga(name: "order", version: nil)),
                    StepDefinition(name: "book", work: .handler("shop.book")),
                ]))
        let handlers = ["shop.reserve", "shop.charge", "shop.book"]
        try take(.hello(Self.session, Self.hello(handlers)))
    }

    mutating func start(_ number: UInt64, _ definition: String) throws -> SagaID {
        let id = SagaID(high: number << 16, low: number)
        try take(
            .start(
                call(),
                StartRequest(
                    namespace: "shop", definition: definition, version: nil,
                    key: "key-\(number)", keyIsRandom: false,
                    input: Payload(
                        contentType: Payload.json, bytes: Array("{\"n\":\(number)}".utf8)),
                    labels: [Label(name: "n", value: "\(number % 7)")], traceContext: [],
                    principal: Self.principal, id: id, keyHash: KeyHash(high: number, low: 1),
                    requestHash: RequestHash(high: 1, low: number), waits: nil)))
        return id
    }

    /// Starts one with another request under a key that is taken; gives the saga that is named.
    mutating func startAgain(_ number: UInt64, _ definition: String) throws -> SagaID? {
        replies = []
        try take(
            .start(
                call(),
                StartRequest(
                    namespace: "shop", definition: definition, version: nil,
                    key: "key-\(number)", keyIsRandom: false, input: .empty, labels: [],
                    traceContext: [], principal: Self.principal, id: SagaID(high: 1, low: 1),
                    keyHash: KeyHash(high: number, low: 1),
                    requestHash: RequestHash(high: 99, low: 99), waits: nil)))
        guard case .refused(let refusal) = replies.last else { return nil }
        return refusal.reason == "KEY_TAKEN" ? refusal.saga : nil
    }

    /// Answers one of the tasks.
    mutating func answer(_ place: Int, _ outcome: AttemptOutcome) throws {
        let order = tasks.remove(at: place)
        try take(
            .result(
                Self.session,
                TaskResult(
                    attempt: TaskAttempt(task: order.task, token: order.token),
                    outcome: outcome)))
    }

    private static func hello(_ handlers: [String]) -> Hello {
        Hello(
            participant: ParticipantName(namespace: "shop", name: "worker", instance: "w-1"),
            protocolVersion: 1, sdkVersion: "test", serviceVersion: "",
            handlers: handlers.map { HandlerOffer(name: $0, hasCompensation: true) },
            slots: 1_000, undoSlots: 1_000, running: [], holdingResults: [], epochsMet: [])
    }

    /// A saga as the engine shows it, or what it says instead.
    mutating func get(_ id: SagaID) throws -> Reply? {
        replies = []
        let everything = SagaView(output: true, steps: true, history: true, payloads: true)
        try take(.get(call(), .id(namespace: "shop", id), everything))
        return replies.last
    }

    /// Every saga that the engine has, with all that can be shown.
    mutating func statuses() throws -> [SagaStatus] {
        let all = driver.inspect { $0.standings.map(\.id) }
        return try all.compactMap { id in
            guard case .saga(let status) = try get(id) else { return nil }
            return status
        }
    }
}
