internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records by which a saga stands still, goes on, or is told to do something.
extension EncodingArena {
    /// The payload of a record of that kind.
    mutating func stepsMoved(
        _ record: StepsMoved
    ) -> UnsafeMutablePointer<Saga__Journal__V1__StepsMoved> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__steps_moved__init)
        unsafe message.pointee.n_moves = record.moves.count
        unsafe message.pointee.moves = list(record.moves) { unsafe $0.move($1) }
        unsafe message.pointee.n_opened = record.opened.count
        unsafe message.pointee.opened = list(record.opened) { unsafe $0.opened($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    private mutating func move(
        _ move: StepMove
    ) -> UnsafeMutablePointer<Saga__Journal__V1__StepMove> {
        // SAFETY: the message lives in this arena until the next reset; with each member of the
        // union its case is set.
        let message = unsafe make(saga__journal__v1__step_move__init)
        unsafe message.pointee.step = number(move.step)
        unsafe message.pointee.compensation = move.direction == .compensation ? 1 : 0
        switch move.kind {
        case .skipped(let found):
            unsafe message.pointee.kind_case = SAGA__JOURNAL__V1__STEP_MOVE__KIND_SKIPPED
            unsafe message.pointee.skipped = text(found)
        case .waits(let pause):
            unsafe message.pointee.kind_case = SAGA__JOURNAL__V1__STEP_MOVE__KIND_WAITS
            unsafe message.pointee.waits = wait(pause)
        case .failed(let failure, let undo):
            unsafe message.pointee.kind_case = SAGA__JOURNAL__V1__STEP_MOVE__KIND_FAILED
            unsafe message.pointee.failed = recordFailure(failure)
            unsafe message.pointee.undo = undo.wireNumber
        }
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func taskDeferred(
        _ record: TaskDeferred
    ) -> UnsafeMutablePointer<Saga__Journal__V1__TaskDeferred> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__task_deferred__init)
        unsafe message.pointee.step = number(record.step)
        unsafe message.pointee.compensation = record.direction == .compensation ? 1 : 0
        unsafe message.pointee.epoch = record.token.epoch.rawValue
        unsafe message.pointee.number = record.token.number
        unsafe message.pointee.instance = text(record.instance)
        if let handedOutAt = record.handedOutAt {
            unsafe message.pointee.optional_handed_out_before_case =
                SAGA__JOURNAL__V1__TASK_DEFERRED__OPTIONAL_HANDED_OUT_BEFORE_HANDED_OUT_BEFORE
            unsafe message.pointee.handed_out_before =
                record.at.microseconds &- handedOutAt.microseconds
        }
        if let until = record.until { unsafe message.pointee.until = wait(until) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaSuspended(
        _ record: SagaSuspended
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaSuspended> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__saga_suspended__init)
        unsafe message.pointee.principal = text(record.by?.name ?? "")
        unsafe message.pointee.principal_verified = record.by?.isVerified == true ? 1 : 0
        unsafe message.pointee.held = record.by == nil ? 1 : 0
        if let step = record.step {
            unsafe message.pointee.optional_step_case =
                SAGA__JOURNAL__V1__SAGA_SUSPENDED__OPTIONAL_STEP_STEP
            unsafe message.pointee.step = number(step)
        }
        unsafe message.pointee.reason = text(record.reason)
        unsafe message.pointee.n_stopped = record.stopped.count
        unsafe message.pointee.stopped = list(record.stopped) { unsafe $0.stopped($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaResumed(
        _ record: SagaResumed
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaResumed> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__saga_resumed__init)
        unsafe message.pointee.n_limits = record.limits.count
        unsafe message.pointee.limits = list(record.limits) { unsafe $0.running($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func verbGiven(
        _ record: VerbGiven
    ) -> UnsafeMutablePointer<Saga__Journal__V1__VerbGiven> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__verb_given__init)
        unsafe message.pointee.verb = record.verb.wireNumber
        if let step = record.step {
            unsafe message.pointee.optional_step_case =
                SAGA__JOURNAL__V1__VERB_GIVEN__OPTIONAL_STEP_STEP
            unsafe message.pointee.step = number(step)
        }
        unsafe message.pointee.principal = text(record.principal.name)
        unsafe message.pointee.principal_verified = record.principal.isVerified ? 1 : 0
        unsafe message.pointee.reason = text(record.reason)
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaUnparked(
        _ record: SagaUnparked
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaUnparked> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__saga_unparked__init)
        unsafe message.pointee.state = record.state.wireNumber
        unsafe message.pointee.n_opened = record.opened.count
        unsafe message.pointee.opened = list(record.opened) { unsafe $0.opened($1) }
        unsafe message.pointee.n_limits = record.limits.count
        unsafe message.pointee.limits = list(record.limits) { unsafe $0.running($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func stepSettled(
        _ record: StepSettled
    ) -> UnsafeMutablePointer<Saga__Journal__V1__StepSettled> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__step_settled__init)
        unsafe message.pointee.step = number(record.step)
        unsafe message.pointee.state = record.state.wireNumber
        if let output = record.output { unsafe message.pointee.output = recordPayload(output) }
        if let undo = record.undo { unsafe message.pointee.undo = undo.wireNumber }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaBegan(
        _ record: SagaBegan
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaBegan> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__saga_began__init)
        unsafe message.pointee.n_opened = record.opened.count
        unsafe message.pointee.opened = list(record.opened) { unsafe $0.opened($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaTimedOut(
        _ record: SagaTimedOut
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaTimedOut> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__saga_timed_out__init)
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func attentionChanged(
        _ record: AttentionChanged
    ) -> UnsafeMutablePointer<Saga__Journal__V1__AttentionChanged> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__attention_changed__init)
        unsafe message.pointee.n_raised = record.raised.count
        unsafe message.pointee.raised = list(record.raised) { unsafe $0.raised($1) }
        unsafe message.pointee.n_cleared = record.cleared.count
        unsafe message.pointee.cleared = numbers(record.cleared, \.wireNumber)
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    private mutating func raised(
        _ raised: RaisedAttention
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RaisedAttention> {
        // SAFETY: the message lives in this arena until the next reset; with the member of the
        // union its case is set.
        let message = unsafe make(saga__journal__v1__raised_attention__init)
        unsafe message.pointee.reason = raised.reason.wireNumber
        if let step = raised.step {
            unsafe message.pointee.optional_step_case =
                SAGA__JOURNAL__V1__RAISED_ATTENTION__OPTIONAL_STEP_STEP
            unsafe message.pointee.step = number(step)
        }
        unsafe message.pointee.compensation = raised.direction == .compensation ? 1 : 0
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func limitsSet(
        _ record: LimitsSet
    ) -> UnsafeMutablePointer<Saga__Journal__V1__LimitsSet> {
        // SAFETY: as `stepsMoved`.
        let message = unsafe make(saga__journal__v1__limits_set__init)
        unsafe message.pointee.n_limits = record.limits.count
        unsafe message.pointee.limits = list(record.limits) { unsafe $0.running($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }
}
