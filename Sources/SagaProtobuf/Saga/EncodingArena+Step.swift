internal import CSagaProtos
internal import SagaModel

/// Steps of sagas as they are shown.
extension EncodingArena {
    /// A step.
    mutating func step(
        _ status: StepStatus, payloads: Bool
    ) -> UnsafeMutablePointer<Saga__V1__Step> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__step__init)
        unsafe message.pointee.name = text(status.name)
        unsafe message.pointee.runs_case = SAGA__V1__STEP__RUNS_HANDLER
        unsafe message.pointee.handler = text(status.handler)
        unsafe message.pointee.n_after = status.after.count
        unsafe message.pointee.after = texts(status.after)
        unsafe message.pointee.has_compensation = status.isCompensated ? 1 : 0
        unsafe message.pointee.state = status.state.wireNumber
        if let knowledge = status.undoKnowledge {
            unsafe message.pointee.undo_need = knowledge.shown
        }
        if status.action != .none {
            unsafe message.pointee.action = task(status.action, of: status.handler)
        }
        if let compensation = status.compensation {
            unsafe message.pointee.compensation = task(compensation, of: status.handler)
        }
        if payloads, let output = status.output {
            unsafe message.pointee.output = presentPayload(output)
        }
        return unsafe message
    }

    private mutating func task(
        _ status: TaskStatus, of handler: String
    ) -> UnsafeMutablePointer<Saga__V1__TaskView> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__task_view__init)
        unsafe message.pointee.current_since = instant(status.dueAt)
        if status.attempts == 1 {
            unsafe message.pointee.first_handed_out_at = instant(status.handedOutAt)
        }
        unsafe message.pointee.ended_at = instant(status.endedAt)
        unsafe message.pointee.attempt_count = status.attempts
        unsafe message.pointee.failures = status.failures
        if let last = status.lastFailure { unsafe message.pointee.last_failure = failure(last) }
        if let reason = status.waiting {
            unsafe message.pointee.waiting = waiting(reason, for: handler)
        }
        unsafe message.pointee.participant = participant(status.instance)
        if let handedOutAt = status.handedOutAt {
            let newest = unsafe make(saga__v1__attempt__init)
            unsafe newest.pointee.token = token(Token(epoch: .none, number: status.attempts))
            unsafe newest.pointee.state =
                status.endedAt == nil
                ? SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_HANDED_OUT
                : SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_ENDED
            unsafe newest.pointee.handed_out_at = instant(handedOutAt)
            unsafe message.pointee.n_attempts = 1
            unsafe message.pointee.attempts = list(CollectionOfOne(newest)) { unsafe $1 }
        }
        return unsafe message
    }

    /// What a task waits for; nothing while an attempt is in flight, as the protocol has it.
    private mutating func waiting(
        _ reason: WaitingReason, for handler: String
    ) -> UnsafeMutablePointer<Saga__V1__Waiting>? {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__waiting__init)
        switch reason {
        case .participant(let since, let lastSeen, let lostAt):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_PARTICIPANT
            unsafe message.pointee.handler = text(handler)
            unsafe message.pointee.since = instant(since)
            unsafe message.pointee.lost = participant(lastSeen)
            unsafe message.pointee.lost_at = instant(lostAt)
        case .compensationHandler(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_COMPENSATION
            unsafe message.pointee.handler = text(handler)
            unsafe message.pointee.since = instant(since)
        case .slot(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_SLOT
            unsafe message.pointee.handler = text(handler)
            unsafe message.pointee.since = instant(since)
        case .backoff(let until):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_BACKOFF
            unsafe message.pointee.until = instant(until)
        case .answer: return nil
        case .recovery(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_RETURN
            unsafe message.pointee.since = instant(since)
        case .laterUndos:
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_STEPS
        case .delay(let until):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_DELAY
            unsafe message.pointee.until = instant(until)
        case .notYet(let until):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_NOT_YET
            unsafe message.pointee.until = instant(until)
        case .deferred(let since, let until):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_DEFERRED
            unsafe message.pointee.since = instant(since)
            unsafe message.pointee.until = instant(until)
        case .child(let id, let state, let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_CHILD
            unsafe message.pointee.child_saga_id = text(id)
            unsafe message.pointee.child_state = state.wireNumber
            unsafe message.pointee.since = instant(since)
        case .suspended(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_SUSPENDED
            unsafe message.pointee.since = instant(since)
        case .parked(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_PARKED
            unsafe message.pointee.since = instant(since)
        }
        return unsafe message
    }
}

extension TaskStatus {
    /// What is said of a task that was never due.
    static let none = TaskStatus(
        attempts: 0, failures: 0, instance: "", dueAt: nil, handedOutAt: nil, endedAt: nil,
        lastFailure: nil, waiting: nil)
}

extension UndoKnowledge {
    /// The same as people are shown it, who see from the action that an answer is awaited.
    fileprivate var shown: Saga__V1__UndoNeed {
        switch self {
        case .nothing: SAGA__V1__UNDO_NEED__UNDO_NEED_NONE
        case .done: SAGA__V1__UNDO_NEED__UNDO_NEED_KNOWN
        case .inDoubt: SAGA__V1__UNDO_NEED__UNDO_NEED_IN_DOUBT
        case .awaited: SAGA__V1__UNDO_NEED__UNDO_NEED_UNSPECIFIED
        }
    }
}
