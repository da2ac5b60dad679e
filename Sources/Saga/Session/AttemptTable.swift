internal import SagaModel

/// The attempts of a participant, each from its receipt until its result is acknowledged.
///
/// Found by place while a handler runs, which costs an index, and by name when the coordinator
/// speaks.
struct AttemptTable {
    /// Where an attempt stands.
    enum State: Equatable {
        /// Its handler runs. Can transition to: holding.
        case running
        /// It has ended, and its result is not acknowledged. Can transition to: (gone).
        case holding(AttemptOutcome)
    }

    private struct Entry {
        var attempt: TaskAttempt
        var state: State
        /// Grows with each receipt: what is named to the coordinator is in this order.
        var sequence: UInt64
    }

    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var places: [TaskAttempt: Int] = [:]
    private var lastSequence: UInt64 = 0
    /// Actions that run.
    private(set) var runningActions = 0
    /// Compensations that run.
    private(set) var runningUndos = 0
    /// Results that are not acknowledged.
    private(set) var held = 0

    var isEmpty: Bool { places.isEmpty }
    var running: Int { runningActions + runningUndos }

    /// Where an attempt is kept; nil if it is not.
    func place(of attempt: TaskAttempt) -> AttemptPlace? {
        places[attempt].map(AttemptPlace.init)
    }

    /// The attempt at a place.
    func attempt(at place: AttemptPlace) -> TaskAttempt { entry(at: place).attempt }

    /// Where the attempt at a place stands.
    func state(at place: AttemptPlace) -> State { entry(at: place).state }

    /// Keeps an attempt that is not kept yet.
    mutating func add(_ attempt: TaskAttempt, _ state: State) -> AttemptPlace {
        lastSequence += 1
        let entry = Entry(attempt: attempt, state: state, sequence: lastSequence)
        let index: Int
        if let reused = free.popLast() {
            index = reused
            entries[index] = entry
        } else {
            index = entries.count
            entries.append(entry)
        }
        precondition(places.updateValue(index, forKey: attempt) == nil, "\(attempt) kept twice")
        count(entry, by: 1)
        return AttemptPlace(rawValue: index)
    }

    /// Keeps the result of a handler that ran.
    mutating func hold(_ outcome: AttemptOutcome, at place: AttemptPlace) {
        var entry = entry(at: place)
        precondition(entry.state == .running, "\(entry.attempt) finished in state \(entry.state)")
        count(entry, by: -1)
        entry.state = .holding(outcome)
        entries[place.rawValue] = entry
        count(entry, by: 1)
    }

    /// Forgets the attempt at a place.
    mutating func remove(_ place: AttemptPlace) {
        let entry = entry(at: place)
        count(entry, by: -1)
        places[entry.attempt] = nil
        entries[place.rawValue] = nil
        free.append(place.rawValue)
    }

    /// The attempts whose handlers run, in the order of their receipt.
    func runningInOrder() -> [(place: AttemptPlace, attempt: TaskAttempt)] {
        inOrder { $0 == .running }.map { ($0.place, $0.entry.attempt) }
    }

    /// The results that are not acknowledged, in the order of their attempts' receipt.
    func heldInOrder() -> [TaskResult] {
        inOrder { $0 != .running }.compactMap { _, entry in
            guard case .holding(let outcome) = entry.state else { return nil }
            return TaskResult(attempt: entry.attempt, outcome: outcome)
        }
    }

    private func inOrder(
        _ isWanted: (State) -> Bool
    ) -> [(place: AttemptPlace, entry: Entry)] {
        entries.indices.compactMap { index in
            guard let entry = entries[index], isWanted(entry.state) else { return nil }
            return (AttemptPlace(rawValue: index), entry)
        }.sorted { $0.entry.sequence < $1.entry.sequence }
    }

    private func entry(at place: AttemptPlace) -> Entry {
        guard let entry = entries[place.rawValue] else {
            preconditionFailure("no attempt at place \(place.rawValue)")
        }
        return entry
    }

    private mutating func count(_ entry: Entry, by change: Int) {
        switch (entry.state, entry.attempt.task.direction) {
        case (.running, .action): runningActions += change
        case (.running, .compensation): runningUndos += change
        case (.holding, _): held += change
        }
    }
}
