internal import SagaModel

/// All registered definitions, by name and by the record that registered them.
struct DefinitionTable {
    private var byName: [Name: Versions] = [:]
    private var byPosition: [JournalPosition: Registered] = [:]
    /// In the order of registration.
    private(set) var all: [Registered] = []
    /// What the last start ran by: most often the next one runs by it too.
    private var lastStarted: Registered?

    struct Name: Hashable {
        let namespace: String
        let name: String
    }

    private struct Versions {
        var latest: Registered
        var byVersion: [UInt32: Registered]
    }

    /// A definition that sagas run by; one that a single saga brought is in no table.
    final class Registered {
        let definition: ResolvedDefinition
        /// The queue of each step; nil for a child saga.
        let queues: [HandlerQueue?]
        var liveSagas: UInt64 = 0
        /// Its newest statement in the journal.
        var statedAt = JournalPosition.none
        /// Whether no other version was registered after it.
        fileprivate(set) var isLatest = true
        /// Annotation: where its sagas are counted, once one is.
        var tally: DefinitionTally?

        init(_ definition: ResolvedDefinition, queues: [HandlerQueue?]) {
            self.definition = definition
            self.queues = queues
        }
    }

    /// Adds a definition; one that was registered before others, and is stated anew behind them,
    /// comes to its place among them.
    @discardableResult
    mutating func add(
        _ definition: ResolvedDefinition, queues: [HandlerQueue?]
    ) -> Registered {
        let registered = Registered(definition, queues: queues)
        let place = all.lastIndex { $0.definition.position < definition.position }.map { $0 + 1 }
        all.insert(registered, at: place ?? 0)
        byPosition[definition.position] = registered
        let name = Name(namespace: definition.namespace, name: definition.name)
        var versions = byName[name] ?? Versions(latest: registered, byVersion: [:])
        if versions.latest.definition.position > definition.position {
            registered.isLatest = false
        } else if versions.latest !== registered {
            versions.latest.isLatest = false
            versions.latest = registered
        }
        versions.byVersion[definition.version] = registered
        byName[name] = versions
        return registered
    }

    /// A version of a definition; nil for the one registered last.
    func find(_ namespace: String, _ name: String, _ version: UInt32?) -> Registered? {
        guard let versions = byName[Name(namespace: namespace, name: name)] else { return nil }
        guard let version else { return versions.latest }
        return versions.byVersion[version]
    }

    func find(_ position: JournalPosition) -> Registered? {
        if let lastStarted, lastStarted.definition.position == position { return lastStarted }
        return byPosition[position]
    }

    /// The same for a start.
    mutating func findForStart(
        _ namespace: String, _ name: String, _ version: UInt32?
    ) -> Registered? {
        if let last = lastStarted, last.definition.name == name,
            last.definition.namespace == namespace,
            version.map({ $0 == last.definition.version }) ?? last.isLatest
        {
            return last
        }
        lastStarted = find(namespace, name, version)
        return lastStarted
    }

    func isLatest(_ registered: Registered) -> Bool { registered.isLatest }

    /// Names of definitions in a namespace, each once, in the order of registration.
    func names(in namespace: String) -> [String] {
        all.filter { $0.definition.namespace == namespace && isLatest($0) }.map(\.definition.name)
    }
}
