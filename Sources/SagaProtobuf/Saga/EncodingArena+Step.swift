internal import CSagaProtos
internal import SagaModel

/// Steps of sagas as they are shown.
extension EncodingArena {
    /// A step.
    mutating func step(
        _ status: StepStatus, _ view: SagaView
    ) -> UnsafeMutablePointer<Saga__V1__Step> {
        // SAFETY: the messages live in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__v1__step__init)
        unsafe message.pointee.name = text(status.name)
        let more = status.more
        if let version = more.childVersion {
            unsafe message.pointee.runs_case = SAGA__V1__STEP__RUNS_SAGA
            unsafe message.pointee.saga = definitionRef(status.handler, version)
        } else {
            unsafe message.pointee.runs_case = SAGA__V1__STEP__RUNS_HANDLER
            unsafe message.pointee.handler = text(status.handler)
        }
        unsafe message.pointee.n_after = status.after.count
        unsafe message.pointee.after = texts(status.after)
        unsafe message.pointee.has_compensation = status.isCompensated ? 1 : 0
        unsafe message.pointee.state = status.state.wireNumber
        if let knowledge = status.undoKnowledge {
            unsafe message.pointee.undo_need = knowledge.shown
        }
        unsafe set(more, view, in: message)
        if !status.action.isUntouched {
            var entry: VerbEntry?
            if case .person(let given) = more.skip { entry = given }
            unsafe message.pointee.action = task(
                status.action, of: status.handler, settledBy: entry, view)
        }
        if let compensation = status.compensation {
            unsafe message.pointee.compensation = task(
                compensation, of: status.handler, settledBy: more.undoneBy, view)
        }
        if view.payloads, let output = status.output {
            unsafe message.pointee.output = presentPayload(output)
        }
        return unsafe message
    }

    /// Sets the fields of a step that only some have.
    private mutating func set(
        _ more: StepMore, _ view: SagaView, in message: UnsafeMutablePointer<Saga__V1__Step>
    ) {
        // SAFETY: the messages live in this arena until the next reset.
        if let pivot = more.pivot {
            unsafe message.pointee.pivot = 1
            unsafe message.pointee.pivot_state = pivot.wireNumber
        }
        unsafe message.pointee.optional = more.isOptional ? 1 : 0
        if let condition = more.condition {
            unsafe message.pointee.when = self.condition(condition)
        }
        unsafe message.pointee.in_doubt = more.isLeftInDoubt ? 1 : 0
        if let reason = more.skip {
            let skip = unsafe make(saga__v1__skip__init)
            switch reason {
            case .condition(let found):
                unsafe skip.pointee.reason = SAGA__V1__SKIP_REASON__SKIP_REASON_CONDITION
                unsafe skip.pointee.found = text(found)
            case .person(let entry):
                unsafe skip.pointee.reason = SAGA__V1__SKIP_REASON__SKIP_REASON_OPERATOR
                unsafe skip.pointee.verb = verb(entry)
            }
            unsafe message.pointee.skip = skip
        }
        unsafe message.pointee.n_child_saga_ids = more.children.count
        unsafe message.pointee.child_saga_ids = list(more.children) { unsafe $0.text($1) }
        if view.payloads, let input = more.input {
            unsafe message.pointee.input = presentPayload(input)
        }
    }

    private mutating func task(
        _ status: TaskStatus, of handler: String, settledBy entry: VerbEntry?, _ view: SagaView
    ) -> UnsafeMutablePointer<Saga__V1__TaskView> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__task_view__init)
        unsafe message.pointee.current_since = instant(status.dueAt)
        if status.attempts == 1 {
            unsafe message.pointee.first_handed_out_at = instant(status.handedOutAt)
        }
        unsafe message.pointee.last_handed_out_at = instant(status.handedOutAt)
        unsafe message.pointee.ended_at = instant(status.endedAt)
        unsafe message.pointee.attempt_count = status.attempts
        unsafe message.pointee.failures = status.failures
        unsafe message.pointee.max_attempts = status.maxAttempts
        if let last = status.lastFailure { unsafe message.pointee.last_failure = failure(last) }
        if let reason = status.waiting {
            unsafe message.pointee.waiting = waiting(reason, for: handler)
        }
        unsafe message.pointee.participant = participant(status.instance)
        if view.payloads, let progress = status.progress {
            unsafe message.pointee.progress = presentPayload(progress)
        }
        unsafe message.pointee.last_heartbeat = instant(status.lastHeartbeatAt)
        unsafe message.pointee.settled_by = verb(entry)
        if view.history {
            unsafe message.pointee.n_attempts = status.history.count
            unsafe message.pointee.attempts = list(status.history) { unsafe $0.attempt($1) }
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
        case .room(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_DISK
            unsafe message.pointee.since = instant(since)
        case .backoff(let until):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_BACKOFF
            unsafe message.pointee.until = instant(until)
        case .answer: return nil
        case .recovery(let since):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_RETURN
            unsafe message.pointee.since = instant(since)
        case .comeback(let instance, let lostAt, let until):
            unsafe message.pointee.reason = SAGA__V1__WAITING_REASON__WAITING_REASON_RETURN
            unsafe message.pointee.lost = participant(instance)
            unsafe message.pointee.lost_at = instant(lostAt)
            unsafe message.pointee.since = instant(lostAt)
            unsafe message.pointee.until = instant(until)
        case .cancelAnswer(let since, let until):
            unsafe message.pointee.reason =
                SAGA__V1__WAITING_REASON__WAITING_REASON_CANCEL_ANSWER
            unsafe message.pointee.since = instant(since)
            unsafe message.pointee.until = instant(until)
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

    /// Whether there is nothing to say but its policy.
    fileprivate var isUntouched: Bool {
        var other = self
        other.maxAttempts = 0
        return other == .none
    }
}

extension PivotMark: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__PivotState {
        switch self {
        case .notReached: SAGA__V1__PIVOT_STATE__PIVOT_STATE_NOT_REACHED
        case .undecided: SAGA__V1__PIVOT_STATE__PIVOT_STATE_UNDECIDED
        case .passed: SAGA__V1__PIVOT_STATE__PIVOT_STATE_PASSED
        case .failed: SAGA__V1__PIVOT_STATE__PIVOT_STATE_FAILED
        }
    }
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
