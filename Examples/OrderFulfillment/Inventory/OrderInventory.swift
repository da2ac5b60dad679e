import ArgumentParser
import GRDB
import OrderFulfillment
import Saga
import SagaGRDB

/// Reserves what is in stock: ten to begin with.
@main
struct OrderInventory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order-inventory", abstract: "Reserves stock for orders.")

    @OptionGroup var options: ServiceOptions

    static let schema = """
        CREATE TABLE IF NOT EXISTS stock (
            id INTEGER PRIMARY KEY CHECK (id = 1), quantity INTEGER NOT NULL);
        INSERT OR IGNORE INTO stock VALUES (1, 10);
        """

    func run() async throws {
        let database = try options.openDatabase(Self.schema)
        if options.show {
            print("stock", try await database.read(Self.stock))
            return
        }
        let store = try SagaStore(database)
        let hold = Hold(path: options.hold)
        try await Participant(
            "inventory", coordinator: options.coordinator, instance: options.instance,
            handlers: [Self.reserve(store, hold)]
        ).runService()
    }

    static func reserve(_ store: SagaStore, _ hold: Hold) -> Handler {
        Handler(Inventory.reserve) { order, context in
            try await store.perform(context) { db in
                let left = try stock(db) - order.quantity
                guard left >= 0 else {
                    throw SagaFailure(
                        "out-of-stock", "\(order.quantity) wanted, \(left + order.quantity) left")
                }
                try db.execute(sql: "UPDATE stock SET quantity = ?", arguments: [left])
                hold.wait(context.idempotencyKey)
                return Reservation(quantity: order.quantity, left: left)
            }
        } compensation: { reservation, context in
            try await store.undo(reservation, context) { db, _ in
                try db.execute(
                    sql: "UPDATE stock SET quantity = quantity + ?",
                    arguments: [reservation.input.quantity])
            }
        }
    }

    private static func stock(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT quantity FROM stock") ?? 0
    }
}
