internal import CSagaProtos
internal import SagaModel

/// Sagas as they are shown.
extension EncodingArena {
    /// A saga with the parts that were asked for.
    mutating func saga(
        _ status: SagaStatus, _ view: SagaView
    ) -> UnsafeMutablePointer<Saga__V1__Saga> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__saga__init)
        unsafe message.pointee.saga_id = text(status.id)
        unsafe message.pointee.namespace_ = text(status.namespace)
        unsafe message.pointee.definition = definitionRef(status.definition, status.version)
        unsafe message.pointee.key = text(status.keyIsRandom ? "" : status.key)
        unsafe message.pointee.state = status.state.wireNumber
        unsafe message.pointee.state_since = instant(status.stateSince)
        unsafe message.pointee.created_at = instant(status.startedAt)
        unsafe message.pointee.started_at = instant(status.startedAt)
        unsafe message.pointee.ended_at = instant(status.endedAt)
        unsafe message.pointee.started_by = principal(status.principal)
        let labels = status.labels.map { Label(name: $0.key, value: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        unsafe message.pointee.n_labels = labels.count
        unsafe message.pointee.labels = pairs(labels, saga__v1__saga__labels_entry__init)
        let current = status.steps.filter(\.isCurrent).map(\.name)
        unsafe message.pointee.n_current_steps = current.count
        unsafe message.pointee.current_steps = texts(current)
        unsafe message.pointee.n_attention = status.attention.count
        unsafe message.pointee.attention = list(status.attention) { unsafe $0.attention($1) }
        if let fault = status.failure {
            let wentBack = unsafe make(saga__v1__went_back__init)
            unsafe wentBack.pointee.cause = fault.cause
            unsafe wentBack.pointee.failure = stepFailure(fault)
            unsafe message.pointee.went_back = wentBack
        }
        if let fault = status.compensationFailure {
            unsafe message.pointee.compensation_failure = stepFailure(fault)
        }
        if status.state == .failed { unsafe message.pointee.parking = parking(status) }
        if view.payloads { unsafe message.pointee.input = payload(status.input) }
        if view.output, let output = status.output {
            unsafe message.pointee.output = presentPayload(output)
        }
        if view.steps {
            unsafe message.pointee.n_steps = status.steps.count
            unsafe message.pointee.steps = list(status.steps) {
                unsafe $0.step($1, payloads: view.payloads)
            }
        }
        return unsafe message
    }

    /// A row of a list of sagas, which is a saga without most of its summary.
    mutating func saga(
        _ row: SagaRow, namespace: String
    ) -> UnsafeMutablePointer<Saga__V1__Saga> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__saga__init)
        unsafe message.pointee.saga_id = text(row.id)
        unsafe message.pointee.namespace_ = text(namespace)
        unsafe message.pointee.definition = definitionRef(row.definition, row.version)
        unsafe message.pointee.key = text(row.key)
        unsafe message.pointee.state = row.state.wireNumber
        unsafe message.pointee.state_since = instant(row.stateSince)
        unsafe message.pointee.created_at = instant(row.startedAt)
        unsafe message.pointee.started_at = instant(row.startedAt)
        unsafe message.pointee.ended_at = instant(row.endedAt)
        let current = row.step.isEmpty ? [] : [row.step]
        unsafe message.pointee.n_current_steps = current.count
        unsafe message.pointee.current_steps = texts(current)
        unsafe message.pointee.n_attention = row.attention.count
        unsafe message.pointee.attention = list(row.attention) { unsafe $0.attention($1) }
        return unsafe message
    }

    private mutating func attention(
        _ reason: AttentionReason
    ) -> UnsafeMutablePointer<Saga__V1__Attention> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__attention__init)
        unsafe message.pointee.reason = reason.wireNumber
        return unsafe message
    }

    private mutating func stepFailure(
        _ fault: SagaFault
    ) -> UnsafeMutablePointer<Saga__V1__StepFailure> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__step_failure__init)
        unsafe message.pointee.step = text(fault.step)
        unsafe message.pointee.failure = failure(fault.failure)
        if fault.attempt > 0 {
            unsafe message.pointee.token = token(Token(epoch: .none, number: fault.attempt))
        }
        unsafe message.pointee.participant = participant(fault.instance)
        unsafe message.pointee.at = instant(fault.at)
        return unsafe message
    }

    private mutating func parking(
        _ status: SagaStatus
    ) -> UnsafeMutablePointer<Saga__V1__Parking> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__parking__init)
        if let fault = status.compensationFailure {
            unsafe message.pointee.reason =
                SAGA__V1__PARKING_REASON__PARKING_REASON_COMPENSATION_FAILED
            unsafe message.pointee.failure = stepFailure(fault)
            unsafe message.pointee.direction = Direction.compensation.wireNumber
        } else if let fault = status.failure {
            unsafe message.pointee.reason = SAGA__V1__PARKING_REASON__PARKING_REASON_PAST_PIVOT
            unsafe message.pointee.failure = stepFailure(fault)
            unsafe message.pointee.direction = Direction.action.wireNumber
        }
        unsafe message.pointee.since = instant(status.stateSince)
        return unsafe message
    }

    /// An instance by the name that the model has for it, `payments/p-1`; nil for none.
    mutating func participant(
        _ name: String
    ) -> UnsafeMutablePointer<Saga__V1__ParticipantRef>? {
        if name.isEmpty { return nil }
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__participant_ref__init)
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        unsafe message.pointee.name = text(String(parts[0]))
        if parts.count > 1 { unsafe message.pointee.instance = text(String(parts[1])) }
        return unsafe message
    }
}

extension StepStatus {
    /// Whether the saga is at this step, forward or back.
    fileprivate var isCurrent: Bool {
        switch state {
        case .scheduled, .running, .compensating: true
        case .pending, .succeeded, .failed, .skipped, .compensated, .compensationFailed: false
        }
    }
}

extension SagaFault {
    /// What made the saga go back, of what the model keeps of it.
    fileprivate var cause: Saga__V1__WentBackCause {
        if !step.isEmpty { return SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_STEP }
        return failure.code == "timeout"
            ? SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_TIMEOUT
            : SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_CANCELLED
    }
}

extension AttentionReason: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__AttentionReason {
        switch self {
        case .parked: SAGA__V1__ATTENTION_REASON__ATTENTION_REASON_PARKED
        case .undoFailing: SAGA__V1__ATTENTION_REASON__ATTENTION_REASON_UNDO_FAILING
        case .noParticipant: SAGA__V1__ATTENTION_REASON__ATTENTION_REASON_NO_PARTICIPANT
        case .pastPivotFailing:
            SAGA__V1__ATTENTION_REASON__ATTENTION_REASON_PAST_PIVOT_FAILING
        case .held: SAGA__V1__ATTENTION_REASON__ATTENTION_REASON_HOLD
        case .timeoutPastPivot:
            SAGA__V1__ATTENTION_REASON__ATTENTION_REASON_TIMEOUT_PAST_PIVOT
        }
    }
}
