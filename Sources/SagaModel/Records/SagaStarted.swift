/// A saga's start, with the first attempts that it opens.
///
/// Never changed once it is made, and so an object: a record goes through many hands, and one
/// reference is passed on sooner than twenty fields.
package final class SagaStarted: Sendable {
    /// The saga's id.
    package let id: SagaID
    /// The record that registered the definition it runs by.
    package let definition: JournalPosition
    /// The business key; empty for a saga without one.
    package let key: String
    /// Whether the client drew the key at random, only to be able to repeat its own start.
    package let keyIsRandom: Bool
    /// The hash of the key, so that the end of the saga can say until when it stays taken.
    package let keyHash: KeyHash?
    /// What the saga was given.
    package let input: Payload
    /// Searchable pairs, sorted by name.
    package let labels: [Label]
    /// The trace context that is passed on, sorted by name.
    package let traceContext: [Label]
    /// Who started it.
    package let principal: Principal
    /// When.
    package let at: Instant
    /// The first attempts.
    package let opened: [Opened]
    /// When it begins, if that was later than its start; until then it is pending.
    package let startAt: Wait?
    /// A definition of its own, which is registered nowhere; in its place `definition` is none. In
    /// a box: it is rare and large.
    package let inline: InlineDefinition?
    /// The step of another saga that this one runs for.
    package let parent: ParentStep?
    /// The definitions that child sagas below it run by, as they stood at the start of the root.
    package let children: [ChildDefinition]
    /// The saga that it replaces under its key.
    package let replaces: SagaID?

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

extension SagaStarted: Equatable {
    /// Equal if all parts are.
    package static func == (left: SagaStarted, right: SagaStarted) -> Bool {
        left.id == right.id && left.definition == right.definition && left.key == right.key
            && left.keyIsRandom == right.keyIsRandom && left.keyHash == right.keyHash
            && left.input == right.input && left.labels == right.labels
            && left.traceContext == right.traceContext && left.principal == right.principal
            && left.at == right.at && left.opened == right.opened && left.startAt == right.startAt
            && left.inline == right.inline && left.parent == right.parent
            && left.children == right.children && left.replaces == right.replaces
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
