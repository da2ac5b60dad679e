internal import GRDB
internal import Saga
internal import SagaGRDB
internal import SagaSystem

/// What a saga of the tests orders: whether each service agrees to it.
struct ChaosOrder: Codable, Hashable, Sendable {
    /// False: payments says no.
    var cardWorks = true
    /// False: shipping says no.
    var carrierServes = true
}

/// What an action gives: enough to see that the undo gets it back.
struct ChaosReceipt: Codable, Hashable, Sendable {
    var step: String
}

/// One of the order saga's services.
enum ChaosService: String, CaseIterable, Sendable {
    case inventory, payments, shipping

    /// The name of its one handler.
    var handler: String {
        switch self {
        case .inventory: "inventory.reserve"
        case .payments: "payments.charge"
        case .shipping: "shipping.book"
        }
    }

    func agrees(to order: ChaosOrder) -> Bool {
        switch self {
        case .inventory: true
        case .payments: order.cardWorks
        case .shipping: order.carrierServes
        }
    }
}

/// A service's database: the store's rows, and a row for each effect, in the same transaction.
struct ChaosLedger: Sendable {
    /// Something that happened for a saga.
    struct Effect: Sendable {
        var saga: String
        /// `reserve`, or `undo reserve`.
        var name: String
        /// When, by the machine's clock in microseconds; comparable over processes.
        var at: Int64
    }

    private let database: DatabaseQueue
    private let store: SagaStore

    /// Opens the file, or makes a database in memory.
    init(path: String? = nil) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            // A killed process loses nothing that it wrote; only a power cut would.
            try db.execute(sql: "PRAGMA synchronous = OFF")
        }
        if let path {
            configuration.journalMode = .wal
            database = try DatabaseQueue(path: path, configuration: configuration)
        } else {
            database = try DatabaseQueue(configuration: configuration)
        }
        store = try SagaStore(database)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS effect (
                        saga TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL)
                    """)
        }
    }

    /// The handlers of services; `noted` is called for each effect once it is committed.
    func handlers(
        of services: [ChaosService], noted: @escaping @Sendable () -> Void = {}
    ) -> [Handler] {
        services.map { handler(of: $0, noted: noted) }
    }

    private func handler(
        of service: ChaosService, noted: @escaping @Sendable () -> Void
    ) -> Handler {
        let store = store
        return Handler(service.handler) { (order: ChaosOrder, context: HandlerContext) in
            let receipt = try await store.perform(context) { db in
                guard service.agrees(to: order) else {
                    throw SagaFailure("\(service)-says-no", "\(service) does not agree")
                }
                try Self.note(context.step, context, in: db)
                return ChaosReceipt(step: context.step)
            }
            noted()
            return receipt
        } compensation: { undo, context in
            try await store.undo(undo, context) { db, receipt in
                guard receipt.step == context.step else { throw WrongReceipt(receipt: receipt) }
                try Self.note("undo \(context.step)", context, in: db)
            }
            noted()
        }
    }

    /// All effects, in the order in which they happened.
    func effects() throws -> [Effect] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT saga, name, at FROM effect ORDER BY rowid").map {
                Effect(saga: $0["saga"], name: $0["name"], at: $0["at"])
            }
        }
    }

    /// How many effects there are.
    func effectCount() throws -> Int {
        try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM effect") ?? 0 }
    }

    private static func note(
        _ name: String, _ context: HandlerContext, in db: Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO effect VALUES (?, ?, ?)",
            arguments: [
                "\(context.sagaID)", name, MonotonicInstant.now().microseconds,
            ])
    }
}

/// An undo got what another step's action gave.
private struct WrongReceipt: Error {
    let receipt: ChaosReceipt
}
