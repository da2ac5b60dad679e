import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// The driver over a journal in memory, whose disk can lose everything that was not synced.
@Suite struct DriverTests {
    @Test("An effect is released only when the records it follows from are durable")
    func effectsAreHeld() throws {
        let world = try World(MemoryStorage())
        world.turn([.register(CallID(1), .sample)])
        #expect(world.released.isEmpty)
        try world.commit()
        #expect(world.released.count == 1)
    }

    @Test("What was acknowledged is there after a power cut behind any commit", arguments: 0...6)
    func acknowledgedSurvives(commits: Int) throws {
        let storage = MemoryStorage()
        let world = try World(storage)
        let inputs: [Input] =
            [.register(CallID(1), .sample)] + (1...6).map { .start(CallID(10 + $0), .sample($0)) }
        for input in inputs.prefix(commits + 1) {
            world.turn([input])
            try world.commit()
        }
        let acknowledged = world.startedSagas
        // The next input is decided and packed, but the power is cut before it is written.
        if commits + 1 < inputs.count { world.turn([inputs[commits + 1]]) }
        world.close()
        let after = try World(storage.afterCrash { _ in false })
        for saga in acknowledged {
            after.turn([.get(CallID(99), .id(namespace: "default", saga))])
        }
        try after.commit()
        #expect(acknowledged.count == commits)
        #expect(after.statuses.map(\.id) == acknowledged)
        #expect(after.epoch == Epoch(2))
    }

    @Test("A full batch leaves the other inputs for the next turn, in order")
    func fullBatch() throws {
        let world = try World(MemoryStorage(), batchBytes: 1_024)
        world.turn([.register(CallID(1), .sample)])
        try world.commit()
        let turn = world.turn((1...20).map { .start(CallID(10 + $0), .sample($0)) })
        #expect(turn.isBehind)
        var turns = 1
        repeat {
            try world.commit()
            turns += 1
        } while world.turn([]).isBehind
        try world.commit()
        #expect(turns > 3)
        #expect(world.startedSagas == (1...20).map { StartRequest.sample($0).id })
    }
}

/// A driver, its journal and what came out.
private final class World {
    private var driver: Driver
    private var journal: Journal?
    private var batch: FrameBatch
    private(set) var released: [Effect] = []
    let epoch: Epoch
    private var now = Instant(microseconds: 1_000_000)

    init(_ storage: MemoryStorage, batchBytes: Int = 256 << 10) throws {
        var engine = Engine(limits: Limits().engine)
        var arena = DecodingArena(limit: 1 << 20)
        let settings = JournalSettings(
            limits: JournalLimits(segmentBytes: 1 << 20, windowBytes: 64 << 10),
            preparation: .inline, allowsVolatile: false, user: 0, process: 1,
            entropy: { 42 }, microseconds: { 0 })
        let opened = try Journal.open(storage, settings) { frame, payload in
            let record = try RecordCodec.decode(
                type: frame.type.rawValue, payload, arena: &arena)
            try engine.replay(record, at: frame.position, saga: frame.saga)
        }
        epoch = engine.lastEpoch.next
        let life = Life(
            epoch: epoch, lineage: SagaID(high: opened.lineage.high, low: opened.lineage.low),
            life: 7, seed: 7)
        driver = Driver(engine)
        journal = consume opened
        batch = FrameBatch(capacityBytes: batchBytes)
        turn([.begin(life)])
        try commit()
        released.removeAll()
    }

    @discardableResult
    func turn(_ inputs: [Input]) -> Turn {
        now = now + .milliseconds(1)
        return driver.turn(inputs, now: now, into: &batch)
    }

    func commit() throws {
        guard let durable = try journal?.commit(&batch) else {
            Issue.record("the journal is closed")
            return
        }
        released += driver.release(durable: durable)
    }

    func close() { journal = nil }

    var startedSagas: [SagaID] {
        released.compactMap { effect in
            guard case .reply(_, .started(let id, _, _, _)) = effect else { return nil }
            return id
        }
    }

    var statuses: [SagaStatus] {
        released.compactMap { effect in
            guard case .reply(_, .saga(let status)) = effect else { return nil }
            return status
        }
    }
}

extension RegisterRequest {
    fileprivate static let sample: RegisterRequest = {
        let written = SagaDefinition(
            name: "order", version: 1,
            steps: ["reserve", "charge", "ship"].map {
                StepDefinition(name: $0, work: .handler("shop.\($0)"))
            })
        return RegisterRequest(
            namespace: "default", written: written, filled: DefinitionDefaults.fill(written),
            digest: Digest256(1, 2, 3, 4), principal: Principal(name: "test", isVerified: false))
    }()
}

extension StartRequest {
    fileprivate static func sample(_ number: UInt64) -> StartRequest {
        StartRequest(
            namespace: "default", definition: "order", version: nil, key: "K-\(number)",
            keyIsRandom: false,
            input: Payload(contentType: Payload.json, bytes: Array("{\"n\":\(number)}".utf8)),
            labels: [], traceContext: [], principal: Principal(name: "test", isVerified: false),
            id: SagaID(at: Instant(microseconds: 1_000_000), shard: 0, entropy: number),
            keyHash: KeyHash(high: 1, low: number), requestHash: RequestHash(high: 2, low: number),
            waits: nil)
    }
}
