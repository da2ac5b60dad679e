import Foundation
import GRDB
import SagaCoordinator
import SagaModel
import Testing

@testable import SagaArchive

/// Copies of an archive that is being written.
@Suite struct CopyTests {
    private static func batch(
        _ sagas: [ArchivedSaga], committed: UInt64
    ) -> ArchiveBatch {
        var batch = ArchiveBatch()
        batch.committed = JournalPosition(committed)
        batch.freeable = JournalPosition(committed)
        batch.families = sagas.map {
            ArchivedFamily(
                sagas: [$0], records: [UInt8](repeating: 7, count: 900), retention: nil)
        }
        return batch
    }

    @Test("A copy is one moment of the archive, whatever is committed meanwhile")
    func whileWritten() throws {
        let folder = try ArchiveFolder()
        try folder.open()
        var random = RandomSagas(seed: 5)
        var committed: UInt64 = 1
        for _ in 0..<8 {
            try folder.archive.commit(Self.batch(random.draw(400), committed: committed))
            committed += 1
        }
        let path = folder.url.appending(path: "copy.sqlite").path
        var steps = 0
        var last = (done: 0, total: 0)
        let isWhole = try folder.archive.copy(to: path) { done, total in
            steps += 1
            last = (done, total)
            try? folder.archive.commit(Self.batch(random.draw(100), committed: committed))
            committed += 1
            return true
        }
        #expect(isWhole && steps > 2)
        #expect(last.done == last.total && last.total > 0)
        let now = try folder.archive.summary()
        #expect(now.sagas == UInt64(8 * 400 + steps * 100), "no commit was kept waiting")
        let copy = try DatabaseQueue(path: path)
        let (integrity, sagas, position) = try copy.read { db in
            (
                try String.fetchAll(db, sql: "PRAGMA integrity_check"),
                try Int.fetchOne(db, sql: "SELECT sagas FROM archive"),
                try Int.fetchOne(db, sql: "SELECT committed FROM archive")
            )
        }
        #expect(integrity == ["ok"])
        #expect(sagas == 8 * 400 && position == 8)
        try copy.close()
        let opened = SQLiteArchive(path: path, retention: .seconds(60))
        let opening = try opened.open(ArchiveFolder.journal())
        #expect(opening.committed == JournalPosition(8) && opening.setAside.isEmpty)
        opened.close()
    }

    @Test func stopped() throws {
        let folder = try ArchiveFolder()
        try folder.open()
        var random = RandomSagas(seed: 6)
        try folder.archive.commit(Self.batch(random.draw(2_000), committed: 9))
        let path = folder.url.appending(path: "copy.sqlite").path
        var steps = 0
        let isWhole = try folder.archive.copy(to: path) { _, _ in
            steps += 1
            return false
        }
        #expect(!isWhole && steps == 1)
        folder.archive.close()
        #expect(throws: ArchiveFailure.inputOutput("it is closed")) {
            _ = try folder.archive.copy(to: path) { _, _ in true }
        }
    }
}
