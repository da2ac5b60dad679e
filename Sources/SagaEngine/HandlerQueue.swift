internal import HeapModule
internal import SagaModel

/// The tasks that wait for one handler: undos and actions apart, so that a flood of actions never
/// delays an undo.
///
/// There are two queues for a handler: one of tasks that need somebody with a compensation, one of
/// those that do not.
final class HandlerQueue {
    let handler: HandlerRef
    let needsCompensation: Bool
    let actions = Lane()
    let undos = Lane()
    /// Sessions that serve it and take tasks, in the order of their attaching.
    private(set) var sessions: [SessionInstance] = []
    /// Since when nobody serves it, if nobody does.
    private(set) var unservedSince = Instant(microseconds: .min)
    /// The next session to be asked, so that all get their share.
    var turn = 0
    var isDirty = false

    init(handler: HandlerRef, needsCompensation: Bool) {
        self.handler = handler
        self.needsCompensation = needsCompensation
    }

    /// Somebody serves it.
    func add(_ session: SessionInstance) { sessions.append(session) }

    /// Somebody serves it no more.
    func remove(_ session: SessionInstance, at now: Instant) {
        guard let place = sessions.firstIndex(where: { $0 === session }) else { return }
        sessions.remove(at: place)
        if sessions.isEmpty { unservedSince = now }
    }

    /// Whether any task waits in it.
    var hasWaiting: Bool { actions.waiting > 0 || undos.waiting > 0 }

    func lane(_ direction: Direction) -> Lane {
        switch direction {
        case .action: actions
        case .compensation: undos
        }
    }

    /// Lets go of all sessions and tasks, when the engine ends.
    func clear() {
        sessions = []
        actions.clear()
        undos.clear()
    }

    /// The next session in turn with a free slot.
    func pickSession(_ direction: Direction) -> SessionInstance? {
        for offset in 0..<sessions.count {
            let place = (turn + offset) % sessions.count
            if sessions[place].hasFreeSlot(direction) {
                turn = place + 1
                return sessions[place]
            }
        }
        return nil
    }
}

/// One direction of a handler's queue: first attempts by the age of their saga, repeated ones by
/// the record that opened them. While both wait, a slot goes to the line with fewer attempts in
/// flight, at a tie to the one that was served longer ago.
final class Lane {
    private var firsts = Line()
    private var repeats = Line()
    private var served: UInt64 = 0
    /// How many tasks wait; entries in the heaps may be stale.
    private(set) var waiting = 0

    private struct Line {
        var heap = Heap<Entry>()
        var inFlight = 0
        var lastServed: UInt64 = 0

        /// The first that still waits; stale ones before it go.
        mutating func oldest() -> Entry? {
            while let head = heap.min {
                if head.isWaiting { return head }
                heap.removeMin()
            }
            return nil
        }
    }

    struct Entry: Comparable {
        /// The start of the saga, or the record that opened the attempt.
        let order: JournalPosition
        let step: StepIndex
        let direction: Direction
        let token: Token
        let saga: SagaInstance

        /// Whether the task still waits here under this token.
        var isWaiting: Bool {
            let task = saga.task(step, direction)
            guard task.token == token, case .queued = task.place else { return false }
            return true
        }

        static func == (left: Entry, right: Entry) -> Bool {
            left.order == right.order && left.step == right.step && left.saga === right.saga
        }

        static func < (left: Entry, right: Entry) -> Bool {
            (left.order, left.step) < (right.order, right.step)
        }
    }

    func add(_ entry: Entry, isFirst: Bool) {
        if isFirst { firsts.heap.insert(entry) } else { repeats.heap.insert(entry) }
        waiting += 1
    }

    /// A waiting task left by another way than being served.
    func withdrawn() {
        waiting -= 1
        guard stored > 2 * waiting + 64 else { return }
        firsts.heap = Heap(firsts.heap.unordered.filter(\.isWaiting))
        repeats.heap = Heap(repeats.heap.unordered.filter(\.isWaiting))
    }

    /// The order of the older head, for sessions that serve several handlers.
    func head() -> JournalPosition? {
        switch (firsts.oldest()?.order, repeats.oldest()?.order) {
        case (nil, nil): nil
        case (let first?, nil): first
        case (nil, let again?): again
        case (let first?, let again?): min(first, again)
        }
    }

    /// Takes the task that is served next.
    func pop() -> Entry? {
        let servesFirst: Bool
        switch (firsts.oldest() != nil, repeats.oldest() != nil) {
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
            return firsts.heap.popMin()
        }
        repeats.inFlight += 1
        repeats.lastServed = served
        return repeats.heap.popMin()
    }

    /// An attempt that was not served from here is in flight: its participant named it on its
    /// return.
    func tookOff(isFirst: Bool) {
        if isFirst { firsts.inFlight += 1 } else { repeats.inFlight += 1 }
    }

    /// An attempt that was served from here is no longer in flight.
    func landed(isFirst: Bool) {
        if isFirst { firsts.inFlight -= 1 } else { repeats.inFlight -= 1 }
        assert(firsts.inFlight >= 0 && repeats.inFlight >= 0, "more landed than took off")
    }

    /// A task that was just served is not handed out, and waits as before.
    func cameBack() { waiting += 1 }

    /// A task that was just served was opened anew and is in the line of repeats: it is served
    /// under its new token.
    func serveAtOnce(wasFirst: Bool) {
        landed(isFirst: wasFirst)
        waiting -= 1
        repeats.inFlight += 1
    }

    /// Lets go of all tasks, when the engine ends.
    func clear() {
        firsts = Line()
        repeats = Line()
    }

    /// How many entries are stored, stale ones too.
    var stored: Int { firsts.heap.count + repeats.heap.count }

    var inFlight: Int { firsts.inFlight + repeats.inFlight }

    /// The oldest task that waits, for people: since when it is due.
    func oldestDue() -> Instant? {
        let dues = [firsts.oldest(), repeats.oldest()].compactMap { entry in
            entry.flatMap { $0.saga.task($0.step, $0.direction).dueAt }
        }
        return dues.min()
    }
}
