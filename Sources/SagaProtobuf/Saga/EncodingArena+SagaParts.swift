internal import CSagaProtos
internal import SagaModel

/// What only some sagas have, as it is shown.
extension EncodingArena {
    /// Sets the fields of a saga that only some have.
    mutating func set(
        _ more: SagaMore, _ view: SagaView, in message: UnsafeMutablePointer<Saga__V1__Saga>
    ) {
        // SAFETY: the messages live in this arena until the next reset.
        unsafe message.pointee.start_at = instant(more.startAt)
        unsafe message.pointee.deadline = instant(more.deadline)
        if let suspension = more.suspension {
            unsafe message.pointee.suspension = self.suspension(suspension)
        }
        if let parking = more.parking { unsafe message.pointee.parking = self.parking(parking) }
        if let request = more.cancelRequest {
            let asked = unsafe make(saga__v1__cancel_request__init)
            unsafe asked.pointee.by = principal(request.by)
            unsafe asked.pointee.reason = text(request.reason)
            unsafe asked.pointee.at = instant(request.at)
            unsafe asked.pointee.waits_for_pivot = request.waitsForPivot ? 1 : 0
            unsafe message.pointee.cancel_request = asked
        }
        if more.abandonedBy != nil || !more.left.isEmpty {
            let abandonment = unsafe make(saga__v1__abandonment__init)
            unsafe abandonment.pointee.verb = verb(more.abandonedBy)
            unsafe abandonment.pointee.n_left = more.left.count
            unsafe abandonment.pointee.left = list(more.left) { unsafe $0.left($1) }
            unsafe message.pointee.abandonment = abandonment
        }
        if let parent = more.parent {
            let reference = unsafe make(saga__v1__parent_ref__init)
            unsafe reference.pointee.saga_id = text(parent.saga)
            unsafe reference.pointee.step = text(parent.step)
            unsafe message.pointee.parent = reference
        }
        if let old = more.replaces { unsafe message.pointee.replaces = text(old) }
        if let new = more.replacedBy { unsafe message.pointee.replaced_by = text(new) }
        if view.history {
            unsafe message.pointee.n_verbs = more.verbs.count
            unsafe message.pointee.verbs = list(more.verbs) { unsafe $0.given($1) }
        }
    }

    /// Why a saga went back.
    mutating func wentBack(
        _ fault: SagaFault, _ entry: VerbEntry?
    ) -> UnsafeMutablePointer<Saga__V1__WentBack> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__went_back__init)
        unsafe message.pointee.cause = fault.cause
        unsafe message.pointee.failure = stepFailure(fault)
        unsafe message.pointee.verb = verb(entry)
        return unsafe message
    }

    private mutating func suspension(
        _ suspension: SagaSuspension
    ) -> UnsafeMutablePointer<Saga__V1__Suspension> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__suspension__init)
        unsafe message.pointee.reason = text(suspension.reason)
        if let by = suspension.by { unsafe message.pointee.by = principal(by) }
        unsafe message.pointee.step = text(suspension.step)
        unsafe message.pointee.since = instant(suspension.since)
        return unsafe message
    }

    private mutating func parking(
        _ parking: SagaParking
    ) -> UnsafeMutablePointer<Saga__V1__Parking> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__parking__init)
        unsafe message.pointee.reason = parking.reason.wireNumber
        unsafe message.pointee.failure = stepFailure(parking.fault)
        unsafe message.pointee.direction = parking.direction.wireNumber
        unsafe message.pointee.since = instant(parking.since)
        return unsafe message
    }

    private mutating func left(
        _ effect: LeftEffect
    ) -> UnsafeMutablePointer<Saga__V1__LeftEffect> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__left_effect__init)
        unsafe message.pointee.step = text(effect.step)
        unsafe message.pointee.undo_need =
            effect.isKnown
            ? SAGA__V1__UNDO_NEED__UNDO_NEED_KNOWN : SAGA__V1__UNDO_NEED__UNDO_NEED_IN_DOUBT
        return unsafe message
    }

    /// A verb that was given; nil for none.
    mutating func verb(_ entry: VerbEntry?) -> UnsafeMutablePointer<Saga__V1__VerbEntry>? {
        guard let entry else { return nil }
        // SAFETY: the message lives in this arena until the next reset.
        return unsafe given(entry)
    }

    private mutating func given(
        _ entry: VerbEntry
    ) -> UnsafeMutablePointer<Saga__V1__VerbEntry> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__verb_entry__init)
        unsafe message.pointee.verb = entry.verb.wireNumber
        unsafe message.pointee.step = text(entry.step)
        unsafe message.pointee.by = principal(entry.by)
        unsafe message.pointee.reason = text(entry.reason)
        unsafe message.pointee.at = instant(entry.at)
        return unsafe message
    }

    /// One reason why a person should look.
    mutating func attention(
        _ attention: Attention, of saga: SagaID
    ) -> UnsafeMutablePointer<Saga__V1__Attention> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__attention__init)
        unsafe message.pointee.reason = attention.reason.wireNumber
        unsafe message.pointee.task = task(
            TaskRef(saga: saga, step: attention.step, direction: attention.direction))
        unsafe message.pointee.since = instant(attention.since)
        if let last = attention.lastFailure {
            unsafe message.pointee.last_failure = failure(last)
        }
        unsafe message.pointee.next_attempt_at = instant(attention.nextAttemptAt)
        unsafe message.pointee.failures = attention.failures
        unsafe message.pointee.handler = text(attention.handler)
        return unsafe message
    }

    mutating func stepFailure(
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

extension SagaFault {
    /// What made the saga go back, of what the model keeps of it.
    fileprivate var cause: Saga__V1__WentBackCause {
        if !step.isEmpty { return SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_STEP }
        return switch failure.code {
        case "timeout": SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_TIMEOUT
        case "compensate": SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_OPERATOR
        case "parent": SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_PARENT
        default: SAGA__V1__WENT_BACK_CAUSE__WENT_BACK_CAUSE_CANCELLED  // and what is unknown
        }
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
