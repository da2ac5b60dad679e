internal import HeapModule

/// What is going to happen, in the order of time; what is due at the same moment, in the order in
/// which it was planned.
struct EventQueue {
    private struct Entry: Comparable {
        let at: WorldTime
        let number: UInt64
        let event: WorldEvent

        static func < (left: Entry, right: Entry) -> Bool {
            (left.at, left.number) < (right.at, right.number)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var heap = Heap<Entry>()
    private var planned: UInt64 = 0

    /// Plans something.
    mutating func add(_ event: WorldEvent, at time: WorldTime) {
        planned += 1
        heap.insert(Entry(at: time, number: planned, event: event))
    }

    /// Takes what comes next.
    mutating func next() -> (at: WorldTime, event: WorldEvent)? {
        heap.popMin().map { ($0.at, $0.event) }
    }
}

/// Something that happens in a world.
enum WorldEvent: Equatable {
    /// Something goes wrong, if this seed has anything that goes wrong.
    case trouble
    /// The coordinator of a life decides and commits.
    case turn(life: Int)
    /// What a turn has decided is durable, and goes out.
    case release(life: Int)
    /// A coordinator that is down starts.
    case start
    /// The next thing on a call's way to the coordinator arrives.
    case toCoordinator(CallNumber)
    /// The next thing on a call's way back arrives.
    case toPeer(CallNumber)
    /// A participant's try to open a stream comes to its end.
    case streamOpens(process: Int, stream: Int)
    /// A timer of a participant's session.
    case sessionWakes(process: Int)
    /// A handler goes on.
    case handler(process: Int, run: Int)
    /// A handler that works gives a sign.
    case signs(process: Int, run: Int)
    /// A participant that is gone starts again.
    case processStarts(place: Int)
    /// A client does the next thing.
    case client(Int)
    /// Somebody answers a deferred attempt.
    case completes(Int)
    /// The disk of the coordinator has room again.
    case roomReturns
    /// The operator looks after those who need it.
    case help
}
