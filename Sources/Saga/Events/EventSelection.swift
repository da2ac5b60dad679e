public import SagaModel

/// Which events are wanted: those to which everything applies that is set.
public struct EventSelection: Hashable, Sendable {
    /// Of the saga with this id.
    public var saga: SagaID?
    /// Of sagas of the definition with this name.
    public var definition: String?
    /// And of this version of it; without a definition it says nothing.
    public var version: UInt32?
    /// And with this business key; without a definition it says nothing.
    public var key: String?
    /// Of sagas with all of these labels.
    public var labels: [String: String]
    /// Of these kinds; empty for all.
    public var kinds: Set<EventKind>

    /// All events, or those of one saga, with labels or of some kinds.
    public init(
        saga: SagaID? = nil, labels: [String: String] = [:], kinds: Set<EventKind> = []
    ) {
        self.saga = saga
        self.labels = labels
        self.kinds = kinds
    }

    /// Those of the sagas of a definition.
    public init(
        definition: String, version: UInt32? = nil, key: String? = nil,
        labels: [String: String] = [:], kinds: Set<EventKind> = []
    ) {
        self.definition = definition
        self.version = version
        self.key = key
        self.labels = labels
        self.kinds = kinds
    }
}

/// Where to begin with events.
public enum EventStart: Hashable, Sendable {
    /// With what happens next.
    case now
    /// With the oldest event that is kept whole.
    case oldest
    /// Behind an event that was seen, or the place that a reader had come to.
    case after(EventCursor)
}
