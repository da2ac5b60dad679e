import SagaModel
import Testing

@testable import SagaEngine

struct StartOrderTests {
    /// Every saga that stays is seen once, in order, whatever starts and is dropped between pages.
    @Test func pagesAreStableUnderChange() {
        var order = StartOrder()
        var sagas = (1...5_000).map { EngineSamples.saga(start: UInt64($0) * 2) }
        for saga in sagas { order.append(saga) }
        var seen: [UInt64] = []
        var before: JournalPosition?
        var dropped: Set<UInt64> = []
        repeat {
            var rows = 0
            before = order.newestFirst(before: before, looks: 700) { saga in
                seen.append(saga.facts.start.rawValue)
                rows += 1
                return rows < 400
            }
            // New ones start, and the oldest ones are dropped: more than half in the end.
            order.append(EngineSamples.saga(start: 20_000 + UInt64(seen.count)))
            for saga in sagas.prefix(300) {
                dropped.insert(saga.facts.start.rawValue)
                order.drop(saga)
            }
            sagas.removeFirst(min(300, sagas.count))
        } while before != nil
        let stayed = (1...5_000).map { UInt64($0) * 2 }.filter { !dropped.contains($0) }
        #expect(seen == seen.sorted(by: >))
        #expect(Set(seen).count == seen.count)
        #expect(Set(stayed).isSubset(of: seen))
        #expect(!seen.contains { $0 >= 20_000 })
    }

    @Test func theOldestLiveOneIsFound() {
        var order = StartOrder()
        #expect(order.oldestLive() == nil)
        let sagas = (1...3).map { EngineSamples.saga(start: UInt64($0)) }
        for saga in sagas { order.append(saga) }
        sagas[0].state = .completed
        #expect(order.oldestLive() == JournalPosition(2))
        sagas[2].state = .compensated
        order.drop(sagas[0])
        #expect(order.oldestLive() == JournalPosition(2))
        #expect(order.live.map(\.facts.start.rawValue) == [2])
        #expect(order.kept.map(\.facts.start.rawValue) == [2, 3])
        sagas[1].state = .abandoned
        #expect(order.oldestLive() == nil)
    }
}
