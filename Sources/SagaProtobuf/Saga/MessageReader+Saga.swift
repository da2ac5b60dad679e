internal import CSagaProtos
internal import SagaModel

/// Sagas as clients are shown them.
///
/// A client must be able to read what a later coordinator says, so values of enumerations that it
/// does not know are passed over where that tells nothing wrong.
extension MessageReader {
    /// A saga.
    ///
    /// - Parameter observedAt: when the coordinator looked, if the answer says so.
    static func saga(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>, observedAt: Instant?,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaStatus {
        // SAFETY: the message and all it points to live in the arena.
        let definition = try unsafe required(message.pointee.definition, "saga.", "definition")
        let startedAt = try unsafe requiredInstant(
            message.pointee.created_at, "saga.", "created_at")
        let endedAt = try unsafe instant(message.pointee.ended_at, "saga.", "ended_at")
        let since = try unsafe instant(message.pointee.state_since, "saga.", "state_since")
        let labels = try unsafe pairs(
            message.pointee.labels, message.pointee.n_labels, "saga.labels")
        var failure: SagaFault?
        if let wentBack = unsafe message.pointee.went_back {
            failure = try unsafe fault(wentBack.pointee.failure, limits)
        }
        let undone = unsafe message.pointee.compensation_failure
        let output = unsafe message.pointee.output
        return try unsafe SagaStatus(
            id: sagaID(message.pointee.saga_id, "saga.", "saga_id"),
            namespace: text(message.pointee.namespace_, "saga.", "namespace"),
            definition: text(definition.pointee.name, "saga.definition.", "name"),
            version: definition.pointee.version,
            key: text(message.pointee.key, "saga.", "key"), keyIsRandom: false,
            state: value(message.pointee.state, "saga.", "state"),
            attention: attention(message), startedAt: startedAt, endedAt: endedAt,
            observedAt: observedAt ?? endedAt ?? since ?? startedAt,
            principal: principal(message.pointee.started_by, "saga.started_by."),
            labels: Dictionary(
                labels.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last }),
            steps: list(message.pointee.steps, message.pointee.n_steps, "saga.steps") {
                step throws(CodecFailure) in
                try unsafe self.step(step, limits)
            }, failure: failure,
            compensationFailure: undone == nil ? nil : fault(undone, limits),
            input: payload(message.pointee.input, "saga.", "input", limits),
            output: output == nil ? nil : payload(output, "saga.", "output", limits))
    }

    /// A row of a list of sagas.
    static func row(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>
    ) throws(CodecFailure) -> SagaRow {
        // SAFETY: the message and all it points to live in the arena.
        let definition = try unsafe required(message.pointee.definition, "", "definition")
        let current = try unsafe texts(
            message.pointee.current_steps, message.pointee.n_current_steps, "", "current_steps")
        return try unsafe SagaRow(
            id: sagaID(message.pointee.saga_id, "", "saga_id"),
            definition: text(definition.pointee.name, "definition.", "name"),
            version: definition.pointee.version, key: text(message.pointee.key, "", "key"),
            state: value(message.pointee.state, "", "state"), attention: attention(message),
            step: current.first ?? "",
            startedAt: requiredInstant(message.pointee.created_at, "", "created_at"),
            endedAt: instant(message.pointee.ended_at, "", "ended_at"),
            stateSince: instant(message.pointee.state_since, "", "state_since"))
    }

    private static func attention(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>
    ) -> [AttentionReason] {
        var reasons: [AttentionReason] = []
        // SAFETY: protobuf-c sets as many places as it counts, none of them to nil.
        for place in unsafe 0..<message.pointee.n_attention {
            let number = unsafe message.pointee.attention[place]!.pointee.reason.rawValue
            reasons += AttentionReason.allCases.filter { $0.wireNumber.rawValue == number }
        }
        return reasons
    }

    private static func fault(
        _ message: UnsafeMutablePointer<Saga__V1__StepFailure>?, _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaFault {
        // SAFETY: the message and all it points to live in the arena.
        let message = try unsafe required(message, "saga.", "failure")
        let token = unsafe message.pointee.token
        return try unsafe SagaFault(
            step: text(message.pointee.step, "saga.failure.", "step"),
            failure: failure(message.pointee.failure, "saga.failure.", "failure", limits),
            attempt: token?.pointee.number ?? 0,
            instance: participant(message.pointee.participant),
            at: requiredInstant(message.pointee.at, "saga.failure.", "at"))
    }

    /// An instance by the name that the model has for it, `payments/p-1`; empty for none.
    static func participant(
        _ message: UnsafeMutablePointer<Saga__V1__ParticipantRef>?
    ) throws(CodecFailure) -> String {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return "" }
        let name = try unsafe text(message.pointee.name, "participant.", "name")
        let instance = try unsafe text(message.pointee.instance, "participant.", "instance")
        return instance.isEmpty ? name : "\(name)/\(instance)"
    }

    private static func step(
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
            output: output == nil ? nil : payload(output, "", "output", limits))
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
        // SAFETY: the message and all it points to live in the arena; as many attempts are there
        // as are counted.
        let dueAt = try unsafe instant(message.pointee.current_since, "", "current_since")
        let endedAt = try unsafe instant(message.pointee.ended_at, "", "ended_at")
        let count = unsafe message.pointee.n_attempts
        let newest = unsafe count > 0 ? message.pointee.attempts[count - 1] : nil
        let handedOutAt = try unsafe instant(
            newest?.pointee.handed_out_at ?? message.pointee.first_handed_out_at, "",
            "handed_out_at")
        var reason = try unsafe waiting(message.pointee.waiting)
        if unsafe message.pointee.waiting == nil, endedAt == nil, let since = handedOutAt ?? dueAt,
            unsafe message.pointee.attempt_count > 0
        {
            reason = .answer(since: since)
        }
        let last = unsafe message.pointee.last_failure
        return try unsafe TaskStatus(
            attempts: message.pointee.attempt_count, failures: message.pointee.failures,
            instance: participant(message.pointee.participant), dueAt: dueAt,
            handedOutAt: handedOutAt, endedAt: endedAt,
            lastFailure: last == nil ? nil : failure(last, "", "last_failure", limits),
            waiting: reason)
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
        case SAGA__V1__WAITING_REASON__WAITING_REASON_BACKOFF:
            return until.map { .backoff(until: $0) }
        case SAGA__V1__WAITING_REASON__WAITING_REASON_RETURN:
            return since.map { .recovery(since: $0) }
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
