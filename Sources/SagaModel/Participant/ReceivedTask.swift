/// A task as a participant gets it: what a `TaskOrder` says, without the coordinator's own objects.
package struct ReceivedTask: Equatable, Sendable {
    /// The attempt.
    package var attempt: TaskAttempt
    /// The handler that is to run it.
    package var handler: String
    /// The definition's name.
    package var definition: String
    /// The definition's version.
    package var version: UInt32
    /// The key to deduplicate by.
    package var idempotencyKey: String
    /// What the handler gets; a compensation gets what the action got.
    package var input: Payload
    /// How long the attempt may take, from its receipt; nil for no limit.
    package var startToClose: Duration?
    /// The saga's labels, sorted by name.
    package var labels: [Label]
    /// The saga's trace context, sorted by name.
    package var traceContext: [Label]
    /// The position of the record that made the saga RUNNING.
    package var startPosition: JournalPosition
    /// What a compensation gets beside the input; nil for an action.
    package var undo: ReceivedUndo?

    /// States the facts.
    package init(
        attempt: TaskAttempt, handler: String, definition: String, version: UInt32,
        idempotencyKey: String, input: Payload, startToClose: Duration?, labels: [Label],
        traceContext: [Label], startPosition: JournalPosition, undo: ReceivedUndo?
    ) {
        self.attempt = attempt
        self.handler = handler
        self.definition = definition
        self.version = version
        self.idempotencyKey = idempotencyKey
        self.input = input
        self.startToClose = startToClose
        self.labels = labels
        self.traceContext = traceContext
        self.startPosition = startPosition
        self.undo = undo
    }
}

/// What a compensation is told of its action, as a participant gets it.
package struct ReceivedUndo: Equatable, Sendable {
    /// The action's output; nil if its outcome is not known.
    package var output: Payload?
    /// The key that the action had.
    package var actionIdempotencyKey: String
    /// The step because of which the saga goes back; empty if none is the cause.
    package var step: String
    /// The code of its failure, or e.g. `cancelled`.
    package var code: String
    /// The same for people.
    package var message: String

    /// States the facts.
    package init(
        output: Payload?, actionIdempotencyKey: String, step: String, code: String, message: String
    ) {
        self.output = output
        self.actionIdempotencyKey = actionIdempotencyKey
        self.step = step
        self.code = code
        self.message = message
    }
}
