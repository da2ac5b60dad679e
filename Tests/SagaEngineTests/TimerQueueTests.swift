import SagaModel
import Testing

@testable import SagaEngine

struct TimerQueueTests {
    /// When a timer is due that is set at a moment.
    typealias Due = @Sendable (_ now: Int64, _ random: inout Randomness) -> Int64

    /// Few moments, lengths of time that many timers share, and any.
    private static let kinds: [[Due]] = [
        [{ _, random in Int64(random.next() % 50) }],
        (1...9).map { length in { now, _ in now + 2_000_000 * length } },
        [
            { now, _ in now + 30 }, { now, _ in now + 20 },
            { _, random in Int64(random.next() % 5_000_000) },
        ],
    ]

    /// Compared with a list that is sorted by due time and order of setting, over random calls.
    @Test(arguments: UInt64(1)...20, 0...2)
    func firesInOrder(_ seed: UInt64, _ kind: Int) {
        let dues = Self.kinds[kind]
        var random = Randomness(seed: seed)
        var queue = TimerQueue()
        var model: [(due: Int64, call: UInt64, timer: TimerID)] = []
        for call in UInt64(1)...600 {
            switch random.next() % 3 {
            case 0, 1:
                let due = dues[Int(random.next() % UInt64(dues.count))](Int64(call), &random)
                let timer = queue.set(
                    .patienceOver(Self.saga, CallID(call)), at: Instant(microseconds: due))
                model.append((due, call, timer))
            default:
                guard !model.isEmpty else { continue }
                if random.next() % 2 == 0 {
                    let place = Int(random.next() % UInt64(model.count))
                    queue.remove(model.remove(at: place).timer)
                } else {
                    let now = Int64(random.next() % 100) * Int64(random.next() % 200_000)
                    let place = model.indices.min {
                        (model[$0].due, model[$0].call) < (model[$1].due, model[$1].call)
                    }
                    let due = place.flatMap { model[$0].due <= now ? model.remove(at: $0) : nil }
                    #expect(
                        Self.call(queue.popDue(Instant(microseconds: now))) == due?.call)
                }
            }
            #expect(queue.count == model.count)
            #expect(queue.nextDue?.microseconds == model.map(\.due).min())
            #expect(
                queue.dueCount(by: Instant(microseconds: 1_000_000))
                    == model.count { $0.due <= 1_000_000 })
        }
    }

    /// Slots are used again, so that the queue is as large as its fullest moment, not its rate.
    @Test func slotsAreUsedAgain() {
        var queue = TimerQueue()
        for call in UInt64(0)..<1_000 {
            let timer = queue.set(
                .patienceOver(Self.saga, CallID(call)), at: Instant(microseconds: 1))
            queue.remove(timer)
        }
        #expect(queue.slots == 1)
    }

    private static func call(_ event: TimerEvent?) -> UInt64? {
        guard case .patienceOver(_, let call)? = event else { return nil }
        return call.rawValue
    }

    private static var saga: SagaInstance { EngineSamples.saga(start: 1) }
}
