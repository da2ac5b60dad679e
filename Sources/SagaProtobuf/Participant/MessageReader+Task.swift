internal import CSagaProtos
internal import SagaModel

/// The message that says most: what a participant is to do.
extension MessageReader {
    /// A task as a participant receives it.
    static func receivedTask(
        _ message: UnsafeMutablePointer<Saga__V1__Task>, _ limits: CodecLimits
    ) throws(CodecFailure) -> ReceivedTask {
        // SAFETY: the message and all it points to live in the arena.
        let definition = try unsafe required(message.pointee.definition, "task.", "definition")
        return try unsafe ReceivedTask(
            attempt: TaskAttempt(
                task: task(message.pointee.task, "task."),
                token: token(message.pointee.token, "task.")),
            handler: requiredText(message.pointee.handler, "task.", "handler"),
            definition: text(definition.pointee.name, "task.", "definition.name"),
            version: definition.pointee.version,
            idempotencyKey: text(message.pointee.idempotency_key, "task.", "idempotency_key"),
            input: payload(message.pointee.input, "task.", "input", limits),
            startToClose: duration(message.pointee.start_to_close, "task.", "start_to_close"),
            heartbeatTimeout: duration(
                message.pointee.heartbeat_timeout, "task.", "heartbeat_timeout"),
            labels: pairs(message.pointee.labels, message.pointee.n_labels, "task.labels"),
            traceContext: pairs(
                message.pointee.trace_context, message.pointee.n_trace_context,
                "task.trace_context"),
            startPosition: JournalPosition(message.pointee.start_position),
            previousProgress: optionalPayload(
                message.pointee.previous_progress, "task.", "previous_progress", limits),
            undo: undo(message, limits))
    }

    /// What a compensation is told; it must be there for one, and is not looked at for an action.
    private static func undo(
        _ message: UnsafeMutablePointer<Saga__V1__Task>, _ limits: CodecLimits
    ) throws(CodecFailure) -> ReceivedUndo? {
        // SAFETY: the message and all it points to live in the arena.
        guard let task = unsafe message.pointee.task,
            unsafe task.pointee.direction == SAGA__V1__DIRECTION__DIRECTION_COMPENSATION
        else { return nil }
        let undo = try unsafe required(message.pointee.undo, "task.", "undo")
        let isKnown = unsafe undo.pointee.outcome_known != 0
        let output = try unsafe payload(undo.pointee.output, "task.", "undo.output", limits)
        let key = try unsafe text(
            undo.pointee.action_idempotency_key, "task.", "undo.action_idempotency_key")
        guard let cause = unsafe undo.pointee.cause else {
            return ReceivedUndo(
                output: isKnown ? output : nil, actionIdempotencyKey: key, causeStep: "",
                causeCode: "", causeMessage: "")
        }
        return try unsafe ReceivedUndo(
            output: isKnown ? output : nil, actionIdempotencyKey: key,
            causeStep: text(cause.pointee.step, "task.undo.cause.", "step"),
            causeCode: text(cause.pointee.code, "task.undo.cause.", "code"),
            causeMessage: text(cause.pointee.message, "task.undo.cause.", "message"))
    }
}
