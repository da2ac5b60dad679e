public import GRDB
public import Saga

/// Exactly once for handlers over SQLite: check, business change, key and stored answer are one
/// transaction.
///
/// The store keeps a row for each idempotency key in the table `saga_task` of the business
/// database; all instances of a handler share that database. Rows are written in the very
/// transaction that commits the change, under SQLite's write lock from its first statement
/// (`BEGIN IMMEDIATE`), so an attempt, a late older one and the undo can never interleave.
///
/// A row is `done` with the answer; `barred` by an attempt that answered `SagaFailure`, which
/// only a newer attempt passes; or a `tombstone`, left by an undo that found nothing to undo,
/// which none passes. An attempt that comes too late changes nothing and is answered as fenced.
///
/// Rows of sagas that have ended go little by little, with the transactions that write others. The
/// table `saga_ended` says which those are, for each journal; attempts of such a saga are refused.
public struct SagaStore: Sendable {
    let writer: any DatabaseWriter

    /// Makes a store over a business database, with its table if that is not there yet.
    ///
    /// - Throws: what GRDB throws when the table cannot be made.
    public init(_ writer: any DatabaseWriter) throws {
        self.writer = writer
        try writer.write { try TaskRow.createTable(in: $0) }
    }

    /// Runs an action's business change once, however often the action is tried.
    ///
    /// The body runs in the transaction; what it throws rolls its change back. A `SagaFailure` is
    /// remembered, so that an older attempt that is still on its way can no longer take effect. An
    /// attempt of a task that is done gets the stored answer, without the body.
    ///
    /// - Parameters:
    ///   - context: the handler's.
    ///   - body: the change and the answer; nothing outside of the database belongs in here.
    /// - Returns: the answer, stored or new.
    public func perform<Output: Codable & Sendable>(
        _ context: HandlerContext,
        _ body: @escaping @Sendable (Database) throws -> Output
    ) async throws -> Output {
        try await transaction { db in
            let task = StoredTask(context)
            switch try TaskRow.verdict(on: task, context.ended, in: db) {
            case .run:
                return try task.run(in: db, body) { try StoredAnswer($0) }
            case .answered(let answer):
                return .committed(try answer.decode(Output.self))
            case .fenced(let message):
                return .rolledBack(FencedAttempt(message))
            }
        }
    }

    /// Runs an action's business change once; for an action that gives nothing back.
    public func perform(
        _ context: HandlerContext, _ body: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        try await transaction { db in
            let task = StoredTask(context)
            switch try TaskRow.verdict(on: task, context.ended, in: db) {
            case .run: return try task.run(in: db, body) { _ in .nothing }
            case .answered: return .committed(())
            case .fenced(let message): return .rolledBack(FencedAttempt(message))
            }
        }
    }

    /// Undoes an action once, if it took effect here; otherwise bars it for good and succeeds.
    ///
    /// So an action whose outcome nobody knows is settled by the store. The body gets the answer
    /// that the action stored, also where the coordinator does not know it.
    ///
    /// - Parameters:
    ///   - compensation: what the handler got.
    ///   - context: the handler's.
    ///   - body: the undo; nothing outside of the database belongs in here.
    public func undo<Input, Output: Codable & Sendable>(
        _ compensation: Compensation<Input, Output>, _ context: HandlerContext,
        _ body: @escaping @Sendable (Database, Output) throws -> Void
    ) async throws {
        try await undo(actionKey: compensation.actionIdempotencyKey, context) { db, answer in
            try body(db, answer.decode(Output.self))
        }
    }

    /// Undoes an action that gives nothing back once, if it took effect here.
    public func undo<Input>(
        _ compensation: Compensation<Input, Void>, _ context: HandlerContext,
        _ body: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        try await undo(actionKey: compensation.actionIdempotencyKey, context) { db, _ in
            try body(db)
        }
    }

    private func undo(
        actionKey: String, _ context: HandlerContext,
        _ body: @escaping @Sendable (Database, StoredAnswer) throws -> Void
    ) async throws {
        try await transaction { db in
            let task = StoredTask(context)
            switch try TaskRow.verdict(on: task, context.ended, in: db) {
            case .answered: return .committed(())
            case .fenced(let message): return .rolledBack(FencedAttempt(message))
            case .run: break
            }
            guard case .done(let answer) = try TaskRow.find(actionKey, in: db)?.state else {
                // It never took effect, or no longer can: from here on no attempt of it passes.
                try TaskRow(task.with(key: actionKey), .tombstone).save(in: db)
                try TaskRow(task, .done(.nothing)).save(in: db)
                return .committed(())
            }
            return try task.run(in: db, { try body($0, answer) }, storing: { _ in .nothing })
        }
    }

    /// One write transaction, under the write lock from the start.
    private func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Ending<Value>
    ) async throws -> Value {
        let ending = try await writer.writeWithoutTransaction { db in
            var ending: Ending<Value>?
            try db.inTransaction(.immediate) {
                let reached = try body(db)
                ending = reached
                return reached.isCommitted ? .commit : .rollback
            }
            return ending
        }
        switch ending {
        case .committed(let value): return value
        case .committedFailure(let failure): throw failure
        case .rolledBack(let fenced): throw fenced
        case nil: preconditionFailure("a transaction without an end")
        }
    }
}

/// How a store's transaction ends.
enum Ending<Value: Sendable>: Sendable {
    /// The change and its row are there.
    case committed(Value)
    /// The change is not there, the row that says so is.
    case committedFailure(SagaFailure)
    /// Nothing is there.
    case rolledBack(FencedAttempt)

    var isCommitted: Bool {
        switch self {
        case .committed, .committedFailure: true
        case .rolledBack: false
        }
    }
}
