internal import SagaEngine
package import SagaModel

/// What an archive finds an ended saga by, and shows of it in a list.
package struct ArchivedSaga: Equatable, Sendable {
    /// Its start record.
    package var start: JournalPosition
    /// The id.
    package var id: SagaID
    /// The namespace.
    package var namespace: String
    /// The definition's name.
    package var definition: String
    /// The definition's version.
    package var version: UInt32
    /// The business key; empty for none, or one that the client drew at random.
    package var key: String
    /// How it ended.
    package var state: SagaState
    /// When it started.
    package var startedAt: Instant
    /// When it ended.
    package var endedAt: Instant
    /// The labels.
    package var labels: [Label]
    /// The codes of its failures and of the last errors of its tasks, each once.
    package var failureCodes: [String]
    /// The instances that had one of its tasks, such as `payments/p-1`, each once.
    package var instances: [String]
    /// The handlers that its steps run, each once.
    package var handlers: [String]
    /// The saga for which it ran as a child.
    package var parent: SagaID?

    /// Takes what is needed of a saga that is shown with all its parts.
    ///
    /// - Parameter start: its start record.
    package init(_ status: SagaStatus, start: JournalPosition) {
        self.start = start
        id = status.id
        namespace = status.namespace
        definition = status.definition
        version = status.version
        key = status.keyIsRandom ? "" : status.key
        state = status.state
        startedAt = status.startedAt
        endedAt = status.endedAt ?? status.stateSince
        labels = status.labels.map { Label(name: $0.key, value: $0.value) }
            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        let tasks = status.steps.flatMap { [$0.action, $0.compensation].compactMap(\.self) }
        failureCodes = Self.unique(
            [status.failure?.failure.code, status.compensationFailure?.failure.code]
                + tasks.map { $0.lastFailure?.code })
        instances = Self.unique(
            tasks.flatMap { task in [task.instance] + task.history.map(\.instance) })
        handlers = Self.unique(
            status.steps.filter { $0.more.childVersion == nil }.map(\.handler))
        parent = status.more.parent?.saga
    }

    /// The same of one that was not shown.
    init(_ summary: SagaSummary) {
        start = summary.start
        id = summary.id
        namespace = summary.namespace
        definition = summary.definition.name
        version = summary.definition.version
        key = summary.key
        state = summary.state
        startedAt = summary.startedAt
        endedAt = summary.endedAt
        labels = summary.labels.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        failureCodes = Self.unique(summary.failureCodes)
        instances = Self.unique(summary.instances)
        handlers = Self.unique(summary.handlers)
        parent = summary.parent
    }

    private static func unique(_ texts: [String?]) -> [String] {
        var found: [String] = []
        for case let text? in texts where !text.isEmpty && !found.contains(text) {
            found.append(text)
        }
        return found
    }

    /// The row of a list.
    package var row: SagaRow {
        SagaRow(
            id: id, definition: definition, version: version, key: key, state: state,
            attention: [], step: "", startedAt: startedAt, endedAt: endedAt, stateSince: endedAt,
            start: start)
    }
}
