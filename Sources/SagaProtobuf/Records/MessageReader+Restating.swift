internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records that stand in for others that are freed.
extension MessageReader {
    /// A record of that kind.
    static func engineRestated(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__EngineRestated>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        unsafe .engineRestated(
            EngineRestated(
                epoch: Epoch(message.pointee.epoch),
                newestStamp: Instant(microseconds: message.pointee.newest_stamp),
                dropped: message.pointee.dropped,
                newestDropped: hashedID(message.pointee.newest_dropped)))
    }

    /// A record of that kind.
    static func definitionRestated(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__DefinitionRestated>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        let part = try unsafe required(message.pointee.definition, "", "definition")
        guard case .definitionRegistered(let stored) = try unsafe definitionRegistered(part) else {
            throw CodecFailure("definition", .unset)
        }
        return unsafe .definitionRestated(
            DefinitionRestated(
                position: JournalPosition(message.pointee.position), definition: stored))
    }

    /// A record of that kind.
    static func keysRestated(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__KeysRestated>
    ) throws(CodecFailure) -> Record {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe .keysRestated(
            KeysRestated(
                keys: list(message.pointee.keys, message.pointee.n_keys, "keys", restatedKey)))
    }

    private static func restatedKey(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedKey>
    ) throws(CodecFailure) -> RestatedKey {
        // SAFETY: the message and all it points to live in the arena; the case says whether the
        // member of its union is set.
        let part = try unsafe required(message.pointee.taken, "", "taken")
        guard case .keyTaken(let taken) = try unsafe keyTaken(part) else {
            throw CodecFailure("taken", .unset)
        }
        let isOver =
            unsafe message.pointee.optional_until_case
            == SAGA__JOURNAL__V1__RESTATED_KEY__OPTIONAL_UNTIL_UNTIL
        return unsafe RestatedKey(
            taken: taken, start: JournalPosition(message.pointee.start),
            until: isOver ? Instant(microseconds: message.pointee.until) : nil,
            mayBeReplaced: message.pointee.may_be_replaced != 0)
    }

    /// A record of that kind.
    static func sagaRestated(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__SagaRestated>
    ) throws(CodecFailure) -> Record {
        // SAFETY: as `restatedKey`; as many reasons are there as are counted.
        let part = try unsafe required(message.pointee.started, "", "started")
        guard case .sagaStarted(let started) = try unsafe sagaStarted(part) else {
            throw CodecFailure("started", .unset)
        }
        var record = try unsafe SagaRestated(
            started: started, state: value(message.pointee.state, "", "state"),
            stateSince: Instant(microseconds: message.pointee.state_since))
        if unsafe message.pointee.optional_output_of_case
            == SAGA__JOURNAL__V1__SAGA_RESTATED__OPTIONAL_OUTPUT_OF_OUTPUT_OF
        {
            record.outputOf = unsafe StepIndex(Int(message.pointee.output_of))
        }
        record.steps = try unsafe list(
            message.pointee.steps, message.pointee.n_steps, "steps", restatedStep)
        let reasons = unsafe UnsafeBufferPointer(
            start: message.pointee.raised, count: message.pointee.n_raised)
        for place in reasons.indices {
            record.raised.append(try unsafe value(reasons[place], "", "raised"))
        }
        record.endedBy = unsafe JournalPosition(message.pointee.ended_by)
        if let rare = unsafe message.pointee.rare { record.rare = try unsafe rarities(rare) }
        return .sagaRestated(record)
    }

    private static func restatedStep(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedStep>
    ) throws(CodecFailure) -> RestatedStep {
        // SAFETY: the message and all it points to live in the arena.
        var step = try unsafe RestatedStep(
            StepIndex(Int(message.pointee.step)), value(message.pointee.state, "", "state"))
        step.knowledge = try unsafe optionalValue(message.pointee.knowledge, "", "knowledge")
        if let action = unsafe message.pointee.action {
            step.action = try unsafe restatedTask(action)
        }
        if let undo = unsafe message.pointee.undo { step.undo = try unsafe restatedTask(undo) }
        step.output = try unsafe optionalRecordPayload(message.pointee.output, "output")
        return step
    }

    private static func restatedTask(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedTask>
    ) throws(CodecFailure) -> RestatedTask {
        // SAFETY: as `restatedKey`.
        var task = RestatedTask()
        if unsafe message.pointee.number != 0 {
            task.token = unsafe Token(
                epoch: Epoch(message.pointee.epoch), number: message.pointee.number)
        }
        task.mayHaveRun = unsafe message.pointee.may_have_run != 0
        task.endedUnknown = unsafe message.pointee.ended_unknown != 0
        task.hasReturned = unsafe message.pointee.has_returned != 0
        task.wait = try unsafe optionalWait(message.pointee.wait)
        task.attempts = unsafe message.pointee.attempts
        task.failures = unsafe message.pointee.failures
        if unsafe message.pointee.optional_due_at_case
            == SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_DUE_AT_DUE_AT
        {
            task.dueAt = unsafe Instant(microseconds: message.pointee.due_at)
        }
        if unsafe message.pointee.optional_handed_out_at_case
            == SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_HANDED_OUT_AT_HANDED_OUT_AT
        {
            task.handedOutAt = unsafe Instant(microseconds: message.pointee.handed_out_at)
        }
        if unsafe message.pointee.optional_ended_at_case
            == SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_ENDED_AT_ENDED_AT
        {
            task.endedAt = unsafe Instant(microseconds: message.pointee.ended_at)
        }
        task.instance = try unsafe text(message.pointee.instance, "", "instance")
        task.openedBy = unsafe JournalPosition(message.pointee.opened_by)
        task.isDeferred = unsafe message.pointee.deferred != 0
        task.deferredUntil = try unsafe optionalWait(message.pointee.deferred_until)
        try unsafe readPast(message, into: &task)
        return task
    }

    /// What ended attempts and children left.
    private static func readPast(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedTask>,
        into task: inout RestatedTask
    ) throws(CodecFailure) {
        // SAFETY: as `restatedKey`.
        task.progress = try unsafe optionalRecordPayload(message.pointee.progress, "progress")
        if let failure = unsafe message.pointee.last_failure {
            task.lastFailure = try unsafe recordFailure(failure, "last_failure")
        }
        if unsafe message.pointee.optional_failing_since_case
            == SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_FAILING_SINCE_FAILING_SINCE
        {
            task.failingSince = unsafe Instant(microseconds: message.pointee.failing_since)
        }
        task.endedAttempts = unsafe message.pointee.ended_attempts
        let kept = try unsafe list(
            message.pointee.kept_attempts, message.pointee.n_kept_attempts, "kept_attempts",
            keptAttempt)
        task.firstAttempt = kept.first
        task.lastAttempts = Array(kept.dropFirst())
        task.children = try unsafe list(
            message.pointee.children, message.pointee.n_children, "children"
        ) { child throws(CodecFailure) in
            // SAFETY: the message lives in the arena.
            unsafe SagaID(high: child.pointee.high, low: child.pointee.low)
        }
    }

    private static func keptAttempt(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded>
    ) throws(CodecFailure) -> AttemptOnRecord {
        // SAFETY: as `restatedKey`.
        let at = unsafe message.pointee.at
        var handedOutAt: Instant?
        if unsafe message.pointee.optional_handed_out_before_case
            == SAGA__JOURNAL__V1__ATTEMPT_ENDED__OPTIONAL_HANDED_OUT_BEFORE_HANDED_OUT_BEFORE
        {
            handedOutAt = unsafe Instant(microseconds: at &- message.pointee.handed_out_before)
        }
        return try unsafe AttemptOnRecord(
            token: Token(epoch: Epoch(message.pointee.epoch), number: message.pointee.number),
            instance: text(message.pointee.instance, "", "instance"), handedOutAt: handedOutAt,
            endedAt: Instant(microseconds: at), outcome: outcome(message),
            counts: message.pointee.failures != 0)
    }

    private static func rarities(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedRarities>
    ) throws(CodecFailure) -> RestatedRarities {
        // SAFETY: as `restatedKey`.
        var rare = RestatedRarities()
        if let part = unsafe message.pointee.suspension,
            case .sagaSuspended(let it) = try unsafe sagaSuspended(part)
        {
            rare.suspension = it
        }
        if let part = unsafe message.pointee.parking,
            case .sagaParked(let it) = try unsafe sagaParked(part)
        {
            rare.parking = it
        }
        if let part = unsafe message.pointee.cancel_asked,
            case .cancelAsked(let it) = try unsafe cancelAsked(part)
        {
            rare.cancelAsked = it
        }
        let cause: BackCause? = try unsafe optionalValue(message.pointee.wish, "", "wish")
        if let cause {
            rare.wish = try unsafe RestatedWish(
                cause: cause, message: text(message.pointee.wish_message, "", "wish_message"))
        }
        if unsafe message.pointee.running != 0 {
            rare.running = unsafe RestatedBegin(
                position: JournalPosition(message.pointee.running),
                at: Instant(microseconds: message.pointee.running_at))
        }
        if let part = unsafe message.pointee.back_reason,
            case .wentBack(let it) = try unsafe wentBack(part)
        {
            rare.backReason = it.reason
        }
        rare.failure = try unsafe restatedFault(message.pointee.failure)
        rare.compensationFailure = try unsafe restatedFault(message.pointee.compensation_failure)
        if unsafe message.pointee.optional_timed_out_at_case
            == SAGA__JOURNAL__V1__RESTATED_RARITIES__OPTIONAL_TIMED_OUT_AT_TIMED_OUT_AT
        {
            rare.timedOutAt = unsafe Instant(microseconds: message.pointee.timed_out_at)
        }
        try unsafe readLists(message, into: &rare)
        return rare
    }

    private static func readLists(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedRarities>,
        into rare: inout RestatedRarities
    ) throws(CodecFailure) {
        // SAFETY: the message and all it points to live in the arena.
        rare.stopped = try unsafe list(
            message.pointee.stopped, message.pointee.n_stopped, "stopped", stopped)
        rare.limits = try unsafe list(
            message.pointee.limits, message.pointee.n_limits, "limits", running)
        rare.verbs = try unsafe list(
            message.pointee.verbs, message.pointee.n_verbs, "verbs"
        ) { message throws(CodecFailure) in
            guard case .verbGiven(let given) = try unsafe verbGiven(message) else {
                throw CodecFailure("verb", .unset)
            }
            return given
        }
        rare.found = try unsafe list(
            message.pointee.found, message.pointee.n_found, "found"
        ) { message throws(CodecFailure) in
            // SAFETY: the message and all it points to live in the arena.
            try unsafe FoundByCondition(
                step: StepIndex(Int(message.pointee.step)),
                text: text(message.pointee.text, "", "text"))
        }
        rare.output = try unsafe optionalRecordPayload(message.pointee.output, "output")
        rare.left = try unsafe list(
            message.pointee.left, message.pointee.n_left, "left", stepToUndo)
        rare.replacedBy = unsafe hashedID(message.pointee.replaced_by)
    }

    private static func restatedFault(
        _ message: UnsafeMutablePointer<Saga__Journal__V1__RestatedFault>?
    ) throws(CodecFailure) -> SagaFault? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        return try unsafe SagaFault(
            step: text(message.pointee.step, "", "step"),
            failure: recordFailure(message.pointee.failure, "failure"),
            attempt: message.pointee.attempt,
            instance: text(message.pointee.instance, "", "instance"),
            at: Instant(microseconds: message.pointee.at))
    }
}
