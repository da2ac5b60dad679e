internal import FoundationEssentials
internal import GRDB
internal import SagaModel

/// Deletes sagas, a bounded number at a time.
///
/// A saga that is deleted leaves its place under its state at once, and every search asks for
/// states; its places under other terms stay until the shelf has no saga any more.
struct ArchiveRetention {
    /// How many rows of the index a batch takes out of shelves that are empty.
    private static let postingsSwept = 2_000
    /// How many pages of the file a batch gives back.
    private static let pagesFreed = 200

    let db: Database

    /// Roots that ended before a moment, or whose own time is over.
    func expired(now: Instant, retention: Duration, limit: Int) throws -> [Int64] {
        let own = try Int64.fetchAll(
            db,
            sql: """
                SELECT start FROM saga
                WHERE expires IS NOT NULL AND root = start AND expires <= ?
                ORDER BY expires LIMIT ?
                """, arguments: [now.microseconds, limit])
        let others = try Int64.fetchAll(
            db,
            sql: """
                SELECT start FROM saga
                WHERE expires IS NULL AND root = start AND ended <= ? ORDER BY ended LIMIT ?
                """, arguments: [(now + (.zero - retention)).microseconds, limit - own.count])
        return own + others
    }

    /// Roots of a namespace that ended by a moment.
    func ended(by instant: Instant, in namespace: String, limit: Int) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT start FROM (\(Self.endedBefore)) LIMIT ?
                """,
            arguments: [instant.microseconds, namespace, instant.microseconds, namespace, limit])
    }

    /// How many sagas, children too, belong to roots of a namespace that ended by a moment.
    func countEnded(by instant: Instant, in namespace: String) throws -> Int {
        let arguments: StatementArguments = [
            instant.microseconds, namespace, instant.microseconds, namespace,
        ]
        let roots = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM (\(Self.endedBefore))", arguments: arguments)
        let children = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM saga WHERE root <> start AND root IN (\(Self.endedBefore))
                """, arguments: arguments)
        return (roots ?? 0) + (children ?? 0)
    }

    private static let endedBefore = """
        SELECT start FROM saga
        WHERE expires IS NULL AND root = start AND ended <= ? AND namespace = ?
        UNION ALL
        SELECT start FROM saga
        WHERE expires IS NOT NULL AND root = start AND ended <= ? AND namespace = ?
        """

    /// Deletes these roots with their children; gives the number of all sagas.
    func delete(_ roots: [Int64]) throws -> Int {
        var places: [Posting: Set<UInt16>] = [:]
        var shelves: [Int64: Int] = [:]
        var deleted = 0
        for root in roots {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT start, namespace, state, chunk FROM saga WHERE start = ?
                        UNION ALL
                        SELECT start, namespace, state, NULL FROM saga
                        WHERE root = ? AND root <> start
                        """), arguments: [root, root])
            for row in rows {
                let start = JournalPosition(stored: row[0])
                if let state = SagaState(stored: row[2]) {
                    let posting = Posting(
                        shelf: start.shelf, term: SearchTerm.state(row[1], state),
                        block: start.block)
                    places[posting, default: []].insert(start.place)
                }
                shelves[start.shelf, default: 0] += 1
                deleted += 1
                try db.cachedStatement(sql: "DELETE FROM saga WHERE start = ?")
                    .execute(arguments: [start.stored])
                if let chunk = row[3] as Int64? { try release(chunk) }
            }
        }
        for (posting, gone) in places { try remove(gone, from: posting) }
        for (shelf, count) in shelves {
            try db.cachedStatement(sql: "UPDATE shelf SET sagas = sagas - ? WHERE shelf = ?")
                .execute(arguments: [count, shelf])
        }
        try db.execute(sql: "UPDATE archive SET sagas = sagas - ?", arguments: [deleted])
        return deleted
    }

    private struct Posting: Hashable {
        let shelf: Int64
        let term: String
        let block: Int64
    }

    /// One saga less has its records in a chunk.
    private func release(_ chunk: Int64) throws {
        try db.cachedStatement(sql: "UPDATE chunk SET families = families - 1 WHERE id = ?")
            .execute(arguments: [chunk])
        try db.cachedStatement(sql: "DELETE FROM chunk WHERE id = ? AND families <= 0")
            .execute(arguments: [chunk])
    }

    private func remove(_ gone: Set<UInt16>, from posting: Posting) throws {
        let key: StatementArguments = [posting.shelf, posting.term, posting.block]
        let stored = try Data.fetchOne(
            db.cachedStatement(
                sql: "SELECT places FROM posting WHERE shelf = ? AND term = ? AND block = ?"),
            arguments: key)
        guard let stored else { return }
        var list = PlaceList()
        list.append(block: posting.block, stored)
        let left = list.places.map { UInt16($0 & 0xFFF) }.filter { !gone.contains($0) }
        if left.isEmpty {
            try db.cachedStatement(
                sql: "DELETE FROM posting WHERE shelf = ? AND term = ? AND block = ?"
            ).execute(arguments: key)
        } else {
            try db.cachedStatement(
                sql: "UPDATE posting SET places = ? WHERE shelf = ? AND term = ? AND block = ?"
            ).execute(arguments: [PlaceList.stored(left).data] + key)
        }
    }

    /// Takes a bounded part of what nobody needs any more out of the index and the file.
    func sweep() throws {
        if let shelf = try Int64.fetchOne(db, sql: "SELECT shelf FROM shelf WHERE sagas <= 0") {
            try db.execute(
                sql: """
                    DELETE FROM posting WHERE (shelf, term, block) IN (
                        SELECT shelf, term, block FROM posting WHERE shelf = ? LIMIT ?
                    )
                    """, arguments: [shelf, Self.postingsSwept])
            if db.changesCount < Self.postingsSwept {
                try db.execute(sql: "DELETE FROM shelf WHERE shelf = ?", arguments: [shelf])
            }
        }
        _ = try Row.fetchAll(db, sql: "PRAGMA incremental_vacuum(\(Self.pagesFreed))")
    }
}
