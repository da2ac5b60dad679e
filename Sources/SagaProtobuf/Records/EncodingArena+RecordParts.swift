internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Parts of records.
extension EncodingArena {
    /// The number of a step; a definition has far fewer than fit.
    func number(_ step: StepIndex) -> UInt32 { UInt32(step.rawValue) }

    /// An attempt that is opened.
    mutating func opened(
        _ opened: Opened
    ) -> UnsafeMutablePointer<Saga__Journal__V1__Opened> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__opened__init)
        unsafe message.pointee.step = number(opened.step)
        unsafe message.pointee.compensation = opened.direction == .compensation ? 1 : 0
        unsafe message.pointee.number = opened.number
        if let child = opened.child {
            unsafe message.pointee.child_high = child.high
            unsafe message.pointee.child_low = child.low
        }
        return unsafe message
    }

    /// A wait.
    mutating func wait(_ wait: Wait) -> UnsafeMutablePointer<Saga__Journal__V1__Wait> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__wait__init)
        unsafe message.pointee.until = wait.until.microseconds
        unsafe message.pointee.duration = wait.duration.microseconds
        unsafe message.pointee.reason = wait.reason.wireNumber
        return unsafe message
    }

    /// What is known of a step.
    mutating func stepToUndo(
        _ undo: StepToUndo
    ) -> UnsafeMutablePointer<Saga__Journal__V1__StepToUndo> {
        // SAFETY: the message lives in this arena until the next reset.
        let step = unsafe make(saga__journal__v1__step_to_undo__init)
        unsafe step.pointee.step = number(undo.step)
        unsafe step.pointee.knowledge = undo.knowledge.wireNumber
        return unsafe step
    }

    private mutating func limit(
        _ limit: TimeLimit
    ) -> UnsafeMutablePointer<Saga__Journal__V1__TimeLimit> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__time_limit__init)
        if let step = limit.step { unsafe message.pointee.step = number(step) }
        switch limit {
        case .saga:
            unsafe message.pointee.kind =
                SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_SAGA
        case .scheduleToStart:
            unsafe message.pointee.kind =
                SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_SCHEDULE_TO_START
        case .scheduleToClose:
            unsafe message.pointee.kind =
                SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_SCHEDULE_TO_CLOSE
        case .deferral(_, let direction):
            unsafe message.pointee.kind =
                SAGA__JOURNAL__V1__TIME_LIMIT_KIND__TIME_LIMIT_KIND_DEFERRAL
            unsafe message.pointee.compensation = direction == .compensation ? 1 : 0
        }
        return unsafe message
    }

    /// A limit that stands still.
    mutating func stopped(
        _ stopped: StoppedLimit
    ) -> UnsafeMutablePointer<Saga__Journal__V1__StoppedLimit> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__stopped_limit__init)
        unsafe message.pointee.limit = limit(stopped.limit)
        unsafe message.pointee.left = stopped.left.microseconds
        return unsafe message
    }

    /// A limit that runs again.
    mutating func running(
        _ running: RunningLimit
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RunningLimit> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__running_limit__init)
        unsafe message.pointee.limit = limit(running.limit)
        unsafe message.pointee.wait = wait(running.wait)
        return unsafe message
    }

    /// A label.
    mutating func label(
        _ label: Label
    ) -> UnsafeMutablePointer<Saga__Journal__V1__Label> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__label__init)
        unsafe message.pointee.name = text(label.name)
        unsafe message.pointee.value = text(label.value)
        return unsafe message
    }

    /// A payload as it is recorded.
    mutating func recordPayload(
        _ payload: Payload
    ) -> UnsafeMutablePointer<Saga__Journal__V1__Payload> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__payload__init)
        unsafe message.pointee.data = bytes(payload.bytes)
        if payload.contentType == Payload.json {
            unsafe message.pointee.json = 1
        } else {
            unsafe message.pointee.content_type = text(payload.contentType)
        }
        return unsafe message
    }

    /// A failure as it is recorded.
    mutating func recordFailure(
        _ failure: Failure
    ) -> UnsafeMutablePointer<Saga__Journal__V1__Failure> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__failure__init)
        unsafe message.pointee.code = text(failure.code)
        unsafe message.pointee.message = text(failure.message)
        if let details = failure.details {
            unsafe message.pointee.details = recordPayload(details)
        }
        return unsafe message
    }
}
