/// A task as a participant receives it: all that a handler is told.
package struct ReceivedTask: Equatable, Sendable {
    /// The attempt.
    package var attempt: TaskAttempt
    /// The handler.
    package var handler: String
    /// The name of the saga's definition.
    package var definition: String
    /// Its version.
    package var version: UInt32
    /// The key to deduplicate by, the same on every attempt of the task.
    package var idempotencyKey: String
    /// What the handler gets: the action's input.
    package var input: Payload
    /// The longest the attempt may take, counted from receipt; nil for no limit.
    package var startToClose: Duration?
    /// The longest silence of the handler, counted from receipt; nil if it promises no heartbeats.
    package var heartbeatTimeout: Duration?
    /// The saga's labels, sorted by name.
    package var labels: [Label]
    /// The saga's trace context, sorted by name.
    package var traceContext: [Label]
    /// The position of the saga's start, which tells a store when it may forget the saga.
    package var startPosition: JournalPosition
    /// The newest progress that an attempt before this one gave.
    package var previousProgress: Payload?
    /// What a compensation is told beside it; nil for an action.
    package var undo: ReceivedUndo?

    /// States the facts.
    package init(
        attempt: TaskAttempt, handler: String, definition: String, version: UInt32,
        idempotencyKey: String, input: Payload, startToClose: Duration?,
        heartbeatTimeout: Duration?, labels: [Label], traceContext: [Label],
        startPosition: JournalPosition, previousProgress: Payload?, undo: ReceivedUndo?
    ) {
        self.attempt = attempt
        self.handler = handler
        self.definition = definition
        self.version = version
        self.idempotencyKey = idempotencyKey
        self.input = input
        self.startToClose = startToClose
        self.heartbeatTimeout = heartbeatTimeout
        self.labels = labels
        self.traceContext = traceContext
        self.startPosition = startPosition
        self.previousProgress = previousProgress
        self.undo = undo
    }
}

/// What a compensation is told of the action that it undoes, and of why.
package struct ReceivedUndo: Equatable, Sendable {
    /// The action's output; nil if its outcome is not known, so that it may or may not have run.
    package var output: Payload?
    /// The idempotency key that the action had.
    package var actionIdempotencyKey: String
    /// The step because of which the saga goes back; empty if none is the cause.
    package var causeStep: String
    /// The code of what happened, e.g. `card-declined` or `cancelled`.
    package var causeCode: String
    /// The same for people.
    package var causeMessage: String

    /// States the facts.
    package init(
        output: Payload?, actionIdempotencyKey: String, causeStep: String, causeCode: String,
        causeMessage: String
    ) {
        self.output = output
        self.actionIdempotencyKey = actionIdempotencyKey
        self.causeStep = causeStep
        self.causeCode = causeCode
        self.causeMessage = causeMessage
    }
}
