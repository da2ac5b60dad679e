import ArgumentParser
import GRDB
import OrderFulfillment
import Saga
import SagaGRDB

/// Charges a customer's account: Alice has 1000.00 to begin with.
@main
struct OrderPayments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order-payments", abstract: "Charges customers for orders.")

    @OptionGroup var options: ServiceOptions

    static let schema = """
        CREATE TABLE IF NOT EXISTS account (customer TEXT PRIMARY KEY, cents INTEGER NOT NULL);
        INSERT OR IGNORE INTO account VALUES ('Alice', 100000);
        """

    func run() async throws {
        let database = try options.openDatabase(Self.schema)
        if options.show {
            try await show(database)
            return
        }
        let store = try SagaStore(database)
        let hold = Hold(path: options.hold)
        try await Participant(
            "payments", coordinator: options.coordinator, instance: options.instance,
            handlers: [Self.charge(store, hold)]
        ).runService()
    }

    private func show(_ database: DatabaseQueue) async throws {
        let accounts = try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT customer, cents FROM account ORDER BY customer")
                .map { (customer: $0["customer"] as String, cents: $0["cents"] as Int64) }
        }
        for account in accounts { print(account.customer, money(account.cents)) }
    }

    static func charge(_ store: SagaStore, _ hold: Hold) -> Handler {
        Handler(Payments.charge) { order, context in
            try await store.perform(context) { db in
                try db.execute(
                    sql: "UPDATE account SET cents = cents - ? WHERE customer = ? AND cents >= ?",
                    arguments: [order.cents, order.customer, order.cents])
                guard db.changesCount == 1 else {
                    throw SagaFailure(
                        "insufficient-funds", "\(order.customer) cannot pay \(money(order.cents))")
                }
                // Taken, but not committed: who is killed here has charged nothing.
                hold.wait(context.idempotencyKey)
                return Charge(id: context.idempotencyKey, cents: order.cents)
            }
        } compensation: { charge, context in
            try await store.undo(charge, context) { db, _ in
                try db.execute(
                    sql: "UPDATE account SET cents = cents + ? WHERE customer = ?",
                    arguments: [charge.input.cents, charge.input.customer])
            }
        }
    }
}
