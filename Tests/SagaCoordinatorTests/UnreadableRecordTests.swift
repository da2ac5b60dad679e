import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// A journal whose frames are sound, and one of whose payloads is no message.
@Suite struct UnreadableRecordTests {
    private static let settings = JournalSettings(
        limits: JournalLimits(segmentBytes: 1 << 20, windowBytes: 64 << 10),
        preparation: .inline, allowsVolatile: false, user: 0, process: 1, entropy: { 42 },
        microseconds: { 0 })
    static let now = Instant(microseconds: 1_000_000)

    /// A journal with a definition and two sagas, at 3 and 4.
    static func storage() throws -> MemoryStorage {
        var engine = Engine(limits: Limits().engine)
        let principal = Principal(name: "test", isVerified: false)
        let written = SagaDefinition(
            name: "order", version: 1,
            steps: [StepDefinition(name: "charge", work: .handler("shop.charge"))])
        engine.step(
            .begin(Life(epoch: Epoch(1), lineage: SagaID(high: 1, low: 1), life: 1, seed: 1)),
            now: now)
        engine.step(
            .register(
                CallID(1),
                RegisterRequest(
                    namespace: "default", written: written,
                    filled: DefinitionDefaults.fill(written), digest: Digest256(1, 2, 3, 4),
                    principal: principal)), now: now)
        for number in UInt64(1)...2 {
            engine.step(
                .start(
                    CallID(number),
                    StartRequest(
                        namespace: "default", definition: "order", version: nil, key: "",
                        keyIsRandom: true, input: .empty, labels: [], traceContext: [],
                        principal: principal, id: SagaID(high: number, low: number), keyHash: nil,
                        requestHash: RequestHash(high: 1, low: number), waits: nil)), now: now)
        }
        let storage = MemoryStorage()
        var journal = try Journal.open(storage, settings) { _, _ in }
        var batch = FrameBatch()
        var arena = EncodingArena()
        for emitted in engine.takeRecords() {
            batch.append(
                type: RecordType(rawValue: RecordCodec.type(of: emitted.record)),
                at: emitted.position, saga: emitted.saga, continues: false
            ) { RecordCodec.encode(emitted.record, into: &$0, arena: &arena) }
        }
        _ = try journal.commit(&batch)
        return storage
    }

    /// Appends one more record to the journal and opens it again.
    private static func status(
        type: UInt16, saga: UInt64, payload: [UInt8]
    ) throws -> EngineStatus {
        let storage = try storage()
        try append(type: type, saga: saga, payload, to: storage)
        var recovered = try RecoveredCoordinator.open(
            storage, settings, limits: Limits(), now: { now })
        recovered.engine.step(.begin(recovered.life), now: now)
        recovered.engine.step(.status(CallID(9)), now: now)
        _ = recovered.engine.takeRecords()
        for effect in recovered.engine.advance(to: JournalPosition(.max)) {
            if case .reply(_, .status(let status)) = effect { return status }
        }
        throw RefusedStatus()
    }

    private struct RefusedStatus: Error {}

    static func append(
        type: UInt16, saga: UInt64, _ payload: [UInt8], isIgnorable: Bool = false,
        to storage: MemoryStorage
    ) throws {
        var last = JournalPosition.none
        var journal = try Journal.open(storage, settings) { frame, _ in last = frame.position }
        var batch = FrameBatch()
        batch.append(
            type: RecordType(rawValue: type), at: last.next, saga: JournalPosition(saga),
            continues: false, isIgnorable: isIgnorable
        ) { $0 += payload }
        _ = try journal.commit(&batch)
    }

    static let attemptEnded: UInt16 = 20

    @Test("It sets its saga aside, and the others start")
    func setsItsSagaAside() throws {
        let status = try Self.status(type: Self.attemptEnded, saga: 3, payload: [0xFF])
        #expect(status.quarantinedCount == 1 && status.live == 2)
    }

    /// Of no saga it is damage; a type that is not known is a newer release's, and none.
    @Test(
        "Of no saga, or of a type that is not known, it is refused",
        arguments: [
            (Self.attemptEnded, 0, JournalFailure.Classification.damaged, "not a message"),
            (9_999, 3, .directoryUnusable, "a newer sagad wrote it"),
            (9_999, 0, .directoryUnusable, "type 9999"),
        ])
    func refuses(
        _ type: UInt16, _ saga: UInt64, _ kind: JournalFailure.Classification, _ reason: String
    ) {
        #expect {
            try Self.status(type: type, saga: saga, payload: [0xFF])
        } throws: { error in
            guard let failure = error as? JournalFailure else { return false }
            return failure.classification == kind && failure.message.contains(reason)
        }
    }

    @Test("Of a type that is not known it is passed over where its writer allows that")
    func ignorable() throws {
        for saga in UInt64(0)...3 where saga != 1 && saga != 2 {
            let storage = try Self.storage()
            try Self.append(type: 9_999, saga: saga, [0xFF], isIgnorable: true, to: storage)
            let recovered = try RecoveredCoordinator.open(
                storage, Self.settings, limits: Limits(), now: { Self.now })
            #expect(recovered.engine.liveByState == [.running: 2])
            #expect(recovered.engine.lastPosition == recovered.journal.lastPosition)
        }
    }
}
