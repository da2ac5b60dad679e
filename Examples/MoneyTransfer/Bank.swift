import GRDB
import Saga
import SagaGRDB

/// Money to move from one account to another: the input of the saga, and so of both steps.
struct Transfer: Codable, Sendable {
    var from: String
    var to: String
    var amount: Int64
}

/// Transfers that belong together: the input of a saga over sagas.
struct Batch: Codable, Sendable {
    var transfers: [Transfer]
}

/// What a step leaves in the bank's books.
struct Booking: Codable, Sendable {
    var account: String
    var balance: Int64
}

/// A bank that keeps its accounts in SQLite.
struct Bank: Sendable {
    static let debit = HandlerName<Transfer, Booking>("bank.debit")
    static let credit = HandlerName<Transfer, Booking>("bank.credit")
    static let transfer = SagaName<Transfer, Booking>("transfer")

    private let database: DatabaseQueue
    private let store: SagaStore

    /// Opens the bank's file, and opens three accounts if there are none.
    init(path: String) throws {
        database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS account (
                        name TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
                    INSERT OR IGNORE INTO account
                        VALUES ('Alice', 1000), ('Bob', 500), ('Charlie', 750);
                    """)
        }
        store = try SagaStore(database)
    }

    /// First the money leaves one account, then it reaches the other.
    static func definition() throws -> SagaDefinition {
        try SagaDefinition(transfer, version: 1) {
            Step("debit", debit)
            Step("credit", credit)
        }
    }

    /// Transfers one after the other, each a saga of its own. At the first that does not work the
    /// batch goes back: what the transfers before it did is undone by their own compensations, and
    /// those behind it never begin.
    static func batch(of count: Int) throws -> (
        name: SagaName<Batch, Booking>, definition: SagaDefinition
    ) {
        let name = SagaName<Batch, Booking>("batch-of-\(count)")
        let definition = try SagaDefinition(name, version: 1) {
            for index in 0..<count {
                Step("transfer-\(index + 1)", saga: transfer)
                    .input(.reference("input#/transfers/\(index)"))
            }
        }
        return (name, definition)
    }

    /// What the bank does for a transfer, and how it undoes it.
    ///
    /// The store puts each change, the proof that it was made and the answer into one transaction:
    /// asked twice it answers twice and changes once, and what was undone cannot happen any more.
    var handlers: [Handler] {
        [
            Handler(Self.debit) { [store] transfer, context in
                try await store.perform(context) { db in
                    let balance = try Self.balance(of: transfer.from, db)
                    guard balance >= transfer.amount else {
                        throw SagaFailure(
                            "insufficient-funds",
                            "Insufficient funds: \(balance) < \(transfer.amount)")
                    }
                    return try Self.book(-transfer.amount, transfer.from, db)
                }
            } compensation: { [store] debit, context in
                try await store.undo(debit, context) { db, _ in
                    _ = try Self.book(debit.input.amount, debit.input.from, db)
                }
            },
            Handler(Self.credit) { [store] transfer, context in
                try await store.perform(context) { db in
                    try Self.book(transfer.amount, transfer.to, db)
                }
            } compensation: { [store] credit, context in
                try await store.undo(credit, context) { db, _ in
                    _ = try Self.book(-credit.input.amount, credit.input.to, db)
                }
            },
        ]
    }

    /// All accounts by name.
    func balances() async throws -> [(name: String, balance: Int64)] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT name, balance FROM account ORDER BY name")
                .map { (name: $0["name"], balance: $0["balance"]) }
        }
    }

    private static func balance(of account: String, _ db: Database) throws -> Int64 {
        let balance = try Int64.fetchOne(
            db, sql: "SELECT balance FROM account WHERE name = ?", arguments: [account])
        guard let balance else { throw SagaFailure("no-account", "No account: \(account)") }
        return balance
    }

    private static func book(
        _ amount: Int64, _ account: String, _ db: Database
    ) throws -> Booking {
        let balance = try balance(of: account, db) + amount
        try db.execute(
            sql: "UPDATE account SET balance = ? WHERE name = ?", arguments: [balance, account])
        return Booking(account: account, balance: balance)
    }
}
