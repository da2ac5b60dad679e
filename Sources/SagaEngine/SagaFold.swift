package import SagaModel

/// Makes out of the records of one saga what the engine would show of it.
///
/// It applies them with the very `apply` of the engine, to nothing but that saga and its children,
/// so that a saga which has left the engine is shown as it was before. What only a life of the
/// coordinator knew, the annotations, is left out, as it is after a restart.
package struct SagaFold: ~Copyable {
    fileprivate var engine: Engine

    /// A record with its place.
    package struct Item: Sendable {
        /// What is recorded; nil for bytes that do not say it, which set their saga aside until a
        /// person ends it, as in the engine.
        package var record: Record?
        /// Its number.
        package var position: JournalPosition
        /// The start record of the saga that it is about.
        package var saga: JournalPosition
        /// The life that wrote it: what it opens has tokens of this epoch.
        package var epoch: Epoch

        /// Names a record and its place.
        package init(
            record: Record?, position: JournalPosition, saga: JournalPosition, epoch: Epoch
        ) {
            self.record = record
            self.position = position
            self.saga = saga
            self.epoch = epoch
        }
    }

    /// A saga as the records left it.
    package struct Folded: Sendable {
        /// Its start record.
        package var start: JournalPosition
        /// The saga, with everything that can be shown of it.
        package var status: SagaStatus
    }

    /// Makes a fold that knows no definition.
    package init(limits: EngineLimits) {
        engine = Engine(limits: limits)
    }

    /// Whether the definition of this record is known.
    package func knows(_ definition: JournalPosition) -> Bool {
        engine.definitions.find(definition) != nil
    }

    /// Makes a definition known; equal content again changes nothing.
    package mutating func register(_ stored: DefinitionRegistered, at position: JournalPosition) {
        guard !knows(position) else { return }
        let definition = ResolvedDefinition(stored, position: position)
        engine.definitions.add(definition, queues: engine.makeQueues(for: definition))
    }

    /// What can be shown of a saga and its children.
    ///
    /// - Parameters:
    ///   - records: all of theirs, in order; the first one is the start of the root.
    ///   - observedAt: when it is looked at.
    /// - Returns: the root, then its children in the order of their starts.
    /// - Throws: what does not fit what came before it.
    package mutating func fold(
        _ records: [Item], observedAt: Instant
    ) throws(ReplayFailure) -> [Folded] {
        try apply(records)
        engine.newestStamp = observedAt
        let everything = SagaView(output: true, steps: true, history: true, payloads: true)
        return engine.order.kept.map { saga in
            Folded(start: saga.facts.start, status: engine.status(of: saga, everything))
        }
    }

    /// What a saga and its children are found by: a small part of what `fold` gives, for the price
    /// of a small part.
    ///
    /// - Parameter records: as `fold` takes them.
    /// - Returns: the root, then its children in the order of their starts.
    /// - Throws: what does not fit what came before it.
    package mutating func summarize(_ records: [Item]) throws(ReplayFailure) -> [SagaSummary] {
        try apply(records)
        return engine.order.kept.map { saga in
            SagaSummary(
                saga, parent: saga.facts.parent.flatMap { engine.order.find($0.saga)?.facts.id })
        }
    }

    private mutating func apply(_ records: [Item]) throws(ReplayFailure) {
        forget()
        for item in records {
            // Whose key it is nobody asks here, and a table of keys for one saga costs more than
            // the saga.
            if case .keyTaken? = item.record { continue }
            engine.lastEpoch = item.epoch
            guard let record = item.record else {
                try engine.replayUnreadable(
                    at: item.position, saga: item.saga, reason: "it cannot be read")
                continue
            }
            try engine.replay(record, at: item.position, saga: item.saga)
        }
        if let aside = engine.quarantined.min(by: { $0.key < $1.key }) {
            throw ReplayFailure(position: aside.key, reason: aside.value.message)
        }
    }

    /// Everything but definitions.
    private mutating func forget() {
        engine.sagas = IdentityTable()
        engine.order = StartOrder()
        engine.ended.removeAll(keepingCapacity: true)
        engine.keys = KeyTable()
        engine.quarantined.removeAll()
        engine.counts = Engine.Counts()
        engine.lastPosition = .none
        engine.newestStamp = Instant(microseconds: .min)
        engine.newestDropped = nil
        // All there is of these sagas is in the records, wherever they stand.
        engine.statements.oldest = JournalPosition(1)
    }
}

extension SagaFold {
    /// How long a saga of the last fold is kept after its end, by its definition; nil if that does
    /// not say.
    package func retention(of start: JournalPosition) -> Duration? {
        engine.order.find(start)?.facts.definition.filled.retention
    }
}
