import Foundation
import SagaEngine
import SagaJournal
import SagaModel
import Testing

@testable import SagaArchive
@testable import SagaCoordinator

/// The archive follows the journal of a coordinator: every saga that ended is in it once, and is
/// shown as it was before.
@Suite struct FollowerTests {
    private static func journal(
        _ lineage: JournalLineage, durable: JournalPosition
    ) -> ArchivedJournal {
        ArchivedJournal(
            lineage: SagaID(high: lineage.high, low: lineage.low), durable: durable,
            oldest: JournalPosition(1), mayHold: { _ in true })
    }

    private static func follower(
        _ archive: SQLiteArchive, _ rig: borrowing ArchiveRig, memoryBytes: Int
    ) throws -> ArchiveFollower {
        var limits = Limits()
        limits.archiveMemoryBytes = memoryBytes
        let opening = try archive.open(journal(rig.lineage, durable: rig.durable))
        return try ArchiveFollower(
            archive, opening, rig.storage, lineage: rig.lineage, durable: rig.durable,
            limits: limits)
    }

    /// Compares with what the engine shows of all that it has.
    private static func check(_ archive: SQLiteArchive, _ rig: inout ArchiveRig) throws -> Int {
        var reading = ArchiveReading(archive, limits: Limits())
        var ended: [JournalPosition] = []
        for live in try rig.statuses() {
            let selector = SagaSelector.id(namespace: "shop", live.id)
            let found = try reading.find(selector, observedAt: live.observedAt)
            let root =
                try live.more.parent.map { parent in
                    try #require(
                        try rig.statuses().first { $0.id == parent.saga })
                } ?? live
            guard root.state.isEnded else {
                #expect(found == nil, "\(live.id) is \(live.state)")
                continue
            }
            #expect(found == live)
            ended.append(.none)
        }
        let all = try archive.list(
            ListRequest(SagaFilter(namespace: "shop"), pageSize: 100_000))
        #expect(all.rows.count == ended.count)
        #expect(try archive.summary().sagas == UInt64(ended.count))
        return ended.count
    }

    @Test(
        "Whenever its writer dies, it catches up without gaps or doubles",
        arguments: [0, 2_000, 1 << 20], [UInt64(1), 2, 3])
    func catchesUp(memoryBytes: Int, seed: UInt64) throws {
        let folder = try ArchiveFolder()
        var random = RandomSagas(seed: seed)
        var rig = try ArchiveRig.begin()
        try rig.defineAll()
        var follower = try Self.follower(folder.archive, rig, memoryBytes: memoryBytes)
        var number: UInt64 = 0
        for _ in 0..<400 {
            switch random.next() % 10 {
            case 0, 1, 2:
                number += 1
                _ = try rig.start(number, random.pick(["order", "order", "trip"]))
            case 3, 4, 5, 6:
                guard !rig.tasks.isEmpty else { continue }
                let place = Int(random.next()) % rig.tasks.count
                let no = Failure(code: "no", message: "No")
                let isUndo = rig.tasks[place].direction == .compensation
                try rig.answer(
                    place,
                    isUndo || random.next() % 5 > 0
                        ? .succeeded(Payload(contentType: Payload.json, bytes: Array("1".utf8)))
                        : .failed(no))
            case 7: _ = try follower.read(upTo: rig.durable, byteBudget: 1_000)
            case 8: try follower.commit()
            default:
                guard random.next() % 3 == 0 else { continue }
                follower = try Self.follower(folder.archive, rig, memoryBytes: memoryBytes)
            }
        }
        while try !follower.read(upTo: rig.durable, byteBudget: 10_000) {}
        try follower.commit()
        #expect(try Self.check(folder.archive, &rig) > 20)
        #expect(try folder.archive.summary().missed == 0)
        #expect(follower.freeable <= follower.committed)
        if memoryBytes == 0 { #expect(follower.freeable == follower.committed) }
    }

    @Test("A key finds the saga that started last under it, also when it is free again")
    func byKey() throws {
        let folder = try ArchiveFolder()
        var rig = try ArchiveRig.begin()
        try rig.defineAll()
        let id = try rig.start(5, "order")
        while !rig.tasks.isEmpty { try rig.answer(0, .succeeded(.empty)) }
        var follower = try Self.follower(folder.archive, rig, memoryBytes: 1 << 20)
        _ = try follower.read(upTo: rig.durable, byteBudget: 1 << 20)
        try follower.commit()
        var reading = ArchiveReading(folder.archive, limits: Limits())
        let selector = SagaSelector.key(
            namespace: "shop", definition: "order", key: "key-5", KeyHash(high: 0, low: 0))
        #expect(try reading.find(selector, observedAt: rig.now)?.id == id)
        let other = SagaSelector.key(
            namespace: "shop", definition: "trip", key: "key-5", KeyHash(high: 0, low: 0))
        #expect(try reading.find(other, observedAt: rig.now) == nil)
        let elsewhere = SagaSelector.id(namespace: "default", id)
        #expect(try reading.find(elsewhere, observedAt: rig.now) == nil)
    }

    @Test("An ended saga leaves the engine once it is archived, and its key stays taken")
    func leavesMemory() throws {
        var rig = try ArchiveRig.begin()
        try rig.defineAll()
        let id = try rig.start(5, "trip")
        while !rig.tasks.isEmpty { try rig.answer(0, .succeeded(.empty)) }
        let end = rig.durable
        try rig.take(.archived(upTo: JournalPosition(end.rawValue - 1)))
        guard case .saga? = try rig.get(id) else {
            Issue.record("it left before its end was archived")
            return
        }
        try rig.take(.archived(upTo: end))
        guard case .refused(let refusal)? = try rig.get(id) else {
            Issue.record("it is still there")
            return
        }
        #expect(refusal.reason == "DROPPED")
        #expect(try rig.statuses().isEmpty)
        // Under the same key another request is refused, and names the saga.
        let again = try rig.startAgain(5, "trip")
        #expect(again == id)
    }
}
