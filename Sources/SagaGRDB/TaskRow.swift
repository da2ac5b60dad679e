internal import GRDB
internal import Saga

/// The row of one idempotency key, and the rule by which attempts pass it.
struct TaskRow: Sendable {
    enum State: Equatable {
        /// It took effect and answered this.
        case done(StoredAnswer)
        /// An attempt answered `SagaFailure`: that one and older ones take no effect any more.
        case barred
        /// Undone before it took effect: it never does any more.
        case tombstone
    }

    /// What an attempt that finds the row may do.
    enum Verdict: Equatable {
        /// Run, and write the row.
        case run
        /// It is done already, with this answer.
        case answered(StoredAnswer)
        /// It comes too late; the text says after what.
        case fenced(String)
    }

    let task: StoredTask
    let state: State

    init(_ task: StoredTask, _ state: State) {
        self.task = task
        self.state = state
    }

    static func createTable(in db: Database) throws {
        // Lineage and start position say when no saga can ask for the row again.
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS saga_task (
                    key TEXT NOT NULL PRIMARY KEY,
                    state TEXT NOT NULL CHECK (state IN ('done', 'barred', 'tombstone')),
                    epoch INTEGER NOT NULL,
                    number INTEGER NOT NULL,
                    lineage TEXT NOT NULL,
                    start_position INTEGER NOT NULL,
                    answer TEXT
                ) STRICT, WITHOUT ROWID
                """)
        try EndedRow.createTable(in: db)
    }

    /// What the participant rule says of an attempt.
    ///
    /// - Parameter ended: which sagas have ended, as far as the attempt knows.
    static func verdict(
        on task: StoredTask, _ ended: EndedSagas?, in db: Database
    ) throws -> Verdict {
        if try EndedRow.hasEnded(task, ended, in: db) {
            return .fenced("its saga has ended, and what it did is not on record any more")
        }
        guard let row = try find(task.key, in: db) else { return .run }
        switch row.state {
        case .done(let answer): return .answered(answer)
        case .barred where task.token > row.task.token: return .run
        case .barred:
            return .fenced("attempt \(row.task.token.number) has answered, which is not older")
        case .tombstone: return .fenced("the step was undone before this attempt took effect")
        }
    }

    static func find(_ key: String, in db: Database) throws -> TaskRow? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT state, epoch, number, lineage, start_position, answer
                FROM saga_task WHERE key = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [key]) else { return nil }
        let epoch: Int64 = row["epoch"]
        let start: Int64 = row["start_position"]
        guard let lineage = SagaID(row["lineage"] as String) else {
            throw DatabaseError(message: "saga_task: the lineage of \(key) is no id")
        }
        let task = StoredTask(
            key: key,
            token: Token(epoch: Epoch(UInt64(bitPattern: epoch)), number: row["number"]),
            lineage: lineage, startPosition: EndedRow.position(start))
        let name: String = row["state"]
        switch name {
        case "done":
            return TaskRow(task, .done(StoredAnswer(json: row["answer"])))
        case "barred": return TaskRow(task, .barred)
        case "tombstone": return TaskRow(task, .tombstone)
        default: throw DatabaseError(message: "saga_task: the state of \(key) is \(name)")
        }
    }

    /// Writes the row, in place of one that its attempt has passed.
    func save(in db: Database) throws {
        let (name, answer): (String, StoredAnswer?) =
            switch state {
            case .done(let answer): ("done", answer)
            case .barred: ("barred", nil)
            case .tombstone: ("tombstone", nil)
            }
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO saga_task
                    (key, state, epoch, number, lineage, start_position, answer)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(
            arguments: [
                task.key, name, Int64(bitPattern: task.token.epoch.rawValue), task.token.number,
                task.lineage.description, EndedRow.column(task.startPosition),
                answer?.json,
            ])
    }
}
