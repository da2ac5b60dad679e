internal import SagaModel

/// What the start of a saga says that its events are shown and chosen by.
struct WatchedSaga: Sendable {
    /// The id.
    let id: SagaID
    /// What it runs by.
    let definition: WatchedDefinition
    /// The business key; empty for none, or one that the client drew at random.
    let key: String
    /// Its labels, sorted by name.
    let labels: [Label]
    /// When it was started.
    let createdAt: Instant

    /// Takes what is needed of a start.
    init(_ started: SagaStarted, _ definition: WatchedDefinition) {
        id = started.id
        self.definition = definition
        key = started.keyIsRandom ? "" : started.key
        labels = started.labels
        createdAt = started.at
    }

    /// The name of one of its steps.
    func name(of step: StepIndex) -> String? {
        let names = definition.stepNames
        return names.indices.contains(step.rawValue) ? names[step.rawValue] : nil
    }
}

/// What events say of a definition; shared by all sagas that run by it.
final class WatchedDefinition: Sendable {
    /// The namespace, which its sagas are in too.
    let namespace: String
    /// The name.
    let name: String
    /// The version.
    let version: UInt32
    /// The names of its steps, in their order.
    let stepNames: [String]

    /// Takes what is needed of a definition.
    init(namespace: String, _ definition: SagaDefinition) {
        self.namespace = namespace
        name = definition.name
        version = definition.version
        stepNames = definition.steps.map(\.name)
    }
}
