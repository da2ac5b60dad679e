internal import SagaModel

/// Where a lane stands among those of the engine.
struct LaneID {
    let index: Int
}

/// One direction of a handler's queue: first attempts by the age of their saga, repeated ones by
/// the record that opened them. While both wait, a slot goes to the line with fewer attempts in
/// flight, at a tie to the one that was served longer ago.
///
/// A value among others in the engine's table of lanes: what is a class's own is guarded by the
/// runtime at each access that calls anything, and lanes are looked at several times an input.
struct Lane {
    private var firsts = Line()
    private var repeats = Line()
    private var served: UInt64 = 0
    /// How many tasks wait; entries in the heaps may be stale.
    private(set) var waiting = 0

    private struct Line {
        var heap = EntryHeap()
        var inFlight = 0
        var lastServed: UInt64 = 0
    }

    struct Entry {
        /// The start of the saga, or the record that opened the attempt.
        let order: JournalPosition
        let step: StepIndex
        let direction: Direction
        let token: Token
        let saga: SagaInstance

        /// Whether the task still waits here under this token.
        var isWaiting: Bool {
            guard let task = saga.task(step, direction).fields, task.token == token else {
                return false
            }
            return if case .queued = task.place { true } else { false }
        }

        func isBefore(_ other: Entry) -> Bool {
            (order, step) < (other.order, other.step)
        }
    }

    mutating func add(_ entry: consuming Entry, isFirst: Bool) {
        if isFirst { firsts.heap.insert(entry) } else { repeats.heap.insert(entry) }
        waiting += 1
    }

    /// A waiting task left by another way than being served.
    mutating func withdrawn() {
        waiting -= 1
        guard stored > 2 * waiting + 64 else { return }
        firsts.heap.keepOnlyWaiting()
        repeats.heap.keepOnlyWaiting()
    }

    /// The order of the older head, for sessions that serve several handlers.
    mutating func head() -> JournalPosition? {
        switch (firsts.heap.head(), repeats.heap.head()) {
        case (nil, nil): nil
        case (let first?, nil): first
        case (nil, let again?): again
        case (let first?, let again?): min(first, again)
        }
    }

    /// Takes the task that is served next.
    mutating func pop() -> Entry? {
        let servesFirst: Bool
        switch (firsts.heap.head() != nil, repeats.heap.head() != nil) {
        case (false, false): return nil
        case (true, false): servesFirst = true
        case (false, true): servesFirst = false
        case (true, true):
            servesFirst =
                (firsts.inFlight, firsts.lastServed) <= (repeats.inFlight, repeats.lastServed)
        }
        served += 1
        waiting -= 1
        if servesFirst {
            firsts.inFlight += 1
            firsts.lastServed = served
            return firsts.heap.removeFirst()
        }
        repeats.inFlight += 1
        repeats.lastServed = served
        return repeats.heap.removeFirst()
    }

    /// An attempt that was not served from here is in flight: its participant named it on its
    /// return.
    mutating func tookOff(isFirst: Bool) {
        if isFirst { firsts.inFlight += 1 } else { repeats.inFlight += 1 }
    }

    /// An attempt that was served from here is no longer in flight.
    mutating func landed(isFirst: Bool) {
        if isFirst { firsts.inFlight -= 1 } else { repeats.inFlight -= 1 }
        assert(firsts.inFlight >= 0 && repeats.inFlight >= 0, "more landed than took off")
    }

    /// A task that was just served is not handed out, and waits as before.
    mutating func cameBack() { waiting += 1 }

    /// A task that was just served was opened anew and is in the line of repeats: it is served
    /// under its new token.
    mutating func serveAtOnce(wasFirst: Bool) {
        landed(isFirst: wasFirst)
        waiting -= 1
        repeats.inFlight += 1
    }

    /// How many entries are stored, stale ones too.
    var stored: Int { firsts.heap.count + repeats.heap.count }

    var inFlight: Int { firsts.inFlight + repeats.inFlight }

    /// The oldest task that waits, for people: since when it is due.
    mutating func oldestDue() -> Instant? {
        [firsts.heap.oldest(), repeats.heap.oldest()].compactMap { entry in
            entry.flatMap { $0.saga.task($0.step, $0.direction).dueAt }
        }.min()
    }
}

/// Entries of a line, the one that is served next first; stale ones go when they come to the front.
///
/// A binary heap. Where a task left its place and came back to it, it has several entries, of which
/// one is served; the others are stale then.
private struct EntryHeap {
    private var entries: [Lane.Entry] = []

    var count: Int { entries.count }

    mutating func insert(_ entry: consuming Lane.Entry) {
        entries.append(entry)
        var place = entries.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard entries[place].isBefore(entries[parent]) else { break }
            entries.swapAt(place, parent)
            place = parent
        }
    }

    /// The order of the first that still waits; stale ones before it go.
    mutating func head() -> JournalPosition? {
        while !entries.isEmpty {
            if entries[0].isWaiting { return entries[0].order }
            _ = removeFirst()
        }
        return nil
    }

    mutating func removeFirst() -> Lane.Entry {
        if entries.count > 1 { entries.swapAt(0, entries.count - 1) }
        let first = entries.removeLast()
        siftDown(from: 0)
        return first
    }

    mutating func keepOnlyWaiting() {
        entries.removeAll { !$0.isWaiting }
        for place in stride(from: entries.count / 2 - 1, through: 0, by: -1) {
            siftDown(from: place)
        }
    }

    /// The first that still waits.
    mutating func oldest() -> Lane.Entry? { head() == nil ? nil : entries[0] }

    private mutating func siftDown(from start: Int) {
        var place = start
        while true {
            var least = 2 * place + 1
            guard least < entries.count else { return }
            if least + 1 < entries.count, entries[least + 1].isBefore(entries[least]) { least += 1 }
            guard entries[least].isBefore(entries[place]) else { return }
            entries.swapAt(least, place)
            place = least
        }
    }
}
