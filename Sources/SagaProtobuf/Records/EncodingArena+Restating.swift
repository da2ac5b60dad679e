internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records that stand in for others that are freed.
extension EncodingArena {
    /// The payload of a record of that kind.
    mutating func engineRestated(
        _ record: EngineRestated
    ) -> UnsafeMutablePointer<Saga__Journal__V1__EngineRestated> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__engine_restated__init)
        unsafe message.pointee.epoch = record.epoch.rawValue
        unsafe message.pointee.newest_stamp = record.newestStamp.microseconds
        unsafe message.pointee.dropped = record.dropped
        if let newest = record.newestDropped {
            unsafe message.pointee.newest_dropped = hashed(newest)
        }
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func definitionRestated(
        _ record: DefinitionRestated
    ) -> UnsafeMutablePointer<Saga__Journal__V1__DefinitionRestated> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__definition_restated__init)
        unsafe message.pointee.position = record.position.rawValue
        unsafe message.pointee.definition = definitionRegistered(record.definition)
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func keysRestated(
        _ record: KeysRestated
    ) -> UnsafeMutablePointer<Saga__Journal__V1__KeysRestated> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__keys_restated__init)
        unsafe message.pointee.n_keys = record.keys.count
        unsafe message.pointee.keys = list(record.keys) { unsafe $0.restatedKey($1) }
        return unsafe message
    }

    private mutating func restatedKey(
        _ key: RestatedKey
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RestatedKey> {
        // SAFETY: the message lives in this arena until the next reset; with the member of the
        // union its case is set.
        let message = unsafe make(saga__journal__v1__restated_key__init)
        unsafe message.pointee.taken = keyTaken(key.taken)
        unsafe message.pointee.start = key.start.rawValue
        if let until = key.until {
            unsafe message.pointee.optional_until_case =
                SAGA__JOURNAL__V1__RESTATED_KEY__OPTIONAL_UNTIL_UNTIL
            unsafe message.pointee.until = until.microseconds
        }
        unsafe message.pointee.may_be_replaced = key.mayBeReplaced ? 1 : 0
        return unsafe message
    }

    /// An id in the form of a hash.
    private mutating func hashed(
        _ id: SagaID
    ) -> UnsafeMutablePointer<Saga__Journal__V1__Hash128> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__hash128__init)
        unsafe message.pointee.high = id.high
        unsafe message.pointee.low = id.low
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaRestated(
        _ record: SagaRestated
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaRestated> {
        // SAFETY: as `restatedKey`.
        let message = unsafe make(saga__journal__v1__saga_restated__init)
        unsafe message.pointee.started = sagaStarted(record.started)
        unsafe message.pointee.state = record.state.wireNumber
        unsafe message.pointee.state_since = record.stateSince.microseconds
        if let step = record.outputOf {
            unsafe message.pointee.optional_output_of_case =
                SAGA__JOURNAL__V1__SAGA_RESTATED__OPTIONAL_OUTPUT_OF_OUTPUT_OF
            unsafe message.pointee.output_of = number(step)
        }
        unsafe message.pointee.n_steps = record.steps.count
        unsafe message.pointee.steps = list(record.steps) { unsafe $0.restatedStep($1) }
        unsafe message.pointee.n_raised = record.raised.count
        unsafe message.pointee.raised = numbers(record.raised, \.wireNumber)
        unsafe message.pointee.ended_by = record.endedBy.rawValue
        if let rare = record.rare { unsafe message.pointee.rare = rarities(rare) }
        return unsafe message
    }

    private mutating func restatedStep(
        _ step: RestatedStep
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RestatedStep> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__restated_step__init)
        unsafe message.pointee.step = number(step.step)
        unsafe message.pointee.state = step.state.wireNumber
        if let knowledge = step.knowledge {
            unsafe message.pointee.knowledge = knowledge.wireNumber
        }
        if let action = step.action { unsafe message.pointee.action = restatedTask(action) }
        if let undo = step.undo { unsafe message.pointee.undo = restatedTask(undo) }
        if let output = step.output { unsafe message.pointee.output = recordPayload(output) }
        return unsafe message
    }

    private mutating func restatedTask(
        _ task: RestatedTask
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RestatedTask> {
        // SAFETY: as `restatedKey`.
        let message = unsafe make(saga__journal__v1__restated_task__init)
        if let token = task.token {
            unsafe message.pointee.epoch = token.epoch.rawValue
            unsafe message.pointee.number = token.number
        }
        unsafe message.pointee.may_have_run = task.mayHaveRun ? 1 : 0
        unsafe message.pointee.ended_unknown = task.endedUnknown ? 1 : 0
        unsafe message.pointee.has_returned = task.hasReturned ? 1 : 0
        if let pause = task.wait { unsafe message.pointee.wait = wait(pause) }
        unsafe message.pointee.attempts = task.attempts
        unsafe message.pointee.failures = task.failures
        if let due = task.dueAt {
            unsafe message.pointee.optional_due_at_case =
                SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_DUE_AT_DUE_AT
            unsafe message.pointee.due_at = due.microseconds
        }
        if let handedOut = task.handedOutAt {
            unsafe message.pointee.optional_handed_out_at_case =
                SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_HANDED_OUT_AT_HANDED_OUT_AT
            unsafe message.pointee.handed_out_at = handedOut.microseconds
        }
        if let ended = task.endedAt {
            unsafe message.pointee.optional_ended_at_case =
                SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_ENDED_AT_ENDED_AT
            unsafe message.pointee.ended_at = ended.microseconds
        }
        unsafe message.pointee.instance = text(task.instance)
        unsafe message.pointee.opened_by = task.openedBy.rawValue
        unsafe message.pointee.deferred = task.isDeferred ? 1 : 0
        if let until = task.deferredUntil { unsafe message.pointee.deferred_until = wait(until) }
        unsafe setPast(of: task, in: message)
        return unsafe message
    }

    /// What ended attempts and children left.
    private mutating func setPast(
        of task: RestatedTask, in message: UnsafeMutablePointer<Saga__Journal__V1__RestatedTask>
    ) {
        // SAFETY: as `restatedKey`.
        if let progress = task.progress {
            unsafe message.pointee.progress = recordPayload(progress)
        }
        if let failure = task.lastFailure {
            unsafe message.pointee.last_failure = recordFailure(failure)
        }
        if let since = task.failingSince {
            unsafe message.pointee.optional_failing_since_case =
                SAGA__JOURNAL__V1__RESTATED_TASK__OPTIONAL_FAILING_SINCE_FAILING_SINCE
            unsafe message.pointee.failing_since = since.microseconds
        }
        unsafe message.pointee.ended_attempts = task.endedAttempts
        let kept = [task.firstAttempt].compactMap(\.self) + task.lastAttempts
        unsafe message.pointee.n_kept_attempts = kept.count
        unsafe message.pointee.kept_attempts = list(kept) { unsafe $0.keptAttempt($1) }
        unsafe message.pointee.n_children = task.children.count
        unsafe message.pointee.children = list(task.children) { unsafe $0.hashed($1) }
    }

    private mutating func keptAttempt(
        _ attempt: AttemptOnRecord
    ) -> UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded> {
        // SAFETY: as `restatedKey`.
        let message = unsafe make(saga__journal__v1__attempt_ended__init)
        unsafe message.pointee.epoch = attempt.token.epoch.rawValue
        unsafe message.pointee.number = attempt.token.number
        unsafe setOutcome(attempt.outcome, of: message)
        unsafe message.pointee.instance = text(attempt.instance)
        unsafe message.pointee.at = attempt.endedAt.microseconds
        if let handedOutAt = attempt.handedOutAt {
            unsafe message.pointee.optional_handed_out_before_case =
                SAGA__JOURNAL__V1__ATTEMPT_ENDED__OPTIONAL_HANDED_OUT_BEFORE_HANDED_OUT_BEFORE
            unsafe message.pointee.handed_out_before =
                attempt.endedAt.microseconds &- handedOutAt.microseconds
        }
        unsafe message.pointee.failures = attempt.counts ? 1 : 0
        return unsafe message
    }

    private mutating func rarities(
        _ rare: RestatedRarities
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RestatedRarities> {
        // SAFETY: as `restatedKey`.
        let message = unsafe make(saga__journal__v1__restated_rarities__init)
        if let it = rare.suspension { unsafe message.pointee.suspension = sagaSuspended(it) }
        if let it = rare.parking { unsafe message.pointee.parking = sagaParked(it) }
        if let it = rare.cancelAsked { unsafe message.pointee.cancel_asked = cancelAsked(it) }
        if let it = rare.wish {
            unsafe message.pointee.wish = it.cause.wireNumber
            unsafe message.pointee.wish_message = text(it.message)
        }
        if let it = rare.running {
            unsafe message.pointee.running = it.position.rawValue
            unsafe message.pointee.running_at = it.at.microseconds
        }
        if let it = rare.backReason {
            unsafe message.pointee.back_reason = wentBack(
                WentBack(
                    reason: it, steps: [], withdrawn: [], opened: [], at: Instant(microseconds: 0)))
        }
        if let it = rare.failure { unsafe message.pointee.failure = restatedFault(it) }
        if let it = rare.compensationFailure {
            unsafe message.pointee.compensation_failure = restatedFault(it)
        }
        if let at = rare.timedOutAt {
            unsafe message.pointee.optional_timed_out_at_case =
                SAGA__JOURNAL__V1__RESTATED_RARITIES__OPTIONAL_TIMED_OUT_AT_TIMED_OUT_AT
            unsafe message.pointee.timed_out_at = at.microseconds
        }
        unsafe message.pointee.n_stopped = rare.stopped.count
        unsafe message.pointee.stopped = list(rare.stopped) { unsafe $0.stopped($1) }
        unsafe message.pointee.n_limits = rare.limits.count
        unsafe message.pointee.limits = list(rare.limits) { unsafe $0.running($1) }
        unsafe message.pointee.n_verbs = rare.verbs.count
        unsafe message.pointee.verbs = list(rare.verbs) { unsafe $0.verbGiven($1) }
        unsafe message.pointee.n_found = rare.found.count
        unsafe message.pointee.found = list(rare.found) { unsafe $0.found($1) }
        if let output = rare.output { unsafe message.pointee.output = recordPayload(output) }
        unsafe message.pointee.n_left = rare.left.count
        unsafe message.pointee.left = list(rare.left) { unsafe $0.stepToUndo($1) }
        if let saga = rare.replacedBy { unsafe message.pointee.replaced_by = hashed(saga) }
        return unsafe message
    }

    private mutating func restatedFault(
        _ fault: SagaFault
    ) -> UnsafeMutablePointer<Saga__Journal__V1__RestatedFault> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__restated_fault__init)
        unsafe message.pointee.step = text(fault.step)
        unsafe message.pointee.failure = recordFailure(fault.failure)
        unsafe message.pointee.attempt = fault.attempt
        unsafe message.pointee.instance = text(fault.instance)
        unsafe message.pointee.at = fault.at.microseconds
        return unsafe message
    }

    private mutating func found(
        _ found: FoundByCondition
    ) -> UnsafeMutablePointer<Saga__Journal__V1__FoundByCondition> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__found_by_condition__init)
        unsafe message.pointee.step = number(found.step)
        unsafe message.pointee.text = text(found.text)
        return unsafe message
    }
}
