internal import SagaModel

/// Which events somebody wants: those to which everything applies that is set.
struct EventFilter: Equatable, Sendable {
    /// Of sagas in this namespace.
    var namespace: String
    /// Of the saga with this id.
    var saga: SagaID?
    /// Of sagas with this business key, which says which one only together with a definition.
    var key: String?
    /// Of sagas of the definition with this name.
    var definition: String?
    /// And of this version of it.
    var version: UInt32?
    /// Of sagas with all of these labels.
    var labels: [Label] = []
    /// Of these kinds; empty for all.
    var kinds: Set<EventKind> = []

    /// Everything in a namespace.
    init(namespace: String) { self.namespace = namespace }

    /// Whether an event is wanted.
    func takes(_ told: ToldEvent) -> Bool {
        takes(told.saga) && (kinds.isEmpty || kinds.contains(told.event.kind))
    }

    /// Whether what was found is to be told: a wanted event, or that something cannot be read.
    func takes(_ found: FoundEvent) -> Bool {
        switch found {
        case .told(let told): takes(told)
        case .unreadable: true
        }
    }

    private func takes(_ watched: WatchedSaga) -> Bool {
        let runs = watched.definition
        return runs.namespace == namespace
            && (saga ?? watched.id) == watched.id
            && (key ?? watched.key) == watched.key
            && (definition ?? runs.name) == runs.name
            && (version ?? runs.version) == runs.version
            && labels.allSatisfy { watched.labels.contains($0) }
    }
}
