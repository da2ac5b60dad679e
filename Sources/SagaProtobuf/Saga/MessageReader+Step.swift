internal import CSagaProtos
internal import SagaModel

/// Steps of sagas as clients are shown them.
extension MessageReader {
    /// A step.
    static func step(
        _ message: UnsafeMutablePointer<Saga__V1__Step>, _ limits: CodecLimits
    ) throws(CodecFailure) -> StepStatus {
        // SAFETY: the message and all it points to live in the arena; the case says which member
        // of the union is set.
        var handler = ""
        if unsafe message.pointee.runs_case == SAGA__V1__STEP__RUNS_HANDLER {
            handler = try unsafe text(message.pointee.handler, "", "handler")
        } else if unsafe message.pointee.runs_case == SAGA__V1__STEP__RUNS_SAGA {
            handler = try unsafe text(message.pointee.saga?.pointee.name, "saga.", "name")
        }
        let (action, undo, output) = unsafe (
            message.pointee.action, message.pointee.compensation, message.pointee.output
        )
        return try unsafe StepStatus(
            name: text(message.pointee.name, "", "name"), handler: handler,
            after: texts(message.pointee.after, message.pointee.n_after, "", "after"),
            isCompensated: message.pointee.has_compensation != 0,
            state: value(message.pointee.state, "", "state"),
            undoKnowledge: knowledge(message.pointee.undo_need),
            action: action == nil ? .none : task(action!, limits),
            compensation: undo == nil ? nil : task(undo!, limits),
            output: output == nil ? nil : payload(output, "", "output", limits),
            more: more(message, limits))
    }

    /// What only some steps have.
    private static func more(
        _ message: UnsafeMutablePointer<Saga__V1__Step>, _ limits: CodecLimits
    ) throws(CodecFailure) -> StepMore {
        // SAFETY: the message and all it points to live in the arena; the case says which member
        // of the union is set.
        var more = StepMore()
        more.pivot = unsafe pivot(message)
        more.isOptional = unsafe message.pointee.optional != 0
        if let when = unsafe message.pointee.when { more.condition = try unsafe condition(when) }
        more.isLeftInDoubt = unsafe message.pointee.in_doubt != 0
        if let skip = unsafe message.pointee.skip {
            switch unsafe skip.pointee.reason {
            case SAGA__V1__SKIP_REASON__SKIP_REASON_CONDITION:
                more.skip = .condition(found: try unsafe text(skip.pointee.found, "skip.", "found"))
            case SAGA__V1__SKIP_REASON__SKIP_REASON_OPERATOR:
                more.skip = .person(try unsafe verb(skip.pointee.verb))
            default: break  // reasons of later releases
            }
        }
        if unsafe message.pointee.runs_case == SAGA__V1__STEP__RUNS_SAGA {
            more.childVersion = unsafe message.pointee.saga?.pointee.version
        }
        for place in unsafe 0..<message.pointee.n_child_saga_ids {
            more.children.append(
                try unsafe sagaID(message.pointee.child_saga_ids[place], "", "child_saga_ids"))
        }
        if let input = unsafe message.pointee.input {
            more.input = try unsafe payload(input, "", "input", limits)
        }
        more.undoneBy = try unsafe verb(message.pointee.compensation?.pointee.settled_by)
        return more
    }

    private static func pivot(_ message: UnsafeMutablePointer<Saga__V1__Step>) -> PivotMark? {
        // SAFETY: the message lives in the arena.
        guard unsafe message.pointee.pivot != 0 else { return nil }
        let number = unsafe message.pointee.pivot_state.rawValue
        return PivotMark.allCases.first { $0.wireNumber.rawValue == number } ?? .notReached
    }

    private static func knowledge(_ need: Saga__V1__UndoNeed) -> UndoKnowledge? {
        switch need {
        case SAGA__V1__UNDO_NEED__UNDO_NEED_NONE: .nothing
        case SAGA__V1__UNDO_NEED__UNDO_NEED_KNOWN: .done
        case SAGA__V1__UNDO_NEED__UNDO_NEED_IN_DOUBT: .inDoubt
        default: nil  // not decided, or a number of a later release
        }
    }

    private static func task(
        _ message: UnsafeMutablePointer<Saga__V1__TaskView>, _ limits: CodecLimits
    ) throws(CodecFailure) -> TaskStatus {
        // SAFETY: the message and all it points to live in the arena.
        let dueAt = try unsafe instant(message.pointee.current_since, "", "current_since")
        let endedAt = try unsafe instant(message.pointee.ended_at, "", "ended_at")
        let handedOutAt = try unsafe instant(
            message.pointee.last_handed_out_at, "", "last_handed_out_at")
        var reason = try unsafe waiting(message.pointee.waiting)
        if unsafe message.pointee.waiting == nil, endedAt == nil, let since = handedOutAt ?? dueAt,
            unsafe message.pointee.attempt_count > 0
        {
            reason = .answer(since: since)
        }
        let (last, progress) = unsafe (message.pointee.last_failure, message.pointee.progress)
        return try unsafe TaskStatus(
            attempts: message.pointee.attempt_count, failures: message.pointee.failures,
            instance: participant(message.pointee.participant), dueAt: dueAt,
            handedOutAt: handedOutAt, endedAt: endedAt,
            lastFailure: last == nil ? nil : failure(last, "", "last_failure", limits),
            waiting: reason, maxAttempts: message.pointee.max_attempts,
            progress: progress == nil ? nil : payload(progress, "", "progress", limits),
            lastHeartbeatAt: instant(message.pointee.last_heartbeat, "", "last_heartbeat"),
            history: list(message.pointee.attempts, message.pointee.n_attempts, "attempts") {
                attempt throws(CodecFailure) in
                try unsafe self.attempt(attempt, limits)
            })
    }

    private static func waiting(
        _ message: UnsafeMutablePointer<Saga__V1__Waiting>?
    ) throws(CodecFailure) -> WaitingReason? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        let since = try unsafe instant(message.pointee.since, "waiting.", "since")
        let until = try unsafe instant(message.pointee.until, "waiting.", "until")
        switch unsafe message.pointee.reason {
        case SAGA__V1__WAITING_REASON__WAITING_REASON_PARTICIPANT:
            guard let since else { return nil }
            return try unsafe .participant(
                since: since, lastSeen: participant(message.pointee.lost),
                lostAt: instant(message.pointee.lost_at, "waiting.", "lost_at"))
        case SAGA__V1__WAITING_REASON__WAITING_REASON_COMPENSATION:
            return since.map { .compensationHandler(since: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_SLOT:
            return since.map { .slot(since: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_DISK:
            return since.map { .room(since: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_BACKOFF:
            return until.map { .backoff(until: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_RETURN:
            guard let until, unsafe message.pointee.lost != nil else {
                return since.map { .recovery(since: $0) }
            }
            return try unsafe .comeback(
                of: participant(message.pointee.lost),
                lostAt: requiredInstant(message.pointee.lost_at, "waiting.", "lost_at"),
                until: until)
        case SAGA__V1__WAITING_REASON__WAITING_REASON_CANCEL_ANSWER:
            guard let since, let until else { return nil }
            return .cancelAnswer(since: since, until: until)
        case SAGA__V1__WAITING_REASON__WAITING_REASON_STEPS: return .laterUndos
        case SAGA__V1__WAITING_REASON__WAITING_REASON_DELAY: return until.map { .delay(until: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_NOT_YET:
            return until.map { .notYet(until: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_DEFERRED:
            return since.map { .deferred(since: $0, until: until) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_CHILD:
            guard let since else { return nil }
            return try unsafe .child(
                sagaID(message.pointee.child_saga_id, "waiting.", "child_saga_id"),
                value(message.pointee.child_state, "waiting.", "child_state"), since: since)
        case SAGA__V1__WAITING_REASON__WAITING_REASON_SUSPENDED:
            return since.map { .suspended(since: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_PARKED:
            return since.map { .parked(since: $0) }
        default: return nil  // reasons that the model does not have
        }
    }
}
