import Foundation
import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// A journal of format 1 as it was written once: every release after must read it as this one.
///
/// `REWRITE=1` writes the listing anew, for a deliberate change of how records are shown. The files
/// of the journal are never written again; for a new format there is a new folder.
@Suite struct GoldenJournalTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/journal-format-1")
    private static let now = Instant(microseconds: 1_800_000_000_000_000)

    /// The files, in memory.
    private static func storage() throws -> MemoryStorage {
        let storage = MemoryStorage()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name != "listing.txt" {
            storage.replace(name, with: Array(try Data(contentsOf: folder.appending(path: name))))
        }
        return storage
    }

    private static let settings = JournalSettings(
        limits: JournalLimits(segmentBytes: 8 << 10, windowBytes: 4 << 10), preparation: .inline,
        allowsVolatile: false, user: 0, process: 1, entropy: { 42 }, microseconds: { 0 })

    /// A definition, some sagas, keys, a session, verbs; over two lives and two segments.
    private static func write(_ storage: MemoryStorage) throws {
        for life in UInt64(1)...2 {
            var engine = Engine(limits: Limits().engine)
            var decoding = DecodingArena(limit: 1 << 20)
            var journal = try Journal.open(storage, settings) { frame, payload in
                try RecoveredCoordinator.replay(frame, payload, &engine, &decoding)
            }
            var batch = FrameBatch()
            var arena = EncodingArena()
            let principal = Principal(name: "test", isVerified: false)
            let written = SagaDefinition(
                name: "order", version: UInt32(life),
                steps: [
                    StepDefinition(name: "reserve", work: .handler("shop.reserve")),
                    StepDefinition(name: "charge", work: .handler("shop.charge")),
                ])
            var inputs: [Input] = [
                .begin(
                    Life(
                        epoch: engine.lastEpoch.next, lineage: SagaID(high: 1, low: 1),
                        life: 77 + life, seed: life)),
                .register(
                    CallID(1),
                    RegisterRequest(
                        namespace: "default", written: written,
                        filled: DefinitionDefaults.fill(written), digest: Digest256(1, 2, 3, life),
                        principal: principal)),
            ]
            for number in UInt64(1)...8 {
                inputs.append(
                    .start(
                        CallID(number),
                        StartRequest(
                            namespace: "default", definition: "order", version: nil,
                            key: "key-\(life)-\(number)", keyIsRandom: false, input: .empty,
                            labels: [], traceContext: [], principal: principal,
                            id: SagaID(high: life, low: number),
                            keyHash: KeyHash(high: life, low: number),
                            requestHash: RequestHash(high: 1, low: number), waits: nil)))
            }
            var moment = Int64(1_700_000_000_000_000) + Int64(life) * 1_000_000
            for input in inputs {
                moment += 1_000
                engine.step(input, now: Instant(microseconds: moment))
                for emitted in engine.takeRecords() {
                    batch.append(
                        type: RecordType(rawValue: RecordCodec.type(of: emitted.record)),
                        at: emitted.position, saga: emitted.saga, continues: emitted.continues
                    ) { RecordCodec.encode(emitted.record, into: &$0, arena: &arena) }
                }
                _ = try journal.commit(&batch)
            }
            // As a newer release may write one.
            batch.append(
                type: RecordType(rawValue: 9_999), at: journal.lastPosition.next, saga: .none,
                continues: false, isIgnorable: true
            ) { $0 += [1, 2, 3] }
            _ = try journal.commit(&batch)
            try journal.mark()
        }
    }

    /// What the journal holds, a line a record.
    private static func listing(_ storage: MemoryStorage) throws -> String {
        var lines: [String] = []
        var arena = DecodingArena(limit: 1 << 20)
        let survey = try JournalSurvey.run(storage) { frame, payload in
            let text = try? RecordText(type: frame.type.rawValue, payload, arena: &arena)
            lines.append(
                "\(frame.position.rawValue) \(text?.name ?? "\(frame.type.rawValue)") "
                    + "saga=\(frame.saga.rawValue) flags=\(frame.flags.rawValue) "
                    + "durable=\(frame.durablePosition.rawValue) \(text?.json ?? "-")")
        }
        for segment in survey.segments {
            lines.append(
                "segment \(segment.number) \(segment.foundCase?.rawValue ?? "") "
                    + "\(segment.usedBytes) of \(segment.byteCount)")
        }
        let rehearsal = try Rehearsal.run(storage, Limits(), now: { now })
        return (lines + rehearsal.lines).joined(separator: "\n") + "\n"
    }

    @Test("A journal of format 1 is read to the very listing")
    func golden() throws {
        let file = Self.folder.appending(path: "listing.txt")
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            if !FileManager.default.fileExists(atPath: Self.folder.path) {
                try FileManager.default.createDirectory(
                    at: Self.folder, withIntermediateDirectories: true)
                let storage = MemoryStorage()
                try Self.write(storage)
                for name in try storage.list() {
                    try Data(try #require(storage.contents(name)))
                        .write(to: Self.folder.appending(path: name))
                }
            }
            try Self.listing(Self.storage()).write(to: file, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(try Self.listing(Self.storage()) == expected)
    }

    @Test("It is started from, and goes on")
    func goesOn() throws {
        let storage = try Self.storage()
        let recovered = try RecoveredCoordinator.open(
            storage, Self.settings, limits: Limits(), now: { Self.now })
        #expect(recovered.engine.liveByState == [.running: 16])
        #expect(recovered.life.epoch == Epoch(3))
        #expect(recovered.engine.lastPosition == recovered.journal.lastPosition)
    }
}
