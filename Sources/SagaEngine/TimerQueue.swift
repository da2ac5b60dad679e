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
    /// A session takes tasks of a handler again that it declined. In a box: it is rare, and larger
    /// than the others.
    indirect case handlerReopens(SessionInstance, HandlerRef)
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
    /// An undo of a saga has been failing for long.
    case undoFailsLong(SagaInstance)
    /// Sagas may have waited for long for a participant, or no longer wait for one.
    case attentionWalk
    /// Reasons for attention were left out of the log.
    case attentionUntold
}

/// Names a timer until it fires or is taken out.
struct TimerID: Hashable {
    fileprivate let slot: UInt32

    fileprivate var index: Int { Int(slot) }
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
        let slot: UInt32

        func isBefore(_ other: Entry) -> Bool {
            (due, sequence) < (other.due, other.sequence)
        }
    }

    private var heap: [Entry] = []
    private var places: [UInt32] = []
    private var events: [TimerEvent?] = []
    private var freeSlots: [UInt32] = []
    private var sequence: UInt64 = 0

    /// How many are due at a moment or before.
    func dueCount(by moment: Instant) -> Int { heap.count { $0.due <= moment } }

    /// When the next timer is due.
    var nextDue: Instant? { heap.first?.due }

    var count: Int { heap.count }

    /// How many timers there is room for: as many as were ever set at a time.
    var slots: Int { events.count }

    /// When a timer that is set is due.
    func due(of timer: TimerID) -> Instant {
        precondition(events[timer.index] != nil, "timer \(timer.slot) is not set")
        return heap[Int(places[timer.index])].due
    }

    mutating func set(_ event: TimerEvent, at due: Instant) -> TimerID {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
            events[Int(slot)] = event
        } else {
            slot = UInt32(events.count)
            events.append(event)
            places.append(0)
        }
        sequence += 1
        let entry = Entry(due: due, sequence: sequence, slot: slot)
        heap.append(entry)
        siftUp(heap.count - 1, entry)
        return TimerID(slot: slot)
    }

    /// Takes a timer out before it is due.
    mutating func remove(_ timer: TimerID) {
        precondition(events[timer.index] != nil, "timer \(timer.slot) is not set")
        removeEntry(at: Int(places[timer.index]))
    }

    /// Takes the earliest timer if it is due.
    mutating func popDue(_ now: Instant) -> TimerEvent? {
        guard let first = heap.first, first.due <= now else { return nil }
        let event = events[Int(first.slot)]
        removeEntry(at: 0)
        return event
    }

    private mutating func removeEntry(at place: Int) {
        let slot = heap[place].slot
        events[Int(slot)] = nil
        freeSlots.append(slot)
        let last = heap.removeLast()
        guard place < heap.count else { return }
        siftUp(siftDown(last, from: place), last)
    }

    /// Puts an entry at its place, from a free one upwards.
    private mutating func siftUp(_ start: Int, _ entry: Entry) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.isBefore(heap[parent]) else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    /// Moves the lesser entries below a free place up, as long as they come before an entry.
    ///
    /// - Returns: the place that is free then.
    private mutating func siftDown(_ entry: Entry, from start: Int) -> Int {
        var place = start
        while true {
            var least = 2 * place + 1
            guard least < heap.count else { return place }
            if least + 1 < heap.count, heap[least + 1].isBefore(heap[least]) { least += 1 }
            guard heap[least].isBefore(entry) else { return place }
            put(heap[least], at: place)
            place = least
        }
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        places[Int(entry.slot)] = UInt32(place)
    }
}
