/// What met what in worlds: a kind of event, and the state in which it found a saga or a step.
///
/// A generator that never lets a verb meet a parked saga proves nothing about it, so the cells that
/// must not stay empty are listed.
package struct Coverage: Equatable, Sendable {
    /// A kind of event and a state.
    package struct Cell: Hashable, Comparable, Sendable {
        /// What happened, e.g. `verb cancel`.
        package let event: String
        /// How it found the saga or the step.
        package let state: String

        /// Cells sort by event, then by state.
        package static func < (left: Cell, right: Cell) -> Bool {
            (left.event, left.state) < (right.event, right.state)
        }
    }

    /// How often each cell was met.
    package private(set) var counts: [Cell: Int] = [:]

    /// Nothing was met.
    package init() {}

    /// Notes a meeting.
    mutating func note(_ event: String, _ state: String) {
        counts[Cell(event: event, state: state), default: 0] += 1
    }

    /// Adds what another world met.
    package mutating func add(_ other: Coverage) {
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// The cells that must be met and were not.
    package var missing: [Cell] { Self.required.filter { counts[$0] == nil } }

    /// The cells that must be met by some thousand worlds.
    package static let required: [Cell] = {
        let goingOn = ["PENDING", "RUNNING", "COMPENSATING", "FAILED"]
        let ended = ["COMPLETED", "COMPENSATED", "ABANDONED"]
        var cells: [(event: String, states: [String])] = []
        for fault in FaultClass.spontaneous + FaultClass.ofCoordinator {
            cells.append(("fault \(fault.rawValue)", goingOn))
        }
        for verb in SimulatedClient.verbs { cells.append(("verb \(verb)", goingOn + ended)) }
        cells += [("restated", goingOn + ended), ("start", ["on a freed journal"])]
        let late = ["failed", "compensating", "compensated"]
        cells += [
            ("action succeeded", ["scheduled"] + late), ("action failed", ["scheduled"]),
            ("action retry", ["scheduled"] + late), ("action not yet", ["scheduled"]),
            ("action deferred", ["scheduled"]), ("action hold", ["scheduled"]),
            ("action refused", ["scheduled"]), ("undo succeeded", ["compensating", "compensated"]),
            ("undo failed", ["compensating"]), ("undo retry", ["compensating", "compensated"]),
            ("undo not yet", ["compensating"]), ("undo deferred", ["compensating"]),
            ("undo hold", ["compensating"]), ("bit flip", ["refused", "torn"]),
            ("space ample", ["RUNNING", "COMPENSATING"]),
            ("space low", ["RUNNING", "COMPENSATING"]),
            ("space spare", ["RUNNING"]),
        ]
        return cells.flatMap { row in row.states.map { Cell(event: row.event, state: $0) } }
    }()
}
