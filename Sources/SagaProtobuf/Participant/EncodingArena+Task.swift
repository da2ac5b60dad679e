internal import CSagaProtos
internal import SagaModel

/// The message that says most: what a participant is to do.
extension EncodingArena {
    /// A task.
    mutating func task(
        _ order: borrowing TaskOrder
    ) -> UnsafeMutablePointer<Saga__V1__Task> {
        // SAFETY: the message lives in this arena until the next reset.
        let saga = order.saga
        let step = saga.definition.steps[order.step.rawValue]
        let message = unsafe make(saga__v1__task__init)
        unsafe message.pointee.task = task(
            TaskRef(saga: saga.id, step: step.name, direction: order.direction))
        unsafe message.pointee.token = token(order.token)
        unsafe message.pointee.handler = text(step.handler)
        unsafe message.pointee.definition = definitionRef(
            saga.definition.name, saga.definition.version)
        unsafe message.pointee.idempotency_key = idempotencyKey(
            saga.id, step.name, order.direction)
        unsafe message.pointee.input = payload(order.input)
        unsafe message.pointee.start_to_close = duration(step.startToClose)
        unsafe message.pointee.n_labels = saga.labels.count
        unsafe message.pointee.labels = pairs(saga.labels, saga__v1__task__labels_entry__init)
        unsafe message.pointee.n_trace_context = saga.traceContext.count
        unsafe message.pointee.trace_context = pairs(
            saga.traceContext, saga__v1__task__trace_context_entry__init)
        unsafe message.pointee.heartbeat_timeout = duration(step.heartbeat)
        unsafe message.pointee.start_position = order.startPosition.rawValue
        if let progress = order.previousProgress {
            unsafe message.pointee.previous_progress = payload(progress)
        }
        if let told = order.undo {
            unsafe message.pointee.undo = undo(told, of: step.name, in: saga)
        }
        return unsafe message
    }

    private mutating func undo(
        _ told: UndoOrder, of step: String, in saga: SagaFacts
    ) -> UnsafeMutablePointer<Saga__V1__Undo> {
        // SAFETY: the messages live in this arena until the next reset.
        let undo = unsafe make(saga__v1__undo__init)
        if let output = told.output {
            unsafe undo.pointee.outcome_known = 1
            unsafe undo.pointee.output = payload(output)
        }
        unsafe undo.pointee.action_idempotency_key = idempotencyKey(saga.id, step, .action)
        let cause = unsafe make(saga__v1__undo_cause__init)
        if let step = told.reason.step {
            unsafe cause.pointee.step = text(saga.definition.steps[step.rawValue].name)
        }
        unsafe cause.pointee.code = text(told.reason.failure.code)
        unsafe cause.pointee.message = text(told.reason.failure.message)
        unsafe undo.pointee.cause = cause
        return unsafe undo
    }

    /// The same as `TaskRef.idempotencyKey`, written where it is needed.
    private mutating func idempotencyKey(
        _ saga: SagaID, _ step: String, _ direction: Direction
    ) -> UnsafeMutablePointer<CChar> {
        let suffix: StaticString = direction == .action ? "" : ":undo"
        var step = step
        // SAFETY: the piece has room for the id, the colon, the step, the suffix and the NUL. Names
        // of steps have no NUL, for they match a pattern.
        return step.withUTF8 { step in
            let length = 37 + step.count + suffix.utf8CodeUnitCount
            let key = unsafe piece(length + 1).assumingMemoryBound(to: UInt8.self)
            unsafe saga.writeText(to: key)
            unsafe key[36] = UInt8(ascii: ":")
            if let start = step.baseAddress {
                unsafe (key + 37).update(from: start, count: step.count)
            }
            unsafe (key + 37 + step.count).update(
                from: suffix.utf8Start, count: suffix.utf8CodeUnitCount)
            unsafe key[length] = 0
            return unsafe UnsafeMutableRawPointer(key).assumingMemoryBound(to: CChar.self)
        }
    }
}
