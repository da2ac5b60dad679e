import Saga
import SagaTesting
import Synchronization

struct Order: Codable, Sendable {
    var id = "1"
    var customer = "alice"
    var cents: Int64 = 1_500

    static let sample = Order()
}

struct Charge: Codable, Equatable, Sendable { var id: String }
struct Shipment: Codable, Equatable, Sendable { var trackingNumber: String }

enum Inventory { static let reserve = HandlerName<Order, Int>("inventory.reserve") }
enum Payments { static let charge = HandlerName<Order, Charge>("payments.charge") }
enum Shipping { static let book = HandlerName<Order, Shipment>("shipping.book") }
enum Orders { static let place = SagaName<Order, Shipment>("order") }

/// Three services that follow the participant rule, by what they have on record for each key.
final class Shop: Sendable {
    enum Row: Equatable {
        case done
        case undone
        case barred(UInt32)
    }

    struct Books {
        var rows: [String: Row] = [:]
        /// What moved for each key, to see that nothing moves twice.
        var moved: [String: Int] = [:]
        var calls = 0
        /// A mistake to find: charging again for each attempt.
        var forgetsKeys = false
        /// A mistake to find: an undo of what never was leaves nothing behind.
        var forgetsTombstones = false
    }

    let books = Mutex(Books())

    /// Whether each order is whole or not at all, and nothing happened twice.
    var balanced: Bool {
        books.withLock { books in
            guard books.moved.values.allSatisfy({ $0 == 0 || $0 == 1 }) else { return false }
            let sagas = Dictionary(grouping: books.moved.keys) { key in
                String(key.prefix { $0 != ":" })
            }
            return sagas.values.allSatisfy { keys in
                Set(keys.map { books.moved[$0] == 1 }).count == 1
                    && (keys.count == 3 || keys.allSatisfy { books.moved[$0] == 0 })
            }
        }
    }

    var calls: Int { books.withLock(\.calls) }

    func perform(_ context: HandlerContext) throws {
        try books.withLock { books in
            books.calls += 1
            switch books.rows[context.idempotencyKey] {
            case .done where !books.forgetsKeys: return
            case .undone: throw SagaHold("fenced")
            case .done, .barred, nil:
                books.rows[context.idempotencyKey] = .done
                books.moved[context.idempotencyKey, default: 0] += 1
            }
        }
    }

    func undo(_ actionKey: String) {
        books.withLock { books in
            books.calls += 1
            let row = books.rows[actionKey]
            if row == .done { books.moved[actionKey, default: 0] -= 1 }
            if row != nil || !books.forgetsTombstones { books.rows[actionKey] = .undone }
        }
    }

    var handlers: [Handler] {
        [
            Handler(Inventory.reserve) { _, context in
                try self.perform(context)
                return 1
            } compensation: { reservation, _ in
                self.undo(reservation.actionIdempotencyKey)
            },
            Handler(Payments.charge) { _, context in
                try self.perform(context)
                return Charge(id: context.idempotencyKey)
            } compensation: { charge, _ in
                self.undo(charge.actionIdempotencyKey)
            },
            Handler(Shipping.book) { _, context in
                try self.perform(context)
                return Shipment(trackingNumber: "1Z")
            } compensation: { shipment, _ in
                self.undo(shipment.actionIdempotencyKey)
            },
        ]
    }

    static func saga(pivot: Bool = false) throws -> SagaDefinition {
        try SagaDefinition(Orders.place, version: 1) {
            Step("reserve", Inventory.reserve)
            Step("charge", Payments.charge).timeouts(startToClose: .seconds(10))
            Step("ship", Shipping.book).pivot(pivot)
        }
    }
}
