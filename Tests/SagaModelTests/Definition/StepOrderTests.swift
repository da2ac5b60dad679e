import Testing

@testable import SagaModel

/// The order in which a resolved definition has its steps.
struct StepOrderTests {
    /// Steps by the places of those that they wait for.
    private static func resolved(_ after: [[Int]]) -> ResolvedDefinition {
        let definition = SagaDefinition(
            name: "order", version: 1,
            steps: after.enumerated().map { place, before in
                var step = StepDefinition(name: "s\(place)", work: .handler("h.run"))
                step.after = before.map { "s\($0)" }
                return step
            })
        return ResolvedDefinition(
            DefinitionRegistered(
                namespace: "default", written: definition,
                filled: DefinitionDefaults.fill(definition), digest: Digest256(1, 2, 3, 4),
                principal: Principal(name: "tester", isVerified: false),
                at: Instant(microseconds: 0)), position: JournalPosition(1))
    }

    /// By going through the steps until all are placed.
    private static func naive(_ after: [[Int]]) -> [Int] {
        var order: [Int] = []
        while order.count < after.count {
            for place in after.indices
            where !order.contains(place) && after[place].allSatisfy(order.contains) {
                order.append(place)
            }
        }
        return order
    }

    @Test(arguments: UInt64(1)...60)
    func isWhatGoingThroughAllAgainAndAgainGives(_ seed: UInt64) {
        var state = seed
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let count = 1 + draw(12)
        // A hidden order decides who may wait for whom, so that there is no cycle.
        var hidden = Array(0..<count)
        for place in hidden.indices.reversed() { hidden.swapAt(place, draw(place + 1)) }
        var after = Array(repeating: [Int](), count: count)
        for (rank, place) in hidden.enumerated() {
            after[place] = hidden[..<rank].filter { _ in draw(3) == 0 }
        }
        let definition = Self.resolved(after)
        let order = definition.order.map(\.rawValue)
        #expect(order == Self.naive(after))
        #expect(definition.order.map(definition.rank) == Array(0..<count))
    }
}
