internal import SagaModel

/// What happens when a timer is due.
enum TimerEvent {
    /// A task's wait is over.
    case waitOver(SagaInstance, StepIndex, Direction)
    /// An attempt in flight has taken too long.
    case attemptOverdue(SagaInstance, StepIndex, Direction)
    /// Nothing may have been heard of a session for two heartbeats.
    case sessionSilent(SessionInstance)
    /// A lost session did not return.
    case graceOver(SessionInstance)
    /// A session takes tasks of a handler again that it declined.
    case handlerReopens(SessionInstance, HandlerRef)
    /// Participants of the life before have had their time to return.
    case recoveryGraceOver
    /// A call has waited for the end of a saga as long as it wanted to.
    case patienceOver(SagaInstance, CallID)
    /// A limit of time of a task is over.
    case limitOver(SagaInstance, TimeLimit)
    /// The timeout of a saga is over.
    case sagaTimeout(SagaInstance)
    /// The start time of a pending saga is reached.
    case startDue(SagaInstance)
}

/// Names a timer until it fires or is taken out.
struct TimerID: Hashable {
    fileprivate let slot: Int
}

/// All timers of the engine, the earliest first; those due at the same moment fire in the order of
/// their setting.
///
/// A binary heap whose timers know their place, so that one can be taken out at once: with one
/// timer for each attempt in flight, a heap that only marks them would grow with the rate and not
/// with what is in flight.
struct TimerQueue {
    private struct Entry {
        let due: Instant
        let sequence: UInt64
        let slot: Int

        func isBefore(_ other: Entry) -> Bool {
            (due, sequence) < (other.due, other.sequence)
        }
    }

    private var heap: [Entry] = []
    private var places: [Int] = []
    private var events: [TimerEvent?] = []
    private var freeSlots: [Int] = []
    private var sequence: UInt64 = 0

    /// When the next timer is due.
    var nextDue: Instant? { heap.first?.due }

    var count: Int { heap.count }

    /// How many timers there is room for: as many as were ever set at a time.
    var slots: Int { events.count }

    mutating func set(_ event: TimerEvent, at due: Instant) -> TimerID {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            events[slot] = event
        } else {
            slot = events.count
            events.append(event)
            places.append(0)
        }
        sequence += 1
        heap.append(Entry(due: due, sequence: sequence, slot: slot))
        places[slot] = heap.count - 1
        siftUp(heap.count - 1)
        return TimerID(slot: slot)
    }

    /// Takes a timer out before it is due.
    mutating func remove(_ timer: TimerID) {
        precondition(events[timer.slot] != nil, "timer \(timer.slot) is not set")
        removeEntry(at: places[timer.slot])
    }

    /// Takes the earliest timer if it is due.
    mutating func popDue(_ now: Instant) -> TimerEvent? {
        guard let first = heap.first, first.due <= now else { return nil }
        let event = events[first.slot]
        removeEntry(at: 0)
        return event
    }

    private mutating func removeEntry(at place: Int) {
        let slot = heap[place].slot
        events[slot] = nil
        freeSlots.append(slot)
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        places[last.slot] = place
        siftDown(place)
        siftUp(place)
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].isBefore(heap[parent]) else { return }
            swapEntries(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            let left = 2 * place + 1
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if left + 1 < heap.count, heap[left + 1].isBefore(heap[least]) { least = left + 1 }
            guard least != place else { return }
            swapEntries(place, least)
            place = least
        }
    }

    private mutating func swapEntries(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        places[heap[left].slot] = left
        places[heap[right].slot] = right
    }
}
