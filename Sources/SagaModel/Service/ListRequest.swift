/// Which sagas are meant: those to which everything applies that is set.
package struct SagaFilter: Equatable, Sendable {
    /// In this namespace.
    package var namespace: String
    /// In one of these states; in any if empty.
    package var states: [SagaState] = []
    /// Of this definition; of all if empty.
    package var definition = ""
    /// Of this version of it; of all if nil.
    package var version: UInt32?
    /// With this key; with any or none if empty.
    package var key = ""
    /// With all of these labels.
    package var labels: [Label] = []
    /// That need attention.
    package var needsAttention = false
    /// That need it for one of these reasons; for any if empty.
    package var attention: [AttentionReason] = []
    /// That are suspended.
    package var isSuspended = false
    /// Whose failure, failure of an undo or last error of a step has this code; empty for any.
    package var failureCode = ""
    /// With a step that this participant had; nil for any.
    package var participant: Participant?
    /// With a step that runs this handler; empty for any.
    package var handler = ""
    /// Started in this time.
    package var started = InstantRange()
    /// Ended in this time.
    package var ended = InstantRange()
    /// Children of this saga; nil for all sagas.
    package var parent: SagaID?

    /// A participant, or one instance of it.
    package struct Participant: Hashable, Sendable {
        /// The name, e.g. `payments`.
        package var name: String
        /// The instance; empty for any.
        package var instance: String

        /// Names a participant.
        package init(name: String, instance: String = "") {
            self.name = name
            self.instance = instance
        }

        /// Whether a task's instance, such as `payments/p-1`, is one that is meant.
        package func takes(_ shown: String) -> Bool {
            guard let slash = shown.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
            return shown[..<slash] == name
                && (instance.isEmpty || shown[shown.index(after: slash)...] == instance)
        }
    }

    /// All sagas of a namespace.
    package init(namespace: String) { self.namespace = namespace }

    /// Whether sagas that have ended may be among those that are meant.
    package var takesEnded: Bool {
        !needsAttention && attention.isEmpty && !isSuspended
            && (states.isEmpty || states.contains(where: \.isEnded))
    }
}

/// A range of time.
package struct InstantRange: Equatable, Sendable {
    /// Not before this; nil for no bound.
    package var from: Instant?
    /// Before this; nil for no bound.
    package var to: Instant?

    /// Makes a range; without bounds it is all time.
    package init(from: Instant? = nil, to: Instant? = nil) {
        self.from = from
        self.to = to
    }

    /// Whether it has no bound.
    package var isAll: Bool { from == nil && to == nil }

    /// Whether an instant is in it.
    package func contains(_ instant: Instant) -> Bool {
        (from ?? instant) <= instant && (to.map { instant < $0 } ?? true)
    }
}

/// A page of sagas to list, in the order of their starts.
package struct ListRequest: Equatable, Sendable {
    /// Which sagas.
    package var filter: SagaFilter
    /// Whether the oldest come first, and not the newest.
    package var isOldestFirst: Bool
    /// How many rows at most.
    package var pageSize: UInt32
    /// Only sagas behind this start, in the order of the list: the cursor of the page before.
    package var cursor: JournalPosition?

    /// States the request.
    package init(
        _ filter: SagaFilter, isOldestFirst: Bool = false, pageSize: UInt32,
        cursor: JournalPosition? = nil
    ) {
        self.filter = filter
        self.isOldestFirst = isOldestFirst
        self.pageSize = pageSize
        self.cursor = cursor
    }
}

/// What sagas are counted by. Of what a saga has several of, it counts for each.
package enum SagaGroup: Equatable, Sendable {
    /// The state.
    case state
    /// The name of the definition.
    case definition
    /// Name and version of the definition, `NAME@VERSION`.
    case version
    /// The codes of its failures.
    case failureCode
    /// The names of the participants that had a step.
    case participant
    /// The handlers that its steps run.
    case handler
    /// The value of this label.
    case label(String)
}

/// Sagas to count.
package struct CountRequest: Equatable, Sendable {
    /// Which sagas.
    package var filter: SagaFilter
    /// By what.
    package var group: SagaGroup
    /// Only sagas that started before this one: where a count before stopped.
    package var cursor: JournalPosition?
    /// Of those that have ended, only such as did so behind this record; the others are counted
    /// elsewhere.
    package var endedAfter: JournalPosition

    /// States the request.
    package init(
        _ filter: SagaFilter, by group: SagaGroup, cursor: JournalPosition? = nil,
        endedAfter: JournalPosition = .none
    ) {
        self.filter = filter
        self.group = group
        self.cursor = cursor
        self.endedAfter = endedAfter
    }
}

/// How many sagas there are of each kind.
package struct SagaCounts: Equatable, Sendable {
    /// By what they have in common; empty for those that have nothing of the kind.
    package var counts: [String: UInt64]
    /// All of them, each once.
    package var total: UInt64
    /// Where the count goes on; nil if it is complete.
    package var next: JournalPosition?
    /// When the coordinator looked.
    package var observedAt: Instant

    /// States the facts.
    package init(
        counts: [String: UInt64] = [:], total: UInt64 = 0, next: JournalPosition? = nil,
        observedAt: Instant
    ) {
        self.counts = counts
        self.total = total
        self.next = next
        self.observedAt = observedAt
    }

    /// Counts one saga.
    package mutating func add(_ values: [String]) {
        total += 1
        for value in values.isEmpty ? [""] : values { counts[value, default: 0] += 1 }
    }

    /// Adds what was counted elsewhere.
    package mutating func add(_ others: SagaCounts) {
        total += others.total
        counts.merge(others.counts, uniquingKeysWith: +)
    }
}
