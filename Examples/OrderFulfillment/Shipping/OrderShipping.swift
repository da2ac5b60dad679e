import ArgumentParser
import GRDB
import OrderFulfillment
import Saga
import SagaGRDB

/// Books a carrier, which goes everywhere but to the postal code 99950.
@main
struct OrderShipping: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order-shipping", abstract: "Books a carrier for orders.")

    @OptionGroup var options: ServiceOptions

    static let schema = """
        CREATE TABLE IF NOT EXISTS shipment (
            number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, postal_code TEXT NOT NULL);
        """

    func run() async throws {
        let database = try options.openDatabase(Self.schema)
        if options.show {
            let count = try await database.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM shipment") ?? 0
            }
            print("shipments", count)
            return
        }
        let store = try SagaStore(database)
        let hold = Hold(path: options.hold)
        try await Participant(
            "shipping", coordinator: options.coordinator, instance: options.instance,
            handlers: [Self.book(store, hold)]
        ).runService()
    }

    static func book(_ store: SagaStore, _ hold: Hold) -> Handler {
        Handler(Shipping.book) { order, context in
            try await store.perform(context) { db in
                guard order.postalCode != "99950" else {
                    throw SagaFailure("no-carrier", "No carrier serves \(order.postalCode)")
                }
                try db.execute(
                    sql: "INSERT INTO shipment (order_id, postal_code) VALUES (?, ?)",
                    arguments: [order.id, order.postalCode])
                hold.wait(context.idempotencyKey)
                return Shipment(trackingNumber: "SHIP-\(1000 + db.lastInsertedRowID)")
            }
        } compensation: { shipment, context in
            try await store.undo(shipment, context) { db, _ in
                try db.execute(
                    sql: "DELETE FROM shipment WHERE order_id = ?",
                    arguments: [shipment.input.id])
            }
        }
    }
}
