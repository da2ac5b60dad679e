import SagaEngine
import SagaJournal
import SagaModel
import SagaSystem
import Testing

@testable import SagaCoordinator

/// The driver with its journal on a disk that gets full: nothing throws, reads are served, and all
/// goes on when there is room.
@Suite struct SpaceTests {
    @Test func everyLevelAndBack() throws {
        let storage = MemoryStorage()
        storage.setCapacity(220 << 10)
        let world = try SmallDisk(storage)
        world.turn([.register(world.nextCall(), .order)])
        // Starts, until they are refused.
        var sagas: [SagaID] = []
        while world.refusals.isEmpty { sagas += [world.start(bytes: 300)] }
        sagas.removeLast()
        #expect(world.levels == [.low] && world.refusals == ["DISK"])
        // Verbs, until they are.
        var given = 0
        while world.refusals.count < 2 {
            world.turn([world.verb(given % 2 == 0 ? .suspend : .resume, sagas[given / 2 % 9])])
            given += 1
        }
        #expect(world.levels == [.low, .spare, .reserve] && world.refusals == ["DISK", "DISK"])
        #expect(given > 100)
        let last = world.durable
        world.turn([.get(world.nextCall(), .id(namespace: "default", sagas[3]))])
        #expect(world.shown == sagas[3] && world.durable == last)
        // Nothing wakes the driver but its own look for room.
        #expect(world.wakesWithin(.seconds(1)))
        storage.setCapacity(nil)
        world.pass(.seconds(2))
        #expect(world.levels.last == .ample)
        let more = world.start(bytes: 300)
        #expect(world.refusals.count == 2)
        world.end()
        storage.unlock()
        let again = try SmallDisk(storage)
        #expect(again.knows(more) && sagas.allSatisfy { again.knows($0) })
    }

    /// What is larger than what is left is refused; what was decided never waits for that.
    @Test func aLargeRecordIsNotBegun() throws {
        let storage = MemoryStorage()
        storage.setCapacity(220 << 10)
        let world = try SmallDisk(storage)
        world.turn([.register(world.nextCall(), .order)])
        var sagas: [SagaID] = []
        while world.refusals.isEmpty { sagas += [world.start(bytes: 300)] }
        while world.levels.last != .spare {
            world.turn([world.verb(.suspend, sagas[0]), world.verb(.resume, sagas[0])])
        }
        let before = world.refusals.count
        world.turn([world.skip(sagas[1], bytes: 62_000)])
        #expect(world.refusals.count == before + 1 && !world.isStuck)
        world.turn([world.skip(sagas[1], bytes: 10)])
        #expect(world.refusals.count == before + 1 && !world.isStuck)
    }

    /// A life begins once its record has room, without a restart.
    @Test func aLifeThatWaitsForItsRecord() throws {
        let storage = MemoryStorage()
        storage.setCapacity(70 << 10)
        do {
            var journal = try Journal.open(storage, SmallDisk.settings) { _, _ in }
            var batch = FrameBatch()
            for position in UInt64(1)...1_500 {
                batch.append(
                    type: RecordType(rawValue: 400), at: JournalPosition(position), saga: .none,
                    continues: false, isIgnorable: true
                ) { $0 += [UInt8](repeating: 7, count: 8) }
            }
            _ = try journal.commitWhatFits(&batch)
            let isFull = !batch.isEmpty
            #expect(isFull)
        }
        let world = try SmallDisk(storage)
        #expect(world.isStuck && world.wakesWithin(.seconds(1)))
        let last = world.durable
        world.pass(.seconds(3))
        #expect(world.isStuck && world.durable == last)
        storage.setCapacity(nil)
        world.pass(.seconds(1))
        #expect(!world.isStuck && world.durable > last && world.levels.last == .ample)
        #expect(world.epoch == Epoch(1))
    }
}

/// A committing driver on a disk with segments of 64 KiB.
private final class SmallDisk {
    private var driver: CommittingDriver
    private var now = Instant(microseconds: 1_000_000_000)
    private var calls: UInt64 = 0
    private var replies: [Reply] = []
    private(set) var levels: [SpaceLevel] = []

    static var settings: JournalSettings {
        JournalSettings(
            limits: JournalLimits(segmentBytes: 64 << 10, windowBytes: 64 << 10),
            preparation: .inline, allowsVolatile: false, user: 0, process: 1, entropy: { 42 },
            microseconds: { 0 })
    }

    init(_ storage: MemoryStorage) throws {
        var limits = Limits()
        limits.batchBytes = 4 << 10
        let recovered = try RecoveredCoordinator.open(
            storage, Self.settings, limits: limits, now: { Instant(microseconds: 0) })
        let life = recovered.life
        self.driver = CommittingDriver(recovered, limits: limits, mark: DurableMark())
        turn([.begin(life)])
    }

    var isStuck: Bool { driver.isStuck }
    var durable: JournalPosition { driver.durablePosition }
    var epoch: Epoch { driver.inspect { $0.lastEpoch } }

    var refusals: [String] {
        replies.compactMap { if case .refused(let refusal) = $0 { refusal.reason } else { nil } }
    }

    var shown: SagaID? {
        if case .saga(let status)? = replies.last { status.id } else { nil }
    }

    func knows(_ saga: SagaID) -> Bool { driver.inspect { $0.standing(of: saga) != nil } }

    func wakesWithin(_ time: Duration) -> Bool {
        driver.wake(now: now).map { $0 <= now + time } ?? false
    }

    func nextCall() -> CallID {
        calls += 1
        return CallID(calls)
    }

    func turn(_ inputs: [Input]) {
        now = now + .milliseconds(10)
        driver.decide(inputs, now: now)
        let moment = now
        do throws(JournalFailure) {
            for effect in try driver.commit(now: { moment }) {
                if case .reply(_, let reply) = effect { replies.append(reply) }
                if case .fact(.spaceChanged(let level, _)) = effect { levels.append(level) }
            }
        } catch {
            Issue.record("the journal failed: \(error)")
        }
        if driver.isBehind { turn([]) }
    }

    /// Takes the turns that the driver asks for.
    func pass(_ time: Duration) {
        let end = now + time
        while let wake = driver.wake(now: now), wake <= end {
            now = max(now, wake)
            turn([])
        }
        now = max(now, end)
    }

    func end() {
        do { try driver.end() } catch { Issue.record("no mark: \(error)") }
    }

    func start(bytes: Int) -> SagaID {
        let id = SagaID(at: now, shard: 0, entropy: calls)
        let payload = Payload(
            contentType: "text/plain", bytes: [UInt8](repeating: 65, count: bytes))
        turn([
            .start(
                nextCall(),
                StartRequest(
                    namespace: "default", definition: "order", version: nil, key: "",
                    keyIsRandom: false, input: payload, labels: [], traceContext: [],
                    principal: .tester, id: id, keyHash: nil,
                    requestHash: RequestHash(high: 2, low: calls), waits: nil))
        ])
        return id
    }

    func verb(_ verb: Verb, _ saga: SagaID) -> Input {
        .verb(
            nextCall(),
            VerbRequest(
                verb: verb, saga: .id(namespace: "default", saga), reason: "because",
                principal: .tester))
    }

    func skip(_ saga: SagaID, bytes: Int) -> Input {
        var request = VerbRequest(
            verb: .skip, saga: .id(namespace: "default", saga), reason: "because",
            principal: .tester)
        request.step = "reserve"
        request.output = Payload(
            contentType: "text/plain", bytes: [UInt8](repeating: 65, count: bytes))
        return .verb(nextCall(), request)
    }
}

extension Principal {
    fileprivate static let tester = Principal(name: "test", isVerified: false)
}

extension RegisterRequest {
    fileprivate static let order: RegisterRequest = {
        let written = SagaDefinition(
            name: "order", version: 1,
            steps: ["reserve", "charge"].map {
                StepDefinition(name: $0, work: .handler("shop.\($0)"))
            })
        return RegisterRequest(
            namespace: "default", written: written, filled: DefinitionDefaults.fill(written),
            digest: Digest256(1, 2, 3, 4), principal: .tester)
    }()
}
