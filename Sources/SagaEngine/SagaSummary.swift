package import SagaModel

/// What a saga is found by, and what a list shows of it.
package struct SagaSummary: Equatable, Sendable {
    /// Its start record.
    package let start: JournalPosition
    /// The id.
    package let id: SagaID
    /// The namespace.
    package let namespace: String
    /// What it runs by.
    package let definition: DefinitionVersion
    /// The business key; empty for none, or one that the client drew at random.
    package let key: String
    /// Where it stands.
    package let state: SagaState
    /// When it started.
    package let startedAt: Instant
    /// When it ended, or came to its state.
    package let endedAt: Instant
    /// The labels.
    package let labels: [Label]
    /// The codes of its failures, then those of the last errors of its tasks; some may be there
    /// more than once.
    package let failureCodes: [String]
    /// The instances that had one of its tasks; some may be there more than once.
    package let instances: [String]
    /// The handlers that its steps run; some may be there more than once.
    package let handlers: [String]
    /// The saga for which it ran as a child.
    package let parent: SagaID?

    init(_ saga: SagaInstance, parent: SagaID?) {
        let facts = saga.facts
        start = facts.start
        id = facts.id
        namespace = facts.definition.namespace
        definition = facts.definition.reference
        key = facts.keyIsRandom ? "" : facts.key
        state = saga.state
        startedAt = facts.startedAt
        endedAt = saga.endedAt ?? saga.stateSince
        labels = facts.isPlain ? [] : facts.labels
        failureCodes = saga.failureCodes
        instances = saga.shownInstances
        handlers = facts.definition.steps.filter { $0.child == nil }.map(\.handler)
        self.parent = parent
    }
}
