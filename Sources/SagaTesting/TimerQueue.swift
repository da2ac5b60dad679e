internal import HeapModule

/// What a world is to do later, by time, and of the same moment in the order of planning.
struct TimerQueue {
    private struct Entry: Comparable {
        let due: Int64
        let number: UInt64
        let work: () -> Void

        static func < (left: Entry, right: Entry) -> Bool {
            (left.due, left.number) < (right.due, right.number)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var entries = Heap<Entry>()
    private var lastNumber: UInt64 = 0

    /// When the first is due; nil if there is none.
    var due: Int64? { entries.min?.due }

    /// Plans something.
    mutating func add(at due: Int64, _ work: @escaping () -> Void) {
        lastNumber += 1
        entries.insert(Entry(due: due, number: lastNumber, work: work))
    }

    /// Takes out the first that is due by then.
    mutating func next(by now: Int64) -> (() -> Void)? {
        guard let due, due <= now else { return nil }
        return entries.popMin()?.work
    }

    /// Forgets everything.
    mutating func removeAll() { entries = Heap() }
}
