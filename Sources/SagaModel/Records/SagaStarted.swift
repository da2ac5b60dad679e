/// A saga's start, with the first attempts that it opens.
package struct SagaStarted: Equatable, Sendable {
    /// The saga's id.
    package var id: SagaID
    /// The record that registered the definition it runs by.
    package var definition: JournalPosition
    /// The business key; empty for a saga without one.
    package var key: String
    /// Whether the client drew the key at random, only to be able to repeat its own start.
    package var keyIsRandom: Bool
    /// The hash of the key, so that the end of the saga can say until when it stays taken.
    package var keyHash: KeyHash?
    /// What the saga was given.
    package var input: Payload
    /// Searchable pairs, sorted by name.
    package var labels: [Label]
    /// The trace context that is passed on, sorted by name.
    package var traceContext: [Label]
    /// Who started it.
    package var principal: Principal
    /// When.
    package var at: Instant
    /// The first attempts.
    package var opened: [Opened]
    /// When it begins, if that was later than its start; until then it is pending.
    package var startAt: Wait?
    /// A definition of its own, which is registered nowhere; in its place `definition` is none. In
    /// a box: it is rare and large.
    package var inline: InlineDefinition?
    /// The step of another saga that this one runs for.
    package var parent: ParentStep?
    /// The definitions that child sagas below it run by, as they stood at the start of the root.
    package var children: [ChildDefinition]
    /// The saga that it replaces under its key.
    package var replaces: SagaID?

    /// States the facts.
    package init(
        id: SagaID, definition: JournalPosition, key: String, keyIsRandom: Bool, keyHash: KeyHash?,
        input: Payload, labels: [Label], traceContext: [Label], principal: Principal, at: Instant,
        opened: [Opened], startAt: Wait? = nil, inline: InlineDefinition? = nil,
        parent: ParentStep? = nil, children: [ChildDefinition] = [], replaces: SagaID? = nil
    ) {
        self.id = id
        self.definition = definition
        self.key = key
        self.keyIsRandom = keyIsRandom
        self.keyHash = keyHash
        self.input = input
        self.labels = labels
        self.traceContext = traceContext
        self.principal = principal
        self.at = at
        self.opened = opened
        self.startAt = startAt
        self.inline = inline
        self.parent = parent
        self.children = children
        self.replaces = replaces
    }
}

/// A definition that one saga carries.
package final class InlineDefinition: Equatable, Sendable {
    /// The namespace it belongs to.
    package let namespace: String
    /// Only what was written down.
    package let written: SagaDefinition
    /// The same with every default of the day.
    package let filled: SagaDefinition
    /// Over what was written down.
    package let digest: Digest256

    /// States the facts.
    package init(
        namespace: String, written: SagaDefinition, filled: SagaDefinition, digest: Digest256
    ) {
        self.namespace = namespace
        self.written = written
        self.filled = filled
        self.digest = digest
    }

    /// Equal if all parts are.
    package static func == (left: InlineDefinition, right: InlineDefinition) -> Bool {
        left.namespace == right.namespace && left.written == right.written
            && left.filled == right.filled && left.digest == right.digest
    }
}

/// The step that a child saga runs for.
package struct ParentStep: Hashable, Sendable {
    /// The start record of the parent.
    package var saga: JournalPosition
    /// The step.
    package var step: StepIndex

    /// Names a step.
    package init(saga: JournalPosition, step: StepIndex) {
        self.saga = saga
        self.step = step
    }
}

/// What a child saga runs by.
package struct ChildDefinition: Hashable, Sendable {
    /// The name, as a step has it.
    package var name: String
    /// The version, as a step has it; nil for the one registered last when the root started.
    package var version: UInt32?
    /// The record that registered what was found.
    package var definition: JournalPosition

    /// States the facts.
    package init(name: String, version: UInt32?, definition: JournalPosition) {
        self.name = name
        self.version = version
        self.definition = definition
    }
}
