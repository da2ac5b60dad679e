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

    /// What is served next, by its place in the order; nil where nothing waits.
    private static func pops(_ count: Int, from lane: inout Lane) -> [UInt64?] {
        (0..<count).map { _ in lane.pop()?.order.rawValue }
    }

    @Test func firstAttemptsGoOldestSagaFirst() {
        var lane = Lane()
        for start in [UInt64(5), 3, 9] { lane.add(Self.entry(start), isFirst: true) }
        let head = lane.head()
        #expect(head == JournalPosition(3))
        #expect(Self.pops(4, from: &lane) == [3, 5, 9, nil])
        #expect(lane.waiting == 0 && lane.inFlight == 3)
    }

    /// The slot goes to the line with fewer in flight; at a tie to the one served longer ago.
    @Test func linesTakeTurns() {
        var lane = Lane()
        for start in [UInt64(1), 2, 3, 4] { lane.add(Self.entry(start), isFirst: true) }
        for again in [UInt64(11), 12] {
            lane.add(Self.entry(again - 5, again: again), isFirst: false)
        }
        // A tie, and none was served: firsts; then fewer repeats fly.
        #expect(Self.pops(2, from: &lane) == [1, 11])
        lane.landed(isFirst: true)
        lane.landed(isFirst: false)
        // A tie: firsts were served longer ago.
        #expect(Self.pops(3, from: &lane) == [2, 12, 3])
        #expect(lane.inFlight == 3)
    }

    /// What left its place otherwise is passed over, and does not pile up behind a waiting head.
    @Test func staleEntriesAreThinnedOut() {
        var lane = Lane()
        lane.add(Self.entry(1), isFirst: true)
        for start in UInt64(2)...1_000 {
            let entry = Self.entry(start)
            lane.add(entry, isFirst: true)
            entry.saga.update(StepIndex(0), .action) { $0.place = .idle }
            lane.withdrawn()
        }
        #expect(lane.waiting == 1)
        #expect(lane.stored < 100)
        #expect(Self.pops(2, from: &lane) == [1, nil])
    }

    /// A task opened anew on its turn is served in the place of the one that was popped.
    @Test func reopenedTasksAreServedAtOnce() {
        var lane = Lane()
        lane.add(Self.entry(1), isFirst: true)
        #expect(Self.pops(1, from: &lane) == [1])
        lane.add(Self.entry(1, again: 8), isFirst: false)
        lane.serveAtOnce(wasFirst: true)
        #expect(lane.waiting == 0 && lane.inFlight == 1)
        lane.landed(isFirst: false)
        #expect(lane.inFlight == 0)
    }
}
