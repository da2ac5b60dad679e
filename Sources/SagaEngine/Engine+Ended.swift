internal import DequeModule
internal import SagaModel

/// Ended sagas: kept to be shown until the archive has them, or newer ones take their place.
extension Engine {
    /// An ended root, and the record that ended it.
    struct EndedSaga {
        let saga: SagaInstance
        let end: JournalPosition
    }

    /// How many archived sagas leave memory in the turn in which the archive says so; the others
    /// follow with later inputs, so that no turn takes long.
    private static let droppedAtOnce = 1_024

    /// Keeps an ended saga among those that can be shown, and lets the oldest of these go; a child
    /// goes with its root.
    mutating func retire(_ saga: SagaInstance, endedBy position: JournalPosition) {
        guard saga.facts.parent == nil else { return }
        ended.append(EndedSaga(saga: saga, end: position))
        if !statements.endedInDisorder { dropBeyondKept() }
    }

    /// Lets the oldest go where more are kept than may be.
    mutating func dropBeyondKept() {
        while ended.count > limits.endedKept, let oldest = ended.popFirst() {
            forget(oldest.saga, counting: \.dropped)
            droppedUpTo = max(droppedUpTo, oldest.end)
        }
    }

    /// The archive has committed every saga that ended up to a record.
    ///
    /// Their keys stay taken: keys are records and a table of their own.
    mutating func archived(upTo position: JournalPosition) {
        archivedUpTo = max(archivedUpTo, position)
        dropArchived(atMost: Self.droppedAtOnce)
    }

    /// Lets go of sagas that the archive has.
    mutating func dropArchived(atMost limit: Int) {
        var dropped = 0
        while dropped < limit, let oldest = ended.first, oldest.end <= archivedUpTo {
            ended.removeFirst()
            forget(oldest.saga, counting: \.archived)
            dropped += 1
        }
    }

    private mutating func forget(
        _ saga: SagaInstance, counting count: WritableKeyPath<Counts, UInt64>
    ) {
        for step in saga.steps {
            for child in step.action.extras?.children ?? [] {
                if let child = sagas[child] { forget(child, counting: count) }
            }
        }
        sagas.remove(saga.facts.id)
        order.drop(saga)
        statements.dropGone(order)
        counts[keyPath: count] += 1
        newestDropped = max(newestDropped ?? saga.facts.id, saga.facts.id)
    }
}
