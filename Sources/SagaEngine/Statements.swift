internal import DequeModule
internal import SagaModel

/// Where the newest full statement of everything stands in the journal, so that what is older can
/// be freed; and what a replay has passed over because its beginning was freed.
///
/// Sagas and definitions keep their own. Root sagas are stated anew in the order of their newest
/// statements, each with its children in one group: those that never were are in the order of
/// their start, and the others stand in a line.
///
/// A record that names a definition comes at most `EngineLimits.statementReach` records behind a
/// statement of it and of the epoch, so that a replay which begins that much earlier knows both.
struct Statements {
    /// The first record of the journal.
    var oldest = JournalPosition.none
    /// The last record that said the epoch.
    var epoch = JournalPosition.none
    /// The last record that said what the engine knows beside all else.
    var engine = JournalPosition.none
    /// No session on record was stated before this.
    var sessions = JournalPosition.none
    /// Of each bucket of keys: none of it was stated before this.
    var keys = [JournalPosition](repeating: .none, count: KeyTable.bucketCount)
    /// All root sagas that started before this one were stated anew at least once, and no other.
    var firstNative = JournalPosition.none
    /// Those, by their starts, in the order of their newest statements; some are gone.
    private(set) var restated: Deque<JournalPosition> = []
    /// About how many bytes the sagas had that were stated anew in this life, and how many these
    /// were.
    var measured = (bytes: 0, sagas: 0)

    // While replaying.
    /// Sagas of which nothing is known since their beginning was freed, by their start records;
    /// whether the last that was heard of each was its end.
    var passed: [JournalPosition: Bool] = [:]
    /// The keys of those, for their ends.
    var passedKeys: [JournalPosition: (key: KeyHash, saga: SagaID)] = [:]
    /// Whether ended sagas are not in the order of their ends.
    var endedInDisorder = false

    /// Whether the journal once began earlier.
    var isFreed: Bool { oldest > JournalPosition(1) }

    /// A root saga was stated anew, the one with the oldest statement of all.
    mutating func restate(_ saga: SagaInstance, _ order: StartOrder) {
        if restated.first == saga.facts.start {
            restated.removeFirst()
        } else {
            firstNative = saga.facts.start.next
        }
        restated.append(saga.facts.start)
        dropGone(order)
        if restated.count > 1_024 + 2 * order.count { restated.removeAll { !order.keeps($0) } }
    }

    /// Takes sagas that are gone from the head of the line.
    mutating func dropGone(_ order: StartOrder) {
        while let first = restated.first, !order.keeps(first) { restated.removeFirst() }
    }

    /// Makes the line anew, of all root sagas that are kept.
    mutating func line(up sagas: [SagaInstance]) {
        let again = sagas.filter { $0.statedAt != $0.facts.start }
        restated = Deque(again.sorted { $0.statedAt < $1.statedAt }.map(\.facts.start))
        firstNative = again.map(\.facts.start).max()?.next ?? .none
    }
}
