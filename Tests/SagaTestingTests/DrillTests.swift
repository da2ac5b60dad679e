import Saga
import SagaTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct DrillTests {
    @Test(arguments: [false, true])
    func aSoundShopIsClean(_ pivot: Bool) async throws {
        let shop = Shop()
        try await withTestCoordinator(Shop.saga(pivot: pivot), handlers: shop.handlers) {
            coordinator in
            let drill = try await coordinator.drill(Orders.place, input: .sample) { shop.balanced }
            #expect(drill.dirty.isEmpty, "\(drill)")
            #expect(drill.runs.count == (pivot ? 28 : 34), "\(drill)")
            #expect(drill.runs.first?.state == .completed)
            #expect(drill.runs.contains { $0.state == .compensated })
            #expect("\(drill)".contains("charge: loses its first reply: COMPLETED after"))
        }
    }

    /// What a drill is for: each mistake is found, and at the points that show it.
    @Test func mistakesAreFound() async throws {
        for (mistake, point) in [
            ("keys", "charge: loses its first reply"),
            ("tombstones", "charge: runs late behind its undo"),
        ] {
            let shop = Shop()
            shop.books.withLock { books in
                books.forgetsKeys = mistake == "keys"
                books.forgetsTombstones = mistake == "tombstones"
            }
            try await withTestCoordinator(Shop.saga(), handlers: shop.handlers) { coordinator in
                let drill = try await coordinator.drill(Orders.place, input: .sample) {
                    shop.balanced
                }
                #expect(drill.dirty.contains { $0.point.description == point }, "\(drill)")
            }
        }
    }
}
