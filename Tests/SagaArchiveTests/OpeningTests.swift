import Foundation
import GRDB
import SagaCoordinator
import SagaModel
import Synchronization
import Testing

@testable import SagaArchive

/// A file that cannot be used is set aside, never written and never the end of the coordinator.
@Suite struct OpeningTests {
    private static func filled() throws -> ArchiveFolder {
        let folder = try ArchiveFolder()
        try folder.open()
        var random = RandomSagas(seed: 1)
        var batch = ArchiveBatch()
        batch.families = random.draw(500).map {
            ArchivedFamily(
                sagas: [$0], records: [UInt8](repeating: 7, count: 700), retention: nil)
        }
        batch.committed = JournalPosition(1_000)
        batch.freeable = JournalPosition(900)
        try folder.archive.commit(batch)
        return folder
    }

    private static func expectSetAside(
        _ folder: ArchiveFolder, _ opening: ArchiveOpening, _ reason: String
    ) throws {
        #expect(opening.committed == .none)
        #expect(
            reason.isEmpty || opening.setAside.contains(reason), "\(opening.setAside)")
        let aside = folder.archive.path + ".aside-1"
        #expect(opening.setAside.hasPrefix(aside))
        #expect(FileManager.default.fileExists(atPath: aside))
        let summary = try folder.archive.summary()
        #expect(summary.sagas == 0 && summary.setAside == opening.setAside)
    }

    @Test("A sound one goes on where it was")
    func sound() throws {
        let folder = try Self.filled()
        let opening = try folder.open()
        #expect(opening.committed == JournalPosition(1_000))
        #expect(opening.freeable == JournalPosition(900))
        #expect(opening.setAside.isEmpty)
        #expect(try folder.archive.summary().sagas == 500)
    }

    @Test("Commits are durable: synchronous is FULL")
    func synchronous() throws {
        let folder = try Self.filled()
        let level = try folder.archive.pool.withLock { pool in
            try pool?.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        }
        #expect(level == 2)
    }

    @Test("That of another journal")
    func otherLineage() throws {
        let folder = try Self.filled()
        let other = SagaID(high: 9, low: 9)
        let opening = try folder.open(ArchiveFolder.journal(lineage: other))
        try Self.expectSetAside(folder, opening, "is of journal")
    }

    @Test("One that is ahead of the journal")
    func ahead() throws {
        let folder = try Self.filled()
        let opening = try folder.open(ArchiveFolder.journal(durable: 999))
        try Self.expectSetAside(folder, opening, "beyond the end of the journal")
    }

    @Test("One that stands in the gap of a restore")
    func inGap() throws {
        let folder = try Self.filled()
        let opening = try folder.open(
            ArchiveFolder.journal(mayHold: { $0 != JournalPosition(1_000) }))
        try Self.expectSetAside(folder, opening, "which the journal does not have")
    }

    @Test("Bytes that are no database")
    func garbage() throws {
        let folder = try ArchiveFolder()
        try Data(repeating: 42, count: 100_000).write(to: URL(filePath: folder.archive.path))
        try Self.expectSetAside(folder, try folder.open(), "SQLite")
    }

    @Test("Another program's database")
    func foreign() throws {
        let folder = try ArchiveFolder()
        let queue = try DatabaseQueue(path: folder.archive.path)
        try queue.write { try $0.execute(sql: "CREATE TABLE mine (a)") }
        try queue.close()
        try Self.expectSetAside(folder, try folder.open(), "not an archive")
    }

    @Test("A damaged one, found by the check after an unclean end")
    func damaged() throws {
        let folder = try Self.filled()
        folder.archive.close()
        // As a crash leaves it.
        let queue = try DatabaseQueue(path: folder.archive.path)
        try queue.write { try $0.execute(sql: "UPDATE archive SET is_clean = 0") }
        try queue.close()
        let url = URL(filePath: folder.archive.path)
        var bytes = try Data(contentsOf: url)
        for index in stride(from: 8_192 * 6, to: bytes.count, by: 512) { bytes[index] ^= 0xFF }
        try bytes.write(to: url)
        try Self.expectSetAside(folder, try folder.open(), "")
    }

    @Test("One that is found damaged while it is read is set aside when it is opened again")
    func damagedLater() throws {
        let folder = try Self.filled()
        folder.archive.close()
        let url = URL(filePath: folder.archive.path)
        var bytes = try Data(contentsOf: url)
        for index in stride(from: 8_192 * 6, to: bytes.count, by: 64) { bytes[index] ^= 0xFF }
        try bytes.write(to: url)
        // Ended in order, so it is not checked.
        #expect(try folder.open().setAside.isEmpty)
        #expect(throws: ArchiveFailure.self) {
            for state in SagaState.allCases where state.isEnded {
                var filter = SagaFilter(namespace: "default")
                filter.states = [state]
                _ = try folder.archive.list(ListRequest(filter, pageSize: 1_000))
            }
            _ = try folder.archive.expire(now: Instant(microseconds: .max / 2), limit: 1_000)
        }
        try Self.expectSetAside(folder, try folder.open(), "")
    }

    @Test("Without its file it begins at the start of the journal")
    func deleted() throws {
        let folder = try Self.filled()
        folder.archive.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.archive.path + suffix)
        }
        let opening = try folder.open()
        #expect(opening.committed == .none && opening.setAside.isEmpty)
    }
}
