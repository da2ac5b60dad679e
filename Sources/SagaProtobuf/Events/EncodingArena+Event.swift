internal import CSagaProtos
internal import SagaModel

extension EncodingArena {
    /// An event.
    mutating func event(_ event: SagaEvent) -> UnsafeMutablePointer<Saga__V1__Event> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__event__init)
        unsafe message.pointee.kind = event.kind.wireNumber
        unsafe message.pointee.saga_id = text(event.sagaID)
        unsafe message.pointee.definition = definitionRef(event.definition, event.version)
        unsafe message.pointee.key = text(event.key)
        unsafe message.pointee.at = instant(event.at)
        unsafe message.pointee.position = event.position.rawValue
        unsafe message.pointee.step = text(event.step)
        if let direction = event.direction {
            unsafe message.pointee.direction = direction.wireNumber
        }
        if let token = event.token { unsafe message.pointee.token = self.token(token) }
        unsafe message.pointee.participant = participant(event.participant)
        unsafe message.pointee.took = duration(event.took)
        if let failure = event.failure { unsafe message.pointee.failure = self.failure(failure) }
        if let verb = event.verb { unsafe message.pointee.verb = given(verb, of: event) }
        if let child = event.childSagaID { unsafe message.pointee.child_saga_id = text(child) }
        if let reason = event.attention { unsafe message.pointee.attention = reason.wireNumber }
        return unsafe message
    }

    private mutating func given(
        _ verb: SagaEvent.GivenVerb, of event: SagaEvent
    ) -> UnsafeMutablePointer<Saga__V1__VerbEntry> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__verb_entry__init)
        unsafe message.pointee.verb = verb.verb.wireNumber
        unsafe message.pointee.step = text(event.step)
        unsafe message.pointee.by = principal(verb.principal)
        unsafe message.pointee.reason = text(verb.reason)
        unsafe message.pointee.at = instant(event.at)
        return unsafe message
    }
}

extension EventKind: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__EventKind {
        switch self {
        case .sagaStarted: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_STARTED
        case .sagaRunning: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_RUNNING
        case .sagaCompensating: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_COMPENSATING
        case .sagaCompleted: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_COMPLETED
        case .sagaCompensated: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_COMPENSATED
        case .sagaFailed: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_FAILED
        case .sagaAbandoned: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_ABANDONED
        case .sagaTimedOut: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_TIMED_OUT
        case .sagaSuspended: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_SUSPENDED
        case .sagaResumed: SAGA__V1__EVENT_KIND__EVENT_KIND_SAGA_RESUMED
        case .stepStarted: SAGA__V1__EVENT_KIND__EVENT_KIND_STEP_STARTED
        case .stepSucceeded: SAGA__V1__EVENT_KIND__EVENT_KIND_STEP_SUCCEEDED
        case .stepFailed: SAGA__V1__EVENT_KIND__EVENT_KIND_STEP_FAILED
        case .stepSkipped: SAGA__V1__EVENT_KIND__EVENT_KIND_STEP_SKIPPED
        case .attemptEnded: SAGA__V1__EVENT_KIND__EVENT_KIND_ATTEMPT_ENDED
        case .taskDeferred: SAGA__V1__EVENT_KIND__EVENT_KIND_TASK_DEFERRED
        case .compensationStarted: SAGA__V1__EVENT_KIND__EVENT_KIND_COMPENSATION_STARTED
        case .compensationSucceeded: SAGA__V1__EVENT_KIND__EVENT_KIND_COMPENSATION_SUCCEEDED
        case .compensationFailed: SAGA__V1__EVENT_KIND__EVENT_KIND_COMPENSATION_FAILED
        case .verbGiven: SAGA__V1__EVENT_KIND__EVENT_KIND_VERB_GIVEN
        case .attentionRaised: SAGA__V1__EVENT_KIND__EVENT_KIND_ATTENTION_RAISED
        case .attentionCleared: SAGA__V1__EVENT_KIND__EVENT_KIND_ATTENTION_CLEARED
        }
    }
}
