import ArgumentParser
import GRDB
import Saga
import SagaGRDB

/// Serves the directory: `directory.register` and `directory.activate`.
struct DirectoryService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "directory", abstract: "Keeps the partners.")

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print the partners, and serve nothing.")
    var show = false

    func run() async throws {
        let directory = try Directory(path: options.database)
        if show {
            for account in try await directory.accounts() { print(account.id, account.state) }
            return
        }
        try await Participant(
            "directory", coordinator: options.coordinator, instance: "1",
            handlers: directory.handlers
        ).runService()
    }
}

/// The partners in SQLite: `pending` until they are approved, then `active`.
struct Directory: Sendable {
    static let register = HandlerName<Partner, Account>("directory.register")
    static let activate = HandlerName<Partner, Account>("directory.activate")

    private let database: DatabaseQueue
    private let store: SagaStore

    init(path: String) throws {
        var configuration = Configuration()
        // Another process may show the partners at the same time.
        configuration.busyMode = .timeout(10)
        database = try DatabaseQueue(path: path, configuration: configuration)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS partner (id TEXT PRIMARY KEY, state TEXT NOT NULL)
                    """)
        }
        store = try SagaStore(database)
    }

    var handlers: [Handler] {
        [
            Handler(Self.register) { [store] partner, context in
                try await store.perform(context) { db in
                    guard try Self.state(of: partner, db) == nil else {
                        throw SagaFailure("known", "There is a partner \(partner.id) already")
                    }
                    try db.execute(
                        sql: "INSERT INTO partner VALUES (?, 'pending')", arguments: [partner.id])
                    return Account(id: partner.id, state: "pending")
                }
            } compensation: { [store] account, context in
                try await store.undo(account, context) { db, _ in
                    try db.execute(
                        sql: "DELETE FROM partner WHERE id = ?", arguments: [account.input.id])
                }
            },
            Handler(Self.activate) { [store] partner, context in
                try await store.perform(context) { db in
                    try Self.set("active", partner, db)
                }
            } compensation: { [store] account, context in
                try await store.undo(account, context) { db, _ in
                    _ = try Self.set("pending", account.input, db)
                }
            },
        ]
    }

    /// All partners by their ids.
    func accounts() async throws -> [Account] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT id, state FROM partner ORDER BY id")
                .map { Account(id: $0["id"], state: $0["state"]) }
        }
    }

    private static func state(of partner: Partner, _ db: Database) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT state FROM partner WHERE id = ?", arguments: [partner.id])
    }

    private static func set(
        _ state: String, _ partner: Partner, _ db: Database
    ) throws -> Account {
        try db.execute(
            sql: "UPDATE partner SET state = ? WHERE id = ?", arguments: [state, partner.id])
        return Account(id: partner.id, state: state)
    }
}
