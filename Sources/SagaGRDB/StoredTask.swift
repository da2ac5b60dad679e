internal import GRDB
internal import Saga

/// What a row says of the attempt that wrote it.
struct StoredTask: Sendable {
    let key: String
    let token: Token
    let lineage: SagaID
    /// The position at which the saga began in its journal.
    let startPosition: UInt64

    init(key: String, token: Token, lineage: SagaID, startPosition: UInt64) {
        self.key = key
        self.token = token
        self.lineage = lineage
        self.startPosition = startPosition
    }

    init(_ context: HandlerContext) {
        self.init(
            key: context.idempotencyKey, token: context.token, lineage: context.lineage,
            startPosition: context.startPosition)
    }

    /// The same attempt, writing the row of another key.
    func with(key: String) -> StoredTask {
        StoredTask(key: key, token: token, lineage: lineage, startPosition: startPosition)
    }

    /// Runs the change and writes its row; a business *no* rolls the change back and bars older
    /// attempts.
    func run<Value: Sendable>(
        in db: Database, _ change: (Database) throws -> Value,
        storing answer: (Value) throws -> StoredAnswer
    ) throws -> Ending<Value> {
        var result: Value?
        do {
            try db.inSavepoint {
                result = try change(db)
                return .commit
            }
        } catch let failure as SagaFailure {
            try TaskRow(self, .barred).save(in: db)
            return .committedFailure(failure)
        }
        guard let result else { preconditionFailure("a change without a result: \(key)") }
        try TaskRow(self, .done(answer(result))).save(in: db)
        return .committed(result)
    }
}
