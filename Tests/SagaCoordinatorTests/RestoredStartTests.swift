import SagaEngine
import SagaJournal
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// A start from a copy: a new incarnation, and whoever reads the journal gets over the gap.
@Suite struct RestoredStartTests {
    private static let moment = Instant(microseconds: 1_800_000_000_250_000)
    private static let incarnation: UInt32 = 1_800_000_000

    /// A journal of some sagas that a copy was made of.
    private static func copy() throws -> (storage: MemoryStorage, last: JournalPosition) {
        let storage = MemoryStorage()
        var rig = try EventRig.begin(storage)
        try rig.define()
        try rig.start(1)
        try rig.start(2)
        storage.replace(BackupMark.name, with: [UInt8(ascii: "{")])
        return (storage, rig.durable)
    }

    @Test("Positions and epochs go on in a new incarnation, whose record names the gap")
    func incarnation() throws {
        let (storage, last) = try Self.copy()
        var rig = try EventRig.begin(storage, isRestored: true, at: Self.moment)
        #expect(try !storage.list().contains(BackupMark.name))
        try rig.start(3)
        var lives: [(position: JournalPosition, life: LifeBegan)] = []
        var arena = DecodingArena(limit: 1 << 20)
        let survey = try JournalSurvey.run(storage) { frame, payload in
            let record = try RecordCodec.decode(
                type: frame.type.rawValue, payload, arena: &arena)
            if case .lifeBegan(let life) = record { lives.append((frame.position, life)) }
        }
        let epoch = Epoch(incarnation: Self.incarnation, start: 1)
        try #require(lives.count == 2)
        #expect(lives[0].life.gapAfter == nil)
        #expect(lives[1].life.epoch == epoch && lives[1].life.gapAfter == last)
        #expect(lives[1].position == epoch.firstPosition)
        #expect(survey.lastPosition > epoch.firstPosition && survey.torn.isEmpty)
        // It goes on like any other, and may be copied and restored within the same second.
        let next = try RecoveredCoordinator.open(
            storage.afterCrash { _ in true }, EventRig.settings, limits: Limits(),
            now: { Self.moment })
        #expect(next.life.epoch == Epoch(incarnation: Self.incarnation, start: 2))
        #expect(next.newestGap == RecordGap(after: last, before: epoch.firstPosition))
        #expect(next.engine.liveSagas == 3)
    }

    @Test("A second restore in one second gets another incarnation")
    func twice() throws {
        let (storage, _) = try Self.copy()
        _ = try EventRig.begin(storage, isRestored: true, at: Self.moment)
        _ = try EventRig.begin(storage, isRestored: true, at: Self.moment)
        let next = try RecoveredCoordinator.open(
            storage, EventRig.settings, limits: Limits(), now: { Self.moment })
        #expect(next.life.epoch == Epoch(incarnation: Self.incarnation + 1, start: 2))
    }

    @Test("Who watches events reads over the gap, and a cursor within it is refused")
    func events() throws {
        let (storage, last) = try Self.copy()
        var rig = try EventRig.begin(storage, isRestored: true, at: Self.moment)
        try rig.start(3)
        let durable = rig.durable
        var reader = try EventReader(storage, lineage: rig.lineage, decodedBytes: 1 << 20)
        func cursor(_ position: UInt64) -> RecordCursor {
            .behind(JournalPosition(position), of: rig.lineage)
        }
        let first = UInt64(Self.incarnation) << 32
        for position in [last.rawValue + 1, first - 1] {
            #expect(try !reader.go(to: cursor(position), durable: durable))
        }
        #expect(try reader.go(to: cursor(last.rawValue), durable: durable))
        let found = try reader.read(upTo: durable, byteBudget: .max)
        #expect(found.isAtEnd && !found.found.isEmpty)
        #expect(reader.cursor.position == durable)
    }

    @Test("A look before the start says that it is a backup, and what its epoch would be")
    func rehearsal() throws {
        let (storage, _) = try Self.copy()
        let rehearsal = try Rehearsal.run(storage, Limits(), now: { Self.moment })
        #expect(rehearsal.isBackup && rehearsal.isClean)
        #expect(rehearsal.lines.contains { $0.contains("is a backup: a start needs --restored") })
        #expect(rehearsal.lines.contains("a start now would be epoch \(Self.incarnation).1"))
        storage.replace(BackupMark.name, with: Array(BackupMark.unfinished.utf8))
        #expect(throws: JournalFailure.unfinishedBackup(path: storage.location)) {
            try Rehearsal.run(storage, Limits(), now: { Self.moment })
        }
    }
}
