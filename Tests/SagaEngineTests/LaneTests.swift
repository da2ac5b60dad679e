import SagaModel
import Testing

@testable import SagaEngine

struct LaneTests {
    /// A waiting task of a saga; `again` for the record that opened a repeated attempt.
    private static func entry(_ start: UInt64, again: UInt64? = nil) -> Lane.Entry {
        let saga = EngineSamples.saga(start: start)
        let token = Token(epoch: Epoch(1), number: again == nil ? 1 : 2)
        saga.update(StepIndex(0), .action) { task in
            task.token = token
            task.place = .queued(since: Instant(microseconds: 0))
        }
        return Lane.Entry(
            order: JournalPosition(again ?? start), step: StepIndex(0), direction: .action,
            token: token, saga: saga)
    }

    @Test func firstAttemptsGoOldestSagaFirst() {
        let lane = Lane()
        for start in [UInt64(5), 3, 9] { lane.add(Self.entry(start), isFirst: true) }
        #expect(lane.head() == JournalPosition(3))
        let served = (0..<3).compactMap { _ in lane.pop()?.order.rawValue }
        #expect(served == [3, 5, 9])
        #expect(lane.waiting == 0 && lane.inFlight == 3)
        #expect(lane.pop() == nil)
    }

    /// The slot goes to the line with fewer in flight; at a tie to the one served longer ago.
    @Test func linesTakeTurns() {
        let lane = Lane()
        for start in [UInt64(1), 2, 3, 4] { lane.add(Self.entry(start), isFirst: true) }
        for again in [UInt64(11), 12] {
            lane.add(Self.entry(again - 5, again: again), isFirst: false)
        }
        #expect(lane.pop()?.order.rawValue == 1, "a tie, none was served: firsts")
        #expect(lane.pop()?.order.rawValue == 11, "fewer repeats fly")
        lane.landed(isFirst: true)
        lane.landed(isFirst: false)
        #expect(lane.pop()?.order.rawValue == 2, "a tie: firsts were served longer ago")
        #expect(lane.pop()?.order.rawValue == 12)
        #expect(lane.pop()?.order.rawValue == 3)
        #expect(lane.inFlight == 3)
    }

    /// What left its place otherwise is passed over, and does not pile up behind a waiting head.
    @Test func staleEntriesAreThinnedOut() {
        let lane = Lane()
        lane.add(Self.entry(1), isFirst: true)
        for start in UInt64(2)...1_000 {
            let entry = Self.entry(start)
            lane.add(entry, isFirst: true)
            entry.saga.update(StepIndex(0), .action) { $0.place = .idle }
            lane.withdrawn()
        }
        #expect(lane.waiting == 1)
        #expect(lane.stored < 100)
        #expect(lane.pop()?.order.rawValue == 1)
        #expect(lane.pop() == nil)
    }

    /// A task opened anew on its turn is served in the place of the one that was popped.
    @Test func reopenedTasksAreServedAtOnce() {
        let lane = Lane()
        lane.add(Self.entry(1), isFirst: true)
        let entry = lane.pop()
        #expect(entry?.order.rawValue == 1)
        lane.add(Self.entry(1, again: 8), isFirst: false)
        lane.serveAtOnce(wasFirst: true)
        #expect(lane.waiting == 0 && lane.inFlight == 1)
        lane.landed(isFirst: false)
        #expect(lane.inFlight == 0)
    }
}
