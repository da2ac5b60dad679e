internal import CSagaProtos
internal import SagaModel

/// Attempts as they are shown.
extension EncodingArena {
    /// An attempt.
    mutating func attempt(
        _ status: AttemptStatus
    ) -> UnsafeMutablePointer<Saga__V1__Attempt> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__attempt__init)
        unsafe message.pointee.token = token(status.token)
        unsafe message.pointee.state = status.state.wireNumber
        unsafe message.pointee.handed_out_at = instant(status.handedOutAt)
        unsafe message.pointee.ended_at = instant(status.endedAt)
        unsafe message.pointee.participant = participant(status.instance)
        if let outcome = status.outcome { unsafe message.pointee.outcome = self.outcome(outcome) }
        unsafe message.pointee.counts = status.counts ? 1 : 0
        return unsafe message
    }
}

extension MessageReader {
    /// An attempt.
    static func attempt(
        _ message: UnsafeMutablePointer<Saga__V1__Attempt>, _ limits: CodecLimits
    ) throws(CodecFailure) -> AttemptStatus {
        // SAFETY: the message and all it points to live in the arena.
        let outcome = unsafe message.pointee.outcome
        return try unsafe AttemptStatus(
            token: token(message.pointee.token, "attempt."),
            state: value(message.pointee.state, "attempt.", "state"),
            handedOutAt: instant(message.pointee.handed_out_at, "attempt.", "handed_out_at"),
            endedAt: instant(message.pointee.ended_at, "attempt.", "ended_at"),
            instance: participant(message.pointee.participant),
            outcome: outcome == nil ? nil : shownOutcome(outcome!, limits),
            counts: message.pointee.counts != 0)
    }

    /// An outcome as the coordinator shows it; nil for one of a later release.
    private static func shownOutcome(
        _ message: UnsafeMutablePointer<Saga__V1__Outcome>, _ limits: CodecLimits
    ) throws(CodecFailure) -> AttemptOutcome? {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        switch unsafe message.pointee.kind_case {
        case SAGA__V1__OUTCOME__KIND_UNKNOWN:
            let unknown = try unsafe required(message.pointee.unknown, "outcome.", "unknown")
            return .unknown(try unsafe value(unknown.pointee.cause, "outcome.", "unknown.cause"))
        case SAGA__V1__OUTCOME__KIND__NOT_SET: return nil
        default: return try unsafe outcome(message, "outcome.", limits)  // a participant's word
        }
    }
}

extension AttemptStatus.State: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__AttemptState {
        switch self {
        case .open: SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_OPEN
        case .handedOut: SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_HANDED_OUT
        case .earlierLife: SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_EARLIER_LIFE
        case .deferred: SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_DEFERRED
        case .ended: SAGA__V1__ATTEMPT_STATE__ATTEMPT_STATE_ENDED
        }
    }
}
