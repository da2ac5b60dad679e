import GRDB
import OrderFulfillment
import Saga
import SagaGRDB
import SagaTesting
import Testing

@testable import order_inventory
@testable import order_payments
@testable import order_shipping

/// The three services of the order example, each with a database of its own in memory.
struct OrderServices {
    let stock: DatabaseQueue
    let accounts: DatabaseQueue
    let shipments: DatabaseQueue
    let handlers: [Handler]

    init() throws {
        stock = try Self.database(OrderInventory.schema)
        accounts = try Self.database(OrderPayments.schema)
        shipments = try Self.database(OrderShipping.schema)
        let hold = Hold(path: nil)
        handlers = [
            OrderInventory.reserve(try SagaStore(stock), hold),
            OrderPayments.charge(try SagaStore(accounts), hold),
            OrderShipping.book(try SagaStore(shipments), hold),
        ]
    }

    private static func database(_ schema: String) throws -> DatabaseQueue {
        let database = try DatabaseQueue()
        try database.write { try $0.execute(sql: schema) }
        return database
    }

    /// What is sold is paid for and sent, and nothing else is.
    func isBalanced() async throws -> Bool {
        let left = try await stock.read { try Int.fetchOne($0, sql: "SELECT quantity FROM stock") }
        let cents = try await accounts.read {
            try Int.fetchOne($0, sql: "SELECT cents FROM account")
        }
        let sent = try await shipments.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM shipment")
        }
        let sold = 10 - (left ?? 0)
        return sold == (sent ?? 0) && cents == 100_000 - sold * 100
    }

    func restock() async throws {
        try await shipments.write { try $0.execute(sql: "DELETE FROM shipment") }
        try await stock.write { try $0.execute(sql: "UPDATE stock SET quantity = 10") }
        try await accounts.write { try $0.execute(sql: "UPDATE account SET cents = 100000") }
    }
}

@Suite(.timeLimit(.minutes(3))) struct OrderFulfillmentTests {
    static let place = SagaName<Order, Shipment>("order")
    static let order = Order(
        id: "ORD-1", customer: "Alice", quantity: 1, cents: 100, postalCode: "10115")

    static func saga() throws -> SagaDefinition {
        try SagaDefinition(place, version: 1) {
            Step("reserve", Inventory.reserve)
            Step("charge", Payments.charge)
                .retry(maxAttempts: 5).timeouts(startToClose: .seconds(10))
            Step("ship", Shipping.book)
        }
    }

    @Test func anOrderIsSent() async throws {
        let services = try OrderServices()
        try await withTestCoordinator(Self.saga(), handlers: services.handlers) { coordinator in
            let result = try await coordinator.client.execute(
                Self.place, input: Self.order, key: Self.order.id)
            guard case .completed(let shipment) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(shipment.trackingNumber == "SHIP-1001")
            #expect(try await services.isBalanced())
        }
    }

    @Test func anOrderThatNoCarrierTakesIsUndone() async throws {
        let services = try OrderServices()
        var order = Self.order
        order.postalCode = "99950"
        try await withTestCoordinator(Self.saga(), handlers: services.handlers) { coordinator in
            let result = try await coordinator.client.execute(Self.place, input: order)
            guard case .compensated(let report) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(report.failure.code == "no-carrier")
            #expect(report.compensated == ["charge", "reserve"])
            #expect(try await services.isBalanced())
        }
    }

    /// Whatever goes wrong wherever, an order is sent and paid for, or nothing of it is.
    @Test func aDrillIsClean() async throws {
        let services = try OrderServices()
        try await withTestCoordinator(Self.saga(), handlers: services.handlers) { coordinator in
            let drill = try await coordinator.drill(Self.place, input: Self.order) {
                let isBalanced = try await services.isBalanced()
                try await services.restock()
                return isBalanced
            }
            #expect(drill.dirty.isEmpty, "\(drill)")
            #expect(drill.runs.count > 30)
        }
    }
}
