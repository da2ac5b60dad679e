internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records by which a saga stands still, goes on, or is told to do something.
extension MessageReader {
    /// A record of that kind.
    static func stepsMoved(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__StepsMoved>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe .stepsMoved(
            StepsMoved(
                moves: list(message.pointee.moves, message.pointee.n_moves, "moves", move),
                opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened),
                at: Instant(microseconds: message.pointee.at)))
    }

    private static func move(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__StepMove>
    ) throws(CodecFailure) -> StepMove {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        let kind: StepMove.Kind
        switch unsafe message.pointee.kind_case {
        case SAGA__JOURNAL__V1__STEP_MOVE__KIND_SKIPPED:
            kind = .skipped(found: try unsafe text(message.pointee.skipped, "", "skipped"))
        case SAGA__JOURNAL__V1__STEP_MOVE__KIND_WAITS:
            kind = try unsafe .waits(wait(required(message.pointee.waits, "", "waits")))
        case SAGA__JOURNAL__V1__STEP_MOVE__KIND_FAILED:
            kind = try unsafe .failed(
                recordFailure(message.pointee.failed, "failed"),
                undo: value(message.pointee.undo, "", "undo"))
        default:  // no member of the oneof is set
            throw CodecFailure("kind", .unset)
        }
        return unsafe StepMove(
            StepIndex(Int(message.pointee.step)),
            direction: direction(message.pointee.compensation), kind)
    }

    /// A record of that kind.
    static func taskDeferred(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__TaskDeferred>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `stepsMoved`; the case says whether the member of its union is set.
        let at = unsafe message.pointee.at
        var handedOutAt: Instant?
        if unsafe message.pointee.optional_handed_out_before_case
            == SAGA__JOURNAL__V1__TASK_DEFERRED__OPTIONAL_HANDED_OUT_BEFORE_HANDED_OUT_BEFORE
        {
            handedOutAt = unsafe Instant(microseconds: at &- message.pointee.handed_out_before)
        }
        return try unsafe .taskDeferred(
            TaskDeferred(
                step: StepIndex(Int(message.pointee.step)),
                direction: direction(message.pointee.compensation),
                token: Token(
                    epoch: Epoch(message.pointee.epoch), number: message.pointee.number),
                instance: text(message.pointee.instance, "", "instance"),
                handedOutAt: handedOutAt, until: optionalWait(message.pointee.until),
                at: Instant(microseconds: at)))
    }

    /// A record of that kind.
    static func sagaSuspended(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaSuspended>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `taskDeferred`.
        let hasStep =
            unsafe message.pointee.optional_step_case
            == SAGA__JOURNAL__V1__SAGA_SUSPENDED__OPTIONAL_STEP_STEP
        let name = try unsafe text(message.pointee.principal, "", "principal")
        let isVerified = unsafe message.pointee.principal_verified != 0
        let isHeld = unsafe message.pointee.held != 0
        return try unsafe .sagaSuspended(
            SagaSuspended(
                by: isHeld ? nil : Principal(name: name, isVerified: isVerified),
                step: hasStep ? StepIndex(Int(message.pointee.step)) : nil,
                reason: text(message.pointee.reason, "", "reason"),
                stopped: list(
                    message.pointee.stopped, message.pointee.n_stopped, "stopped", stopped),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func sagaResumed(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaResumed>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `stepsMoved`.
        try unsafe .sagaResumed(
            SagaResumed(
                limits: list(message.pointee.limits, message.pointee.n_limits, "limits", running),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func verbGiven(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__VerbGiven>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `taskDeferred`.
        let hasStep =
            unsafe message.pointee.optional_step_case
            == SAGA__JOURNAL__V1__VERB_GIVEN__OPTIONAL_STEP_STEP
        return try unsafe .verbGiven(
            VerbGiven(
                verb: value(message.pointee.verb, "", "verb"),
                step: hasStep ? StepIndex(Int(message.pointee.step)) : nil,
                principal: Principal(
                    name: text(message.pointee.principal, "", "principal"),
                    isVerified: message.pointee.principal_verified != 0),
                reason: text(message.pointee.reason, "", "reason"),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func sagaUnparked(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaUnparked>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `stepsMoved`.
        try unsafe .sagaUnparked(
            SagaUnparked(
                state: value(message.pointee.state, "", "state"),
                opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened),
                limits: list(message.pointee.limits, message.pointee.n_limits, "limits", running),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func stepSettled(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__StepSettled>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `stepsMoved`.
        try unsafe .stepSettled(
            StepSettled(
                step: StepIndex(Int(message.pointee.step)),
                state: value(message.pointee.state, "", "state"),
                output: optionalRecordPayload(message.pointee.output, "output"),
                undo: optionalValue(message.pointee.undo, "", "undo"),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func sagaBegan(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaBegan>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `stepsMoved`.
        try unsafe .sagaBegan(
            SagaBegan(
                opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func sagaTimedOut(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaTimedOut>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message lives in the arena.
        unsafe .sagaTimedOut(SagaTimedOut(at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func attentionChanged(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__AttentionChanged>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena; as many reasons are there as
        // are counted.
        let numbers = unsafe UnsafeBufferPointer(
            start: message.pointee.cleared, count: message.pointee.n_cleared)
        var cleared: [AttentionReason] = []
        for place in numbers.indices {
            cleared.append(try unsafe value(numbers[place], "", "cleared"))
        }
        return try unsafe .attentionChanged(
            AttentionChanged(
                raised: list(message.pointee.raised, message.pointee.n_raised, "raised", raised),
                cleared: cleared, at: Instant(microseconds: message.pointee.at)))
    }

    private static func raised(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RaisedAttention>
    ) throws(CodecFailure) -> RaisedAttention {
        // SAFETY: as `taskDeferred`.
        let hasStep =
            unsafe message.pointee.optional_step_case
            == SAGA__JOURNAL__V1__RAISED_ATTENTION__OPTIONAL_STEP_STEP
        return try unsafe RaisedAttention(
            value(message.pointee.reason, "", "reason"),
            step: hasStep ? StepIndex(Int(message.pointee.step)) : nil,
            direction: direction(message.pointee.compensation))
    }

    /// A record of that kind.
    static func limitsSet(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__LimitsSet>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `stepsMoved`.
        try unsafe .limitsSet(
            LimitsSet(
                limits: list(message.pointee.limits, message.pointee.n_limits, "limits", running),
                at: Instant(microseconds: message.pointee.at)))
    }
}
