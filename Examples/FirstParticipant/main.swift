import Saga

/// A bank that remembers what it did under which key, as a real one would.
actor Bank {
    private var cents: [String: Int64] = ["alice": 100_000]
    private var charges: [String: (customer: String, cents: Int64)] = [:]
    private var refunded: Set<String> = []

    func charge(_ customer: String, _ amount: Int64, key: String) -> String? {
        if charges[key] == nil {
            guard !refunded.contains(key) else { return nil }  // a late attempt, undone already
            guard let balance = cents[customer], balance >= amount else { return nil }
            cents[customer] = balance - amount
            charges[key] = (customer, amount)
        }
        return "charge-\(key)"
    }

    func refund(paymentKey: String, key: String) {
        refunded.insert(paymentKey)
        guard let charge = charges.removeValue(forKey: paymentKey) else { return }
        cents[charge.customer, default: 0] += charge.cents
    }
}
let bank = Bank()

struct Order: Codable { var id: String; var customer: String; var cents: Int64 }
struct Charge: Codable { var id: String }

let payments = Participant(
    "payments", coordinator: "127.0.0.1:7242",
    handlers: [
        Handler("payments.charge") { (order: Order, context) in
            guard
                let id = await bank.charge(order.customer, order.cents, key: context.idempotencyKey)
            else { throw SagaFailure("card-declined", "Bank declined the card") }  // a business no
            return Charge(id: id)  // any other throw: in doubt, so retried
        } compensation: { charge, context in
            await bank.refund(paymentKey: charge.actionIdempotencyKey, key: context.idempotencyKey)
        }
    ])
try await payments.runService()  // SIGTERM drains, then this returns
