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
/// Most timers are set for one of a few lengths of time (that of an attempt, the patience of a
/// call), so each is due after the last of its kind: they stand in a few *lines*, each sorted, into
/// which one is put and from which one is taken by a look at its neighbours. What fits in no line
/// stands in a binary heap whose timers know their place, so that one can be taken out at once:
/// with one timer for each attempt in flight, a heap that only marks them would grow with the rate
/// and not with what is in flight.
struct TimerQueue {
    /// What is known of the timer in a slot.
    private struct Node {
        var due: Instant
        var sequence: UInt64
        /// The slot before it in its line, or itself if it is the first; or its place in the heap.
        var before: UInt32
        /// The slot behind it in its line, or itself if it is the last.
        var behind: UInt32
    }

    private struct Line {
        var first: UInt32 = 0
        var last: UInt32 = 0
        var count = 0
        /// Of the last one.
        var lastDue = Instant(microseconds: 0)
    }

    private struct Entry {
        let due: Instant
        let sequence: UInt64
        let slot: UInt32

        func isBefore(_ other: Entry) -> Bool {
            due < other.due || (due == other.due && sequence < other.sequence)
        }
    }

    /// Enough for the lengths of time that most timers have; each costs a look when one is set.
    private static let lineCount = 6
    /// How much later than the last of a line one may be due to stand behind it: a single timer
    /// that is due much later would keep out those that follow.
    private static let longestGap: Int64 = 1_000_000

    private static let inHeap = UInt8.max
    /// The line of those that are due and wait for another reason.
    private static let keptLine = lineCount

    private var nodes: [Node] = []
    /// The line of the timer in a slot, or `inHeap`; not in the node, which it would make larger by
    /// a third.
    private var lineOfSlot: [UInt8] = []
    private var events: [TimerEvent?] = []
    private var freeSlots: [UInt32] = []
    private var lines = Array(repeating: Line(), count: lineCount + 1)
    private var heap: [Entry] = []
    private var sequence: UInt64 = 0
    private(set) var count = 0

    /// How many are due at a moment or before; it looks at all of them.
    func dueCount(by moment: Instant) -> Int {
        events.indices.count { events[$0] != nil && nodes[$0].due <= moment }
    }

    /// When the next timer is due; one that is kept does not count.
    var nextDue: Instant? { first?.due }

    /// How many are kept though they are due.
    var keptCount: Int { lines[Self.keptLine].count }

    /// How many timers there is room for: as many as were ever set at a time.
    var slots: Int { events.count }

    /// When a timer that is set is due.
    func due(of timer: TimerID) -> Instant {
        precondition(events[timer.index] != nil, "timer \(timer.slot) is not set")
        return nodes[timer.index].due
    }

    mutating func set(_ event: consuming TimerEvent, at due: Instant) -> TimerID {
        sequence += 1
        count += 1
        let node = Node(due: due, sequence: sequence, before: 0, behind: 0)
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
            events[Int(slot)] = event
            nodes[Int(slot)] = node
        } else {
            slot = UInt32(events.count)
            events.append(event)
            nodes.append(node)
            lineOfSlot.append(Self.inHeap)
        }
        if let line = line(for: due) {
            append(slot, due, to: line)
        } else {
            insertInHeap(slot, due, sequence)
        }
        return TimerID(slot: slot)
    }

    /// Takes a timer out before it is due.
    mutating func remove(_ timer: TimerID) {
        precondition(events[timer.index] != nil, "timer \(timer.slot) is not set")
        events[timer.index] = nil
        takeOut(timer.slot)
    }

    /// Takes the earliest timer if it is due.
    ///
    /// - Parameter isKept: says of one that is due that it waits until `releaseKept`; it can be
    ///   taken out by its name all the same.
    mutating func popDue(
        _ now: Instant, keeping isKept: (TimerEvent) -> Bool = { _ in false }
    ) -> TimerEvent? {
        while let first, !(now < first.due) {
            if let event = events[Int(first.slot)], isKept(event) {
                detach(first.slot)
                append(first.slot, first.due, to: Self.keptLine)
                continue
            }
            let event = events[Int(first.slot)].take()
            takeOut(first.slot)
            return event
        }
        return nil
    }

    /// Lets the timers go on that were kept though they were due.
    mutating func releaseKept() {
        while lines[Self.keptLine].count > 0 {
            let slot = lines[Self.keptLine].first
            unlink(slot, of: Self.keptLine)
            insertInHeap(slot, nodes[Int(slot)].due, nodes[Int(slot)].sequence)
        }
    }

    /// The timer that fires next.
    private var first: Entry? {
        var first = heap.first
        for line in lines.dropLast() where line.count > 0 {
            let node = nodes[Int(line.first)]
            let entry = Entry(due: node.due, sequence: node.sequence, slot: line.first)
            if let found = first, found.isBefore(entry) { continue }
            first = entry
        }
        return first
    }

    private mutating func takeOut(_ slot: UInt32) {
        count -= 1
        freeSlots.append(slot)
        detach(slot)
    }

    private mutating func detach(_ slot: UInt32) {
        if lineOfSlot[Int(slot)] == Self.inHeap {
            removeEntry(at: Int(nodes[Int(slot)].before))
        } else {
            unlink(slot, of: Int(lineOfSlot[Int(slot)]))
        }
    }
}

/// Lines.
extension TimerQueue {
    /// The line that a timer joins: the one whose last is due latest of those that are due before
    /// it and not long before, or an empty one; nil if there is none.
    private func line(for due: Instant) -> Int? {
        var best: Int?
        for place in 0..<Self.lineCount {
            guard lines[place].count > 0 else {
                best = best ?? place
                continue
            }
            let lastDue = lines[place].lastDue
            guard !(due < lastDue),
                due.microseconds.subtractingReportingOverflow(lastDue.microseconds)
                    .partialValue.magnitude <= Self.longestGap
            else { continue }
            if let best, lines[best].count > 0, !(lines[best].lastDue < lastDue) { continue }
            best = place
        }
        return best
    }

    private mutating func append(_ slot: UInt32, _ due: Instant, to line: Int) {
        let isFirst = lines[line].count == 0
        let before = isFirst ? slot : lines[line].last
        lineOfSlot[Int(slot)] = UInt8(line)
        nodes[Int(slot)].before = before
        nodes[Int(slot)].behind = slot
        if isFirst { lines[line].first = slot } else { nodes[Int(before)].behind = slot }
        lines[line].last = slot
        lines[line].lastDue = due
        lines[line].count += 1
    }

    private mutating func unlink(_ slot: UInt32, of line: Int) {
        let (before, behind) = (nodes[Int(slot)].before, nodes[Int(slot)].behind)
        let (isFirst, isLast) = (before == slot, behind == slot)
        if isFirst { lines[line].first = behind } else { nodes[Int(before)].behind = behind }
        if isLast { lines[line].last = before } else { nodes[Int(behind)].before = before }
        if isFirst, !isLast { nodes[Int(behind)].before = behind }
        if isLast, !isFirst {
            nodes[Int(before)].behind = before
            lines[line].lastDue = nodes[Int(before)].due
        }
        lines[line].count -= 1
    }
}

/// The heap.
extension TimerQueue {
    private mutating func insertInHeap(_ slot: UInt32, _ due: Instant, _ sequence: UInt64) {
        lineOfSlot[Int(slot)] = Self.inHeap
        let entry = Entry(due: due, sequence: sequence, slot: slot)
        heap.append(entry)
        siftUp(heap.count - 1, entry)
    }

    private mutating func removeEntry(at place: Int) {
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
        nodes[Int(entry.slot)].before = UInt32(place)
    }
}
