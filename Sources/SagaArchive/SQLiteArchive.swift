internal import FoundationEssentials
internal import GRDB
internal import SagaCompression
package import SagaCoordinator
package import SagaModel
internal import Synchronization

/// Ended sagas in an SQLite file beside the journal.
///
/// Written by one thread in transactions that hold the position up to which everything is in it, so
/// that a crash leaves neither a gap nor a double. It can be deleted: it loses itself, and is
/// filled again from what the journal still has.
package final class SQLiteArchive: SagaArchiving {
    /// The path of the file.
    package let path: String
    let retention: Duration
    let checkedBytes: Int
    /// Nil while it is closed.
    let pool = Mutex<DatabasePool?>(nil)
    /// What was found damaged since it was opened.
    let damage = Mutex<String?>(nil)

    /// How many sagas one request to purge deletes.
    private static let purgedAtOnce = 2_000
    /// The most that the records of one chunk take.
    private static let longestChunk = 1 << 30

    /// Names the file; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - path: the file; SQLite keeps two more beside it.
    ///   - retention: how long sagas are kept whose definition does not say.
    ///   - checkedBytes: a file of at most this size is checked as a whole after an unclean end;
    ///     of a larger one it is found out when it is read.
    package init(path: String, retention: Duration, checkedBytes: Int = 256 << 20) {
        self.path = path
        self.retention = retention
        self.checkedBytes = checkedBytes
    }

    // MARK: - Writing

    /// Takes in what was read, whole or not at all, and durable when it returns.
    package func commit(_ batch: ArchiveBatch) throws(ArchiveFailure) {
        try write { db in try ArchiveWriting.write(batch, in: db) }
    }

    /// Deletes some sagas whose time is over.
    package func expire(now: Instant, limit: Int) throws(ArchiveFailure) -> Int {
        let expired = try read { db in
            try ArchiveRetention(db: db).expired(now: now, retention: retention, limit: limit)
        }
        let hasEmptyShelf = try read { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM shelf WHERE sagas <= 0)")
        }
        guard !expired.isEmpty || hasEmptyShelf == true else { return 0 }
        try write { db in
            let retention = ArchiveRetention(db: db)
            _ = try retention.delete(expired)
            try retention.sweep()
        }
        return expired.count
    }

    /// Deletes sagas that ended long ago, a bounded number of them, or only counts all of them.
    package func purge(
        _ request: PurgeRequest, now: Instant
    ) throws(ArchiveFailure) -> PurgeAnswer {
        let instant = now + (.zero - request.olderThan)
        if request.countsOnly {
            let count = try read { db in
                try ArchiveRetention(db: db).countEnded(by: instant, in: request.namespace)
            }
            return PurgeAnswer(sagas: UInt64(count), hasMore: false)
        }
        return try write { db in
            let retention = ArchiveRetention(db: db)
            let roots = try retention.ended(
                by: instant, in: request.namespace, limit: Self.purgedAtOnce)
            let count = try retention.delete(roots)
            try retention.sweep()
            return PurgeAnswer(
                sagas: UInt64(count), hasMore: roots.count == Self.purgedAtOnce)
        }
    }

    // MARK: - Reading

    /// The records of a saga that it keeps until that ends.
    package func waiting(_ member: JournalPosition) throws(ArchiveFailure) -> WaitingRecords? {
        try read { db in
            let find = try db.cachedStatement(
                sql: "SELECT root FROM waiting_member WHERE start = ?")
            guard let root = try Int64.fetchOne(find, arguments: [member.stored]) else {
                return nil
            }
            let members = try Int64.fetchAll(
                db, sql: "SELECT start FROM waiting_member WHERE root = ? ORDER BY start",
                arguments: [root])
            let pieces = try Data.fetchAll(
                db, sql: "SELECT records FROM waiting_piece WHERE root = ? ORDER BY id",
                arguments: [root])
            return WaitingRecords(
                root: JournalPosition(stored: root),
                members: members.map { JournalPosition(stored: $0) },
                pieces: pieces.map { [UInt8]($0) })
        }
    }

    /// The bytes of the record that registered a definition.
    package func definition(at position: JournalPosition) throws(ArchiveFailure) -> [UInt8]? {
        try read { db in
            try Data.fetchOne(
                db, sql: "SELECT record FROM definition WHERE position = ?",
                arguments: [position.stored]
            ).map { [UInt8]($0) }
        }
    }

    /// Finds a saga; by a key the one that started last under it.
    package func find(_ selector: SagaSelector) throws(ArchiveFailure) -> ArchivedHistory? {
        let found = try read { db -> Found? in
            switch selector {
            case .id(let namespace, let id): try Found(id, in: namespace, db)
            case .key(let namespace, let definition, let key, _):
                try Found(key, of: definition, in: namespace, db)
            }
        }
        guard let found else { return nil }
        var records: [UInt8]
        do throws(CompressionFailure) {
            var decompressor = try Decompressor(.deflate)
            records = try decompressor.decompress(found.chunk.span, limit: Self.longestChunk)
        } catch {
            throw .unreadable("a chunk of records: \(error)")
        }
        guard records.count >= found.place + found.length else {
            throw .unreadable("a chunk of records is cut short")
        }
        records = Array(records[found.place..<found.place + found.length])
        return ArchivedHistory(
            start: found.start, records: records, replacedBy: found.replacedBy)
    }

    /// A page of a list; `next` is nil if there are no more.
    package func list(_ request: ListRequest) throws(ArchiveFailure) -> SagaPage {
        try read { db in
            try ArchiveSearch(db: db, filter: request.filter)
                .page(request, observedAt: Instant(microseconds: 0))
        }
    }

    /// Counts all sagas that are meant.
    package func count(_ request: CountRequest) throws(ArchiveFailure) -> ArchivedCounts {
        try read { db in
            let committed = try Int64.fetchOne(db, sql: "SELECT committed FROM archive") ?? 0
            return try ArchiveSearch(db: db, filter: request.filter)
                .counts(by: request.group, committed: JournalPosition(stored: committed))
        }
    }

    /// How large it is, and what happened to it.
    package func summary() throws(ArchiveFailure) -> ArchiveSummary {
        var summary = try read { db in
            var summary = ArchiveSummary()
            if let row = try Row.fetchOne(db, sql: "SELECT sagas, missed, set_aside FROM archive") {
                summary.sagas = UInt64(clamping: row[0] as Int64)
                summary.missed = UInt64(clamping: row[1] as Int64)
                summary.setAside = row[2]
            }
            let oldest = try Int64.fetchOne(
                db, sql: "SELECT started_from FROM shelf WHERE sagas > 0 ORDER BY shelf LIMIT 1")
            summary.oldestStartedAt = oldest.map { Instant(microseconds: $0) }
            return summary
        }
        summary.file = path
        summary.retention = retention
        summary.bytes = ["", "-wal"].reduce(0) { $0 + Self.size(of: path + $1) }
        return summary
    }

    static func size(of path: String) -> UInt64 {
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        return UInt64(clamping: size ?? 0)
    }

    /// Closes its files.
    package func close() {
        let open = pool.withLock { open in
            defer { open = nil }
            return open
        }
        guard let open else { return }
        try? open.write { db in try db.execute(sql: "UPDATE archive SET is_clean = 1") }
        try? open.close()
    }

    // MARK: - SQLite

    private func read<Result: Sendable>(
        _ body: (Database) throws -> Result
    ) throws(ArchiveFailure) -> Result {
        let open = try opened()
        do {
            return try open.read(body)
        } catch {
            throw noted(error)
        }
    }

    private func write<Result: Sendable>(
        _ body: (Database) throws -> Result
    ) throws(ArchiveFailure) -> Result {
        let open = try opened()
        do {
            return try open.write(body)
        } catch {
            throw noted(error)
        }
    }

    private func opened() throws(ArchiveFailure) -> DatabasePool {
        guard let open = pool.withLock({ $0 }) else { throw .inputOutput("it is closed") }
        return open
    }

    private func noted(_ error: any Error) -> ArchiveFailure {
        let failure = ArchiveFailure(error)
        if case .damaged(let text) = failure { damage.withLock { $0 = text } }
        return failure
    }
}

extension ArchiveFailure {
    /// What SQLite failed with.
    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self = .unreadable("\(error)")
            return
        }
        let text = "SQLite: \(error.message ?? "") (\(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_SCHEMA, .SQLITE_ERROR, .SQLITE_CONSTRAINT:
            self = .damaged(text)
        case .SQLITE_FULL: self = .diskFull(text)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: self = .notWritable(text)
        default:  // open set: SQLite's result codes
            self = .inputOutput(text)
        }
    }
}

/// Where the records of a saga are.
private struct Found: Sendable {
    let start: JournalPosition
    let chunk: [UInt8]
    let place: Int
    let length: Int
    let replacedBy: SagaID?

    private static let columns = """
        SELECT s.start, s.namespace, s.definition, s.key, s.replaced_by, c.records, r.place,
            r.length
        FROM saga s JOIN saga r ON r.start = s.root JOIN chunk c ON c.id = r.chunk
        """

    init?(_ id: SagaID, in namespace: String, _ db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: Self.columns + " WHERE s.id = ?"), arguments: [id.stored])
        guard let row, row[1] == namespace else { return nil }
        self.init(row)
    }

    /// The newest under a key.
    init?(
        _ key: String, of definition: String, in namespace: String, _ db: Database
    ) throws {
        var filter = SagaFilter(namespace: namespace)
        filter.definition = definition
        filter.key = key
        let page = try ArchiveSearch(db: db, filter: filter)
            .page(ListRequest(filter, pageSize: 1), observedAt: Instant(microseconds: 0))
        guard let start = page.rows.first?.start else { return nil }
        let row = try Row.fetchOne(
            db.cachedStatement(sql: Self.columns + " WHERE s.start = ?"),
            arguments: [start.stored])
        guard let row else { return nil }
        self.init(row)
    }

    private init(_ row: Row) {
        start = JournalPosition(stored: row[0])
        chunk = [UInt8](row[5] as Data)
        place = row[6]
        length = row[7]
        replacedBy = (row[4] as Data?).flatMap { SagaID(stored: $0) }
    }
}
