/// What all tasks of one saga share: made once, when the saga starts, and never changed.
package final class SagaFacts: Sendable {
    /// The saga's id.
    package let id: SagaID
    /// The position of its start record.
    package let start: JournalPosition
    /// The definition that it runs by.
    package let definition: ResolvedDefinition
    /// The business key; empty for none.
    package let key: String
    /// Whether the client drew the key at random.
    package let keyIsRandom: Bool
    /// The hash of the key, if it has one.
    package let keyHash: KeyHash?
    /// What the saga was given.
    package let input: Payload
    /// Who started it.
    package let principal: Principal
    /// When it was started.
    package let startedAt: Instant
    /// What only few sagas have.
    private let rare: RareFacts?

    /// Whether it has neither labels nor trace context, no start time, parent, children or saga
    /// that it replaced.
    package var isPlain: Bool { rare == nil }

    /// Searchable pairs, sorted by name.
    package var labels: [Label] { rare?.labels ?? [] }
    /// The trace context that is passed on.
    package var traceContext: [Label] { rare?.traceContext ?? [] }
    /// When it begins, if that is later than its start.
    package var startAt: Wait? { rare?.startAt }
    /// The step of another saga that it runs for.
    package var parent: ParentStep? { rare?.parent }
    /// What child sagas below it run by.
    package var children: [ChildDefinition] { rare?.children ?? [] }
    /// The saga that it replaced under its key.
    package var replaces: SagaID? { rare?.replaces }

    private final class RareFacts: Sendable {
        let labels: [Label]
        let traceContext: [Label]
        let startAt: Wait?
        let parent: ParentStep?
        let children: [ChildDefinition]
        let replaces: SagaID?

        init(_ record: SagaStarted, children: [ChildDefinition]) {
            labels = record.labels
            traceContext = record.traceContext
            startAt = record.startAt
            parent = record.parent
            self.children = children
            replaces = record.replaces
        }
    }

    /// Takes the facts from the start record.
    ///
    /// - Parameter children: for a child saga, what its parent knows of the sagas below; else that
    ///   of the record.
    package init(
        _ record: SagaStarted, at position: JournalPosition, definition: ResolvedDefinition,
        children: [ChildDefinition]? = nil
    ) {
        id = record.id
        start = position
        self.definition = definition
        key = record.key
        keyIsRandom = record.keyIsRandom
        keyHash = record.keyHash
        input = record.input
        principal = record.principal
        startedAt = record.at
        let below = children ?? record.children
        let isPlain =
            record.startAt == nil && record.parent == nil && below.isEmpty
            && record.replaces == nil && record.labels.isEmpty && record.traceContext.isEmpty
        rare = isPlain ? nil : RareFacts(record, children: below)
    }

    /// The task of a step in a direction.
    package func task(_ step: StepIndex, _ direction: Direction) -> TaskRef {
        TaskRef(saga: id, step: definition.steps[step.rawValue].name, direction: direction)
    }
}

/// A task on its way to a participant.
package struct TaskOrder: Sendable {
    /// The saga's facts.
    package let saga: SagaFacts
    /// The step.
    package let step: StepIndex
    /// The attempt.
    package let token: Token
    /// What the handler gets: the action's input.
    package let input: Payload
    /// What a compensation gets beside it; nil for an action.
    package let undo: UndoOrder?
    /// The newest progress that an attempt before this one gave.
    package let previousProgress: Payload?
    /// The record that made the saga run.
    package let startPosition: JournalPosition

    /// Action or compensation.
    package var direction: Direction { undo == nil ? .action : .compensation }
    /// The task's name.
    package var task: TaskRef { saga.task(step, direction) }
    /// The longest the attempt may take.
    package var startToClose: Duration { saga.definition.steps[step.rawValue].startToClose }

    /// Makes an order.
    package init(
        saga: SagaFacts, step: StepIndex, token: Token, input: Payload, undo: UndoOrder?,
        previousProgress: Payload? = nil, startPosition: JournalPosition? = nil
    ) {
        self.saga = saga
        self.step = step
        self.token = token
        self.input = input
        self.undo = undo
        self.previousProgress = previousProgress
        self.startPosition = startPosition ?? saga.start
    }
}

/// What a compensation is told of the action that it undoes; shared, since most tasks have none.
package final class UndoOrder: Equatable, Sendable {
    /// The action's output; nil if its outcome is not known.
    package let output: Payload?
    /// Why the saga goes back.
    package let reason: BackReason

    /// States the facts.
    package init(output: Payload?, reason: BackReason) {
        self.output = output
        self.reason = reason
    }

    /// Equal if they say the same.
    package static func == (left: UndoOrder, right: UndoOrder) -> Bool {
        left.output == right.output && left.reason == right.reason
    }
}

extension TaskOrder: Equatable {
    /// Equal if they are the same attempt with the same content.
    package static func == (left: TaskOrder, right: TaskOrder) -> Bool {
        left.saga.id == right.saga.id && left.step == right.step && left.token == right.token
            && left.input == right.input && left.undo == right.undo
            && left.previousProgress == right.previousProgress
            && left.startPosition == right.startPosition
    }
}
