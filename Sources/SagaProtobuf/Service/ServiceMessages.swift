package import SagaModel

/// What a start asks for, as it came: ids, hashes and principal are the services' to add.
package struct StartMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// The definition's name.
    package var definition: String
    /// Its version; nil for the one registered last.
    package var version: UInt32?
    /// The business key; empty for none.
    package var key: String
    /// Whether the client drew the key at random.
    package var keyIsRandom: Bool
    /// What the saga is given.
    package var input: Payload
    /// Searchable pairs, sorted by name.
    package var labels: [Label]
    /// The trace context, sorted by name.
    package var traceContext: [Label]
    /// How to wait for the saga; nil if the answer does not wait.
    package var wait: AwaitWish?
    /// When it begins; nil for at once.
    package var startAt: Instant?
    /// The saga that it is to replace under its key.
    package var replaces: SagaID?
    /// A definition of its own, not validated; its name stands in `definition` too.
    package var inline: SagaDefinition?

    /// States what is asked for.
    package init(
        namespace: String, definition: String, version: UInt32? = nil, key: String = "",
        keyIsRandom: Bool = false, input: Payload = .empty, labels: [Label] = [],
        traceContext: [Label] = [], wait: AwaitWish? = nil, startAt: Instant? = nil,
        replaces: SagaID? = nil, inline: SagaDefinition? = nil
    ) {
        self.namespace = namespace
        self.definition = definition
        self.version = version
        self.key = key
        self.keyIsRandom = keyIsRandom
        self.input = input
        self.labels = labels
        self.traceContext = traceContext
        self.wait = wait
        self.startAt = startAt
        self.replaces = replaces
        self.inline = inline
    }
}

/// A request about one saga, as it came.
package struct SagaMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// The saga.
    package var saga: SagaRef
    /// What the answer carries; what the excerpt's part needs, if it has one.
    package var view: SagaView
    /// What of it is wanted.
    package var excerpt: SagaExcerpt

    /// States what is asked for.
    package init(
        namespace: String, saga: SagaRef, view: SagaView = SagaView(),
        excerpt: SagaExcerpt = SagaExcerpt()
    ) {
        self.namespace = namespace
        self.saga = saga
        self.view = excerpt.part?.view ?? view
        self.excerpt = excerpt
    }
}

/// A request to wait for a saga, as it came.
package struct AwaitMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// The saga.
    package var saga: SagaRef
    /// How.
    package var wait: AwaitWish

    /// States what is asked for.
    package init(namespace: String, saga: SagaRef, wait: AwaitWish = AwaitWish()) {
        self.namespace = namespace
        self.saga = saga
        self.wait = wait
    }
}

/// A wish to cancel a saga, as it came.
package struct CancelMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// The saga.
    package var saga: SagaRef
    /// Why, for people.
    package var reason: String

    /// States the wish.
    package init(namespace: String, saga: SagaRef, reason: String) {
        self.namespace = namespace
        self.saga = saga
        self.reason = reason
    }
}

/// A verb for a saga, as it came.
package struct VerbMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// The saga.
    package var saga: SagaRef
    /// The step that is meant; empty for none.
    package var step: String
    /// The output that a skipped step is taken to have given.
    package var output: Payload?
    /// Why, for people.
    package var reason: String

    /// States the verb's object.
    package init(
        namespace: String, saga: SagaRef, step: String = "", output: Payload? = nil,
        reason: String
    ) {
        self.namespace = namespace
        self.saga = saga
        self.step = step
        self.output = output
        self.reason = reason
    }
}

/// A definition to register, as it came.
package struct RegisterMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// What was written down; it is not validated.
    package var definition: SagaDefinition

    /// States what is asked for.
    package init(namespace: String, definition: SagaDefinition) {
        self.namespace = namespace
        self.definition = definition
    }
}

/// A request about definitions, as it came.
package struct DefinitionMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// The name; empty in a list for all.
    package var name: String
    /// The version; nil for the one registered last.
    package var version: UInt32?
    /// Whether a list has all versions instead of the newest of each name.
    package var allVersions: Bool
    /// How many a page of a list has at most.
    package var pageSize: UInt32 = 100
    /// The last one of the page before; nil for the first page.
    package var after: DefinitionVersion?

    /// States what is asked for.
    package init(
        namespace: String, name: String, version: UInt32? = nil, allVersions: Bool = false
    ) {
        self.namespace = namespace
        self.name = name
        self.version = version
        self.allVersions = allVersions
    }
}

/// A request about participants, as it came; empty names ask for all.
package struct ParticipantsMessage: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// Only this handler.
    package var handler: String
    /// Only this participant.
    package var participant: String
    /// How many rows a page has at most.
    package var pageSize: UInt32 = 100
    /// The last row of the page before; nil for the first page.
    package var after: ParticipantRow?

    /// States what is asked for.
    package init(namespace: String, handler: String = "", participant: String = "") {
        self.namespace = namespace
        self.handler = handler
        self.participant = participant
    }
}

/// A row of a list of handlers and instances: handlers first, each by name.
package enum ParticipantRow: Hashable, Comparable, Sendable {
    /// A handler.
    case handler(String)
    /// An instance, by the name of its participant and its own.
    case instance(String, String)

    /// The row in the token of the page after it.
    var token: String {
        switch self {
        case .handler(let name): "handler/\(name)"
        case .instance(let name, let instance): "instance/\(name)/\(instance)"
        }
    }

    /// Takes the token back; nil if it is none.
    init?(token: String) {
        let parts = token.split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false
        ).map(String.init)
        switch (parts.first, parts.count) {
        case ("handler", 2): self = .handler(parts[1])
        case ("instance", 3): self = .instance(parts[1], parts[2])
        default: return nil  // open set: texts
        }
    }
}

/// A definition as a client is shown it.
package struct ShownDefinition: Equatable, Sendable {
    /// What was written down.
    package var written: SagaDefinition
    /// The same with the defaults of the day of its registration.
    package var filled: SagaDefinition
    /// What a list says of it.
    package var summary: DefinitionSummary
}

/// The answer to a registration as a client is shown it.
package struct ShownRegistration: Equatable, Sendable {
    /// The definition's name.
    package var name: String
    /// Its version.
    package var version: UInt32
    /// Its digest.
    package var digest: Digest256
    /// Whether equal content was there before.
    package var existing: Bool
    /// What may be wrong with it.
    package var warnings: [Warning]

    /// Something that may be wrong with a definition.
    package struct Warning: Equatable, Sendable {
        /// The kind, e.g. `HANDLER_NEVER_OFFERED`.
        package var reason: String
        /// The step; empty for the definition as a whole.
        package var step: String
        /// The field of it, e.g. `handler`.
        package var field: String
        /// The same for people.
        package var message: String
    }
}

/// The answer to a start as a client is shown it.
package struct ShownStart: Equatable, Sendable {
    /// The saga.
    package var id: SagaID
    /// Whether the key named it already.
    package var existing: Bool
    /// What it runs by; nil if it is not kept any more.
    package var definition: DefinitionVersion?
    /// The saga at the end of the wait, if one was asked for.
    package var saga: SagaStatus?
    /// Whether the wait ended for its condition, not because its time was over.
    package var isReached: Bool
}

/// The answer to a cancellation as a client is shown it.
package struct ShownCancellation: Equatable, Sendable {
    /// The saga.
    package var id: SagaID
    /// Where it is now.
    package var state: SagaState
    /// What came of the wish.
    package var disposition: CancelDisposition
}

/// What came of a wish to cancel.
package enum CancelDisposition: UInt8, Hashable, Sendable, CaseIterable {
    /// The saga goes back.
    case goingBack
    /// The saga is over.
    case ended
    /// The pivot is undecided, and decides.
    case waitsForPivot
    /// Nothing, for it went back already or is over.
    case noEffect
    /// The saga is suspended, and goes back when it is resumed.
    case waitsForResume
}
