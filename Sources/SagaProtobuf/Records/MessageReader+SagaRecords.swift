internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records of a saga's course.
extension MessageReader {
    /// A record of that kind.
    static func sagaStarted(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaStarted>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        let hash = unsafe message.pointee.key_hash
        let record = try unsafe SagaStarted(
            id: SagaID(high: message.pointee.id_high, low: message.pointee.id_low),
            definition: JournalPosition(message.pointee.definition),
            key: text(message.pointee.key, "", "key"),
            keyIsRandom: message.pointee.key_is_random != 0,
            keyHash: hash.map { unsafe KeyHash(high: $0.pointee.high, low: $0.pointee.low) },
            input: recordPayload(message.pointee.input, "input"),
            labels: list(message.pointee.labels, message.pointee.n_labels, "labels", label),
            traceContext: list(
                message.pointee.trace_context, message.pointee.n_trace_context, "trace_context",
                label),
            principal: Principal(
                name: text(message.pointee.principal, "", "principal"),
                isVerified: message.pointee.principal_verified != 0),
            at: Instant(microseconds: message.pointee.at),
            opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened),
            startAt: optionalWait(message.pointee.start_at),
            inline: inline(message.pointee.inline_definition),
            parent: parent(message.pointee.parent),
            children: list(
                message.pointee.children, message.pointee.n_children, "children", child),
            replaces: hashedID(message.pointee.replaces))
        return .sagaStarted(record)
    }

    /// A record of that kind.
    static func attemptEnded(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena; the case says whether the
        // member of its union is set.
        let at = unsafe message.pointee.at
        var handedOutAt: Instant?
        if unsafe message.pointee.optional_handed_out_before_case
            == SAGA__JOURNAL__V1__ATTEMPT_ENDED__OPTIONAL_HANDED_OUT_BEFORE_HANDED_OUT_BEFORE
        {
            handedOutAt = unsafe Instant(microseconds: at &- message.pointee.handed_out_before)
        }
        let record = try unsafe AttemptEnded(
            step: StepIndex(Int(message.pointee.step)),
            direction: direction(message.pointee.compensation),
            token: Token(
                epoch: Epoch(message.pointee.epoch), number: message.pointee.number),
            outcome: outcome(message),
            instance: text(message.pointee.instance, "", "instance"),
            handedOutAt: handedOutAt, at: Instant(microseconds: at),
            failures: message.pointee.failures, next: next(message),
            undo: optionalValue(message.pointee.undo, "", "undo"),
            opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened),
            progress: optionalRecordPayload(message.pointee.progress, "progress"))
        return .attemptEnded(record)
    }

    /// What an attempt ended with.
    static func outcome(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded>
    ) throws(CodecFailure) -> AttemptOutcome {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        switch unsafe message.pointee.outcome_case {
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_SUCCEEDED:
            return .succeeded(try unsafe recordPayload(message.pointee.succeeded, "succeeded"))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_FAILED:
            return .failed(try unsafe recordFailure(message.pointee.failed, "failed"))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_RETRY:
            let retry = try unsafe required(message.pointee.retry, "", "retry")
            let hasAfter =
                unsafe retry.pointee.optional_after_case
                == SAGA__JOURNAL__V1__RETRY__OPTIONAL_AFTER_AFTER
            return try unsafe .retry(
                recordFailure(retry.pointee.failure, "retry.failure"),
                after: hasAfter ? .microseconds(retry.pointee.after) : nil)
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_REFUSED:
            let refused = try unsafe required(message.pointee.refused, "", "refused")
            return try unsafe .refused(
                OutputRefused(
                    reason: text(refused.pointee.reason, "refused.", "reason"),
                    size: refused.pointee.size, limit: refused.pointee.limit))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_UNKNOWN:
            return .unknown(try unsafe value(message.pointee.unknown, "", "unknown"))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_NOT_YET:
            return unsafe .notYet(after: .microseconds(message.pointee.not_yet))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_DEFERRED:
            let deferred = try unsafe required(message.pointee.deferred, "", "deferred")
            let isLimited =
                unsafe deferred.pointee.optional_within_case
                == SAGA__JOURNAL__V1__DEFERRED__OPTIONAL_WITHIN_WITHIN
            return unsafe .deferred(
                within: isLimited ? .microseconds(deferred.pointee.within) : nil)
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_HOLD:
            return .hold(reason: try unsafe text(message.pointee.hold, "", "hold"))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_DECLINED:
            return .declined(try unsafe value(message.pointee.declined, "", "declined"))
        default:  // no member of the oneof is set
            throw CodecFailure("outcome", .unset)
        }
    }

    private static func next(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded>
    ) throws(CodecFailure) -> TaskNext {
        // SAFETY: as `outcome`.
        switch unsafe message.pointee.next_case {
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__NEXT_OVER:
            return .over(try unsafe value(message.pointee.over, "", "over"))
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__NEXT_AGAIN:
            return unsafe .again(message.pointee.again)
        case SAGA__JOURNAL__V1__ATTEMPT_ENDED__NEXT_WAITS:
            return try unsafe .waits(wait(required(message.pointee.waits, "", "waits")))
        default:  // no member of the oneof is set
            throw CodecFailure("next", .unset)
        }
    }

    /// A record of that kind.
    static func waitEnded(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__WaitEnded>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message lives in the arena.
        unsafe .waitEnded(
            WaitEnded(
                opened: Opened(
                    step: StepIndex(Int(message.pointee.step)),
                    direction: direction(message.pointee.compensation),
                    number: message.pointee.number,
                    child: childID(message.pointee.child_high, message.pointee.child_low)),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func cancelAsked(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__CancelAsked>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe .cancelAsked(
            CancelAsked(
                principal: Principal(
                    name: text(message.pointee.principal, "", "principal"),
                    isVerified: message.pointee.principal_verified != 0),
                reason: text(message.pointee.reason, "", "reason"),
                isByParent: message.pointee.by_parent != 0,
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func wentBack(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__WentBack>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena; the case says whether the
        // member of its union is set, and as many numbers are there as are counted.
        let hasStep =
            unsafe message.pointee.optional_step_case
            == SAGA__JOURNAL__V1__WENT_BACK__OPTIONAL_STEP_STEP
        let withdrawn = unsafe UnsafeBufferPointer(
            start: message.pointee.withdrawn, count: message.pointee.n_withdrawn)
        let record = try unsafe WentBack(
            reason: BackReason(
                step: hasStep ? StepIndex(Int(message.pointee.step)) : nil,
                failure: recordFailure(message.pointee.failure, "failure")),
            steps: list(message.pointee.steps, message.pointee.n_steps, "steps", stepToUndo),
            withdrawn: withdrawn.map { StepIndex(Int($0)) },
            opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened),
            at: Instant(microseconds: message.pointee.at))
        return .wentBack(record)
    }

    /// A record of that kind.
    static func sagaParked(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaParked>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe .sagaParked(
            SagaParked(
                step: StepIndex(Int(message.pointee.step)),
                direction: message.pointee.forward != 0 ? .action : .compensation,
                reason: optionalValue(message.pointee.reason, "", "reason") ?? .compensationFailed,
                failure: recordFailure(message.pointee.failure, "failure"),
                stopped: list(
                    message.pointee.stopped, message.pointee.n_stopped, "stopped", stopped),
                at: Instant(microseconds: message.pointee.at)))
    }

    /// A record of that kind.
    static func sagaEnded(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaEnded>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message lives in the arena; each case says whether the member of its union
        // is set.
        let hasOutput =
            unsafe message.pointee.optional_output_of_case
            == SAGA__JOURNAL__V1__SAGA_ENDED__OPTIONAL_OUTPUT_OF_OUTPUT_OF
        let hasKey =
            unsafe message.pointee.optional_key_until_case
            == SAGA__JOURNAL__V1__SAGA_ENDED__OPTIONAL_KEY_UNTIL_KEY_UNTIL
        return try unsafe .sagaEnded(
            SagaEnded(
                state: value(message.pointee.state, "", "state"),
                outputOf: hasOutput ? StepIndex(Int(message.pointee.output_of)) : nil,
                output: optionalRecordPayload(message.pointee.output, "output"),
                left: list(message.pointee.left, message.pointee.n_left, "left", stepToUndo),
                keyUntil: hasKey ? Instant(microseconds: message.pointee.key_until) : nil,
                at: Instant(microseconds: message.pointee.at)))
    }
}
