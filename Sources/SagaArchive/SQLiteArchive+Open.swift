internal import FoundationEssentials
internal import GRDB
package import SagaCoordinator
internal import SagaModel
internal import Synchronization

/// Opening a file, and what becomes of one that cannot be used.
extension SQLiteArchive {
    /// Opens the archive of a journal; one that cannot be used is set aside and a new one begun.
    package func open(_ journal: ArchivedJournal) throws(ArchiveFailure) -> ArchiveOpening {
        close()
        let damaged = damage.withLock { damage in
            defer { damage = nil }
            return damage
        }
        var reason = damaged
        if reason == nil, FileManager.default.fileExists(atPath: path) {
            do {
                return try openExisting(journal)
            } catch let unusable as Unusable {
                reason = unusable.reason
            } catch {
                guard case .damaged(let text) = ArchiveFailure(error) else {
                    throw ArchiveFailure(error)
                }
                reason = text
            }
        }
        do {
            var note = ""
            if let reason { note = try setAside(reason) }
            return try begin(journal, note: note)
        } catch {
            throw ArchiveFailure(error)
        }
    }

    /// Why a file is not the archive of this journal, or not a sound one.
    private struct Unusable: Error {
        let reason: String
    }

    private func openExisting(_ journal: ArchivedJournal) throws -> ArchiveOpening {
        let open = try makePool()
        do {
            let opening = try open.read { db in try checked(journal, db) }
            try finishOpening(open)
            return opening
        } catch {
            try? open.close()
            throw error
        }
    }

    private func checked(_ journal: ArchivedJournal, _ db: Database) throws -> ArchiveOpening {
        guard
            try Int.fetchOne(db, sql: "PRAGMA application_id") == ArchiveSchema.applicationID
        else { throw Unusable(reason: "it is not an archive of sagas") }
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version == ArchiveSchema.version else {
            throw Unusable(
                reason: "it has format \(version), and this release writes format "
                    + "\(ArchiveSchema.version)")
        }
        let row = try Row.fetchOne(
            db, sql: "SELECT lineage, committed, freeable, is_clean, epoch FROM archive")
        guard let row, let lineage = SagaID(stored: row[0] as Data) else {
            throw Unusable(reason: "it does not say whose archive it is")
        }
        guard lineage == journal.lineage else {
            throw Unusable(
                reason: "it is of journal \(lineage), and this one is \(journal.lineage)")
        }
        let committed = JournalPosition(stored: row[1])
        guard committed <= journal.durable else {
            throw Unusable(
                reason: "it is at position \(committed.rawValue), beyond the end of the journal "
                    + "at \(journal.durable.rawValue)")
        }
        guard committed == .none || journal.mayHold(committed) else {
            throw Unusable(
                reason: "it is at position \(committed.rawValue), which the journal does not have")
        }
        if (row[3] as Int64) != 1, Self.size(of: path) <= checkedBytes { try check(db) }
        return ArchiveOpening(
            committed: committed, freeable: JournalPosition(stored: row[2]),
            epoch: Epoch(UInt64(bitPattern: row[4] as Int64)), setAside: "")
    }

    private func check(_ db: Database) throws {
        let found = try String.fetchAll(db, sql: "PRAGMA integrity_check(3)")
        guard found == ["ok"] else {
            throw Unusable(
                reason: "its integrity check failed: \(found.joined(separator: "; "))")
        }
    }

    /// Moves the file away, and says where it is and why.
    private func setAside(_ reason: String) throws -> String {
        let files = FileManager.default
        var number = 1
        while files.fileExists(atPath: "\(path).aside-\(number)") { number += 1 }
        let aside = "\(path).aside-\(number)"
        for suffix in ["-wal", "-shm", ""] where files.fileExists(atPath: path + suffix) {
            try files.moveItem(atPath: path + suffix, toPath: aside + suffix)
        }
        return "\(aside): \(reason)"
    }

    private func begin(_ journal: ArchivedJournal, note: String) throws -> ArchiveOpening {
        let open = try makePool()
        do {
            try open.write { db in
                try ArchiveSchema.create(
                    in: db, lineage: [UInt8](journal.lineage.stored), setAside: note)
            }
            try finishOpening(open)
        } catch {
            try? open.close()
            throw error
        }
        return ArchiveOpening(committed: .none, freeable: .none, setAside: note)
    }

    private func makePool() throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "archive"
        // One for what is asked, one for who deletes, and one for a copy, which takes long.
        configuration.maximumReaderCount = 3
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            // The first two count for a file that is empty yet.
            try db.execute(
                sql: """
                    PRAGMA page_size = 8192;
                    PRAGMA auto_vacuum = INCREMENTAL;
                    PRAGMA cache_size = -16384;
                    """)
        }
        return try DatabasePool(path: path, configuration: configuration)
    }

    private func finishOpening(_ open: DatabasePool) throws {
        try open.writeWithoutTransaction { db in
            // GRDB sets NORMAL when it turns to a log: then a commit would not be durable, and the
            // journal might free what is lost here.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 2000")
        }
        pool.withLock { $0 = open }
    }
}
