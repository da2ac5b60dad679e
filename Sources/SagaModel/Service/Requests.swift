/// What a start asks for, with everything that the services made for it.
package struct StartRequest: Equatable, Sendable {
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
    /// Who asks.
    package var principal: Principal
    /// The id that the saga gets if it is new.
    package var id: SagaID
    /// The hash of namespace, definition and key; nil without a key.
    package var keyHash: KeyHash?
    /// The hash of what is asked for.
    package var requestHash: RequestHash
    /// How long the answer waits for the end of the saga; nil if it does not.
    package var waits: Duration?
    /// Whether a parked saga is waited for further.
    package var waitsUntilEnded: Bool
    /// What the answer carries of the saga at the end of the wait.
    package var view: SagaView
    /// When it begins; nil or past for at once.
    package var startAt: Instant?
    /// A definition of its own, in place of a registered one.
    package var inline: InlineDefinition?
    /// The saga that it is to replace under its key.
    package var replaces: SagaID?
    /// Whether the disk is too slow for it if the saga is new.
    package var isDiskSlow = false

    /// States the request.
    package init(
        namespace: String, definition: String, version: UInt32?, key: String, keyIsRandom: Bool,
        input: Payload, labels: [Label], traceContext: [Label], principal: Principal, id: SagaID,
        keyHash: KeyHash?, requestHash: RequestHash, waits: Duration?,
        waitsUntilEnded: Bool = false, view: SagaView = SagaView(), startAt: Instant? = nil,
        inline: InlineDefinition? = nil, replaces: SagaID? = nil
    ) {
        self.namespace = namespace
        self.definition = definition
        self.version = version
        self.key = key
        self.keyIsRandom = keyIsRandom
        self.input = input
        self.labels = labels
        self.traceContext = traceContext
        self.principal = principal
        self.id = id
        self.keyHash = keyHash
        self.requestHash = requestHash
        self.waits = waits
        self.waitsUntilEnded = waitsUntilEnded
        self.view = view
        self.startAt = startAt
        self.inline = inline
        self.replaces = replaces
    }
}

/// A definition to register: free of faults, filled and digested by the services.
package struct RegisterRequest: Equatable, Sendable {
    /// The namespace.
    package var namespace: String
    /// What was written down.
    package var written: SagaDefinition
    /// The same with the defaults of today.
    package var filled: SagaDefinition
    /// Over what was written down.
    package var digest: Digest256
    /// Who asks.
    package var principal: Principal

    /// States the request.
    package init(
        namespace: String, written: SagaDefinition, filled: SagaDefinition, digest: Digest256,
        principal: Principal
    ) {
        self.namespace = namespace
        self.written = written
        self.filled = filled
        self.digest = digest
        self.principal = principal
    }
}

/// How a request names a saga.
package enum SagaSelector: Hashable, Sendable {
    /// By its id.
    case id(namespace: String, SagaID)
    /// By definition and business key.
    case key(namespace: String, definition: String, key: String, KeyHash)

    /// The namespace that it is looked for in.
    package var namespace: String {
        switch self {
        case .id(let namespace, _): namespace
        case .key(let namespace, _, _, _): namespace
        }
    }
}
