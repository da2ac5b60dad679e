import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf

@testable import SagaCoordinator

/// A coordinator's journal and engine, without sessions: sagas start, and are cancelled.
struct EventRig: ~Copyable {
    static let settings = JournalSettings(
        limits: JournalLimits(segmentBytes: 32 << 10, windowBytes: 16 << 10),
        preparation: .inline, allowsVolatile: false, user: 0, process: 1,
        entropy: { 42 }, microseconds: { 0 })
    private static let principal = Principal(name: "test", isVerified: false)

    let storage: MemoryStorage
    let lineage: JournalLineage
    let mark = DurableMark()
    private var driver: CommittingDriver
    private var calls: UInt64 = 0
    private var now = Instant(microseconds: 1_000_000)

    private init(_ storage: MemoryStorage, _ recovered: consuming RecoveredCoordinator) {
        self.storage = storage
        lineage = recovered.journal.lineage
        driver = CommittingDriver(
            recovered, limits: Limits(), mark: mark)
    }

    /// Begins a life.
    static func begin(
        _ storage: MemoryStorage = MemoryStorage(), isRestored: Bool = false,
        at moment: Instant = Instant(microseconds: 1_000_000)
    ) throws -> EventRig {
        var settings = settings
        settings.isRestored = isRestored
        let recovered = try RecoveredCoordinator.open(
            storage, settings, limits: Limits(), now: { moment })
        let life = recovered.life
        var rig = EventRig(storage, recovered)
        try rig.take(.begin(life))
        if isRestored { try rig.driver.endRestore() }
        return rig
    }

    /// The highest durable position.
    var durable: JournalPosition { driver.journalStatus.durablePosition }

    /// How many segments were begun.
    var segments: UInt64 { driver.journalStatus.segments }

    mutating func take(_ input: Input) throws {
        now = now + .milliseconds(1)
        driver.decide([input], now: now)
        let instant = now
        _ = try driver.commit { instant }
    }

    mutating func define() throws {
        let steps = ["reserve", "charge"].map {
            StepDefinition(name: $0, work: .handler("shop.\($0)"))
        }
        let written = SagaDefinition(name: "order", version: 3, steps: steps)
        try take(
            .register(
                call(),
                RegisterRequest(
                    namespace: "shop", written: written,
                    filled: DefinitionDefaults.fill(written), digest: Digest256(1, 2, 3, 4),
                    principal: Self.principal)))
    }

    mutating func start(_ number: UInt64) throws {
        try take(
            .start(
                call(),
                StartRequest(
                    namespace: "shop", definition: "order", version: nil,
                    key: "order-\(number)", keyIsRandom: false, input: .empty,
                    labels: [Label(name: "n", value: "\(number)")], traceContext: [],
                    principal: Self.principal,
                    id: SagaID(high: number, low: number),
                    keyHash: KeyHash(high: number, low: 1),
                    requestHash: RequestHash(high: 1, low: number), waits: nil)))
    }

    mutating func cancel(_ number: UInt64) throws {
        try take(
            .verb(
                call(),
                VerbRequest(
                    verb: .cancel,
                    saga: .id(namespace: "shop", SagaID(high: number, low: number)),
                    reason: "enough", principal: Self.principal)))
    }

    private mutating func call() -> CallID {
        calls += 1
        return CallID(calls)
    }

    func reader() throws -> EventReader {
        try EventReader(storage, lineage: lineage, decodedBytes: 1 << 20)
    }
}

extension FoundEvent {
    /// The event, unless something could not be read.
    var told: ToldEvent? {
        guard case .told(let told) = self else { return nil }
        return told
    }
}

extension EventRig {
    /// Gives a record of the journal other bytes that are no message, in a frame that is sound.
    ///
    /// To be called when nothing writes any more.
    static func spoil(_ positions: Set<JournalPosition>, of storage: MemoryStorage) throws
        -> MemoryStorage
    {
        let copy = MemoryStorage()
        var batch = FrameBatch()
        _ = try Journal.open(storage, settings) { frame, payload in
            let bytes =
                positions.contains(frame.position) ? [0xFF] : payload.indices.map { payload[$0] }
            batch.append(
                type: frame.type, at: frame.position, saga: frame.saga, continues: false
            ) { $0 += bytes }
        }
        var journal = try Journal.open(copy, settings) { _, _ in }
        _ = try journal.commit(&batch)
        return copy
    }
}
