package import SagaModel

/// A request to follow what happens, as it came.
package struct WatchMessage: Equatable, Sendable {
    /// Where to begin.
    package enum Start: Equatable, Sendable {
        /// With what happens next.
        case now
        /// With the oldest event that is kept whole.
        case oldest
        /// Behind a cursor from an earlier answer.
        case after(EventCursor)
    }

    /// The namespace.
    package var namespace: String
    /// Where to begin.
    package var start: Start
    /// Only of this saga; nil for all.
    package var saga: SagaRef?
    /// Only of sagas of this definition; nil for all.
    package var definition: String?
    /// Only of this version of the definition; nil for all.
    package var version: UInt32?
    /// Only of sagas with all of these labels.
    package var labels: [Label]
    /// Only of these kinds, in the order of their numbers; empty for all.
    package var kinds: [EventKind]

    /// States what is asked for.
    package init(
        namespace: String, start: Start = .now, saga: SagaRef? = nil, definition: String? = nil,
        version: UInt32? = nil, labels: [Label] = [], kinds: [EventKind] = []
    ) {
        self.namespace = namespace
        self.start = start
        self.saga = saga
        self.definition = definition
        self.version = version
        self.labels = labels
        self.kinds = kinds
    }
}

/// One message of an answer to somebody who follows what happens.
package struct WatchAnswer: Equatable, Sendable {
    /// What happened; nil if only the cursor has moved, or for a kind of a later release.
    package var event: SagaEvent?
    /// Reading on from here gives what follows.
    package var cursor: EventCursor
    /// How many records tell nothing because they, or the starts of their sagas, cannot be read.
    package var unreadableRecords: UInt64

    /// States what is told.
    package init(event: SagaEvent? = nil, cursor: EventCursor, unreadableRecords: UInt64 = 0) {
        self.event = event
        self.cursor = cursor
        self.unreadableRecords = unreadableRecords
    }
}
