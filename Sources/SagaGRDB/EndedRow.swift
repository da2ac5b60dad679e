internal import GRDB
internal import Saga

/// What the store has on record of sagas that have ended: the row of one journal.
///
/// Rows of tasks go by this alone, never by age: only the coordinator knows which saga can ask no
/// more. An attempt of a saga that has ended is refused, since what could tell whether it took
/// effect before is gone: it comes late, or from a copy of the journal in which the saga lives on.
enum EndedRow {
    /// How many rows of ended sagas one transaction deletes: more than it writes, so that they do
    /// not pile up, and few enough to hold nobody up.
    static let deletedAtOnce = 100

    static func createTable(in db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS saga_ended (
                    lineage TEXT NOT NULL PRIMARY KEY,
                    below INTEGER NOT NULL,
                    still_live TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX IF NOT EXISTS saga_task_by_start
                    ON saga_task (lineage, start_position);
                """)
    }

    /// Takes what the coordinator has said with the attempt, deletes rows that nobody can ask for,
    /// and says whether the attempt's own saga has ended.
    static func hasEnded(_ task: StoredTask, _ told: EndedSagas?, in db: Database) throws -> Bool {
        if let told, told.lineage == task.lineage { try raise(to: told, in: db) }
        let statement = try db.cachedStatement(
            sql: """
                SELECT 1 FROM saga_ended WHERE lineage = ? AND below > ?
                    AND ? NOT IN (SELECT value FROM json_each(still_live))
                """)
        let start = column(task.startPosition)
        let lineage = task.lineage.description
        if try Row.fetchOne(statement, arguments: [lineage, start, start]) != nil { return true }
        try deleteSome(of: lineage, in: db)
        return false
    }

    /// A position as it is kept: SQLite knows signed numbers only, and these keep the order.
    static func column(_ position: UInt64) -> Int64 {
        Int64(bitPattern: position ^ (1 << 63))
    }

    /// The position that is kept so.
    static func position(_ column: Int64) -> UInt64 {
        UInt64(bitPattern: column) ^ (1 << 63)
    }

    /// The highest word counts, whichever instance heard it and whenever.
    private static func raise(to told: EndedSagas, in db: Database) throws {
        let live = told.stillLive.map { String(column($0.rawValue)) }.joined(separator: ",")
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO saga_ended (lineage, below, still_live) VALUES (?, ?, ?)
                ON CONFLICT (lineage) DO UPDATE
                    SET below = excluded.below, still_live = excluded.still_live
                    WHERE excluded.below > below
                """)
        try statement.execute(
            arguments: [told.lineage.description, column(told.below.rawValue), "[\(live)]"])
    }

    private static func deleteSome(of lineage: String, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM saga_task WHERE key IN (
                    SELECT key FROM saga_task JOIN saga_ended USING (lineage)
                    WHERE lineage = ? AND start_position < below
                        AND start_position NOT IN (SELECT value FROM json_each(still_live))
                    LIMIT ?)
                """)
        try statement.execute(arguments: [lineage, deletedAtOnce])
    }
}
