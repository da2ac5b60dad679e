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
            opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened))
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
            opened: list(message.pointee.opened, message.pointee.n_opened, "opened", opened))
        return .attemptEnded(record)
    }

    private static func outcome(
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
            let waits = try unsafe required(message.pointee.waits, "", "waits")
            return unsafe .waits(
                Wait(
                    until: Instant(microseconds: waits.pointee.until),
                    duration: .microseconds(waits.pointee.duration)))
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
                    number: message.pointee.number),
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
                failure: recordFailure(message.pointee.failure, "failure"),
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
                keyUntil: hasKey ? Instant(microseconds: message.pointee.key_until) : nil,
                at: Instant(microseconds: message.pointee.at)))
    }
}

/// Parts of records.
extension MessageReader {
    private static func direction(_ compensation: protobuf_c_boolean) -> Direction {
        compensation == 0 ? .action : .compensation
    }

    private static func opened(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Opened>
    ) throws(CodecFailure) -> Opened {
        // SAFETY: the message lives in the arena.
        unsafe Opened(
            step: StepIndex(Int(message.pointee.step)),
            direction: direction(message.pointee.compensation), number: message.pointee.number)
    }

    private static func stepToUndo(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__StepToUndo>
    ) throws(CodecFailure) -> StepToUndo {
        // SAFETY: the message lives in the arena.
        try unsafe StepToUndo(
            step: StepIndex(Int(message.pointee.step)),
            knowledge: value(message.pointee.knowledge, "", "knowledge"))
    }

    private static func label(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Label>
    ) throws(CodecFailure) -> Label {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe Label(
            name: text(message.pointee.name, "", "name"),
            value: text(message.pointee.value, "", "value"))
    }

    /// A payload exactly as it was recorded.
    private static func recordPayload(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Payload>?, _ name: StaticString
    ) throws(CodecFailure) -> Payload {
        // SAFETY: the message and all it points to live in the arena.
        let message = try unsafe required(message, "", name)
        let type =
            unsafe message.pointee.json != 0
            ? Payload.json
            : try text(message.pointee.content_type, name, ".content_type")
        return unsafe Payload(contentType: type, bytes: bytes(message.pointee.data))
    }

    private static func recordFailure(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__Failure>?, _ name: StaticString
    ) throws(CodecFailure) -> Failure {
        // SAFETY: the message and all it points to live in the arena.
        let message = try unsafe required(message, "", name)
        let details = unsafe message.pointee.details
        return try unsafe Failure(
            code: text(message.pointee.code, name, ".code"),
            message: text(message.pointee.message, name, ".message"),
            details: details == nil ? nil : recordPayload(details, "details"))
    }
}
