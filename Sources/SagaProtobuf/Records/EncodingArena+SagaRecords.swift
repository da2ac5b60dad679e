internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Records of a saga's course.
extension EncodingArena {
    /// The payload of a record of that kind.
    mutating func sagaStarted(
        _ record: SagaStarted
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaStarted> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__saga_started__init)
        unsafe message.pointee.id_high = record.id.high
        unsafe message.pointee.id_low = record.id.low
        unsafe message.pointee.definition = record.definition.rawValue
        unsafe message.pointee.key = text(record.key)
        unsafe message.pointee.key_is_random = record.keyIsRandom ? 1 : 0
        if let hash = record.keyHash {
            let key = unsafe make(saga__journal__v1__hash128__init)
            unsafe key.pointee.high = hash.high
            unsafe key.pointee.low = hash.low
            unsafe message.pointee.key_hash = key
        }
        unsafe message.pointee.input = recordPayload(record.input)
        unsafe message.pointee.n_labels = record.labels.count
        unsafe message.pointee.labels = list(record.labels) { unsafe $0.label($1) }
        unsafe message.pointee.n_trace_context = record.traceContext.count
        unsafe message.pointee.trace_context = list(record.traceContext) { unsafe $0.label($1) }
        unsafe message.pointee.principal = text(record.principal.name)
        unsafe message.pointee.principal_verified = record.principal.isVerified ? 1 : 0
        unsafe message.pointee.at = record.at.microseconds
        unsafe message.pointee.n_opened = record.opened.count
        unsafe message.pointee.opened = list(record.opened) { unsafe $0.opened($1) }
        unsafe setRareFacts(of: record, in: message)
        return unsafe message
    }

    /// What only few sagas have.
    private mutating func setRareFacts(
        of record: SagaStarted, in message: UnsafeMutablePointer<Saga__Journal__V1__SagaStarted>
    ) {
        // SAFETY: the messages live in this arena until the next reset.
        if let startAt = record.startAt { unsafe message.pointee.start_at = wait(startAt) }
        if let inline = record.inline {
            let own = unsafe make(saga__journal__v1__inline_definition__init)
            unsafe own.pointee.namespace_ = text(inline.namespace)
            unsafe own.pointee.written = definition(inline.written)
            unsafe own.pointee.filled = definition(inline.filled)
            unsafe own.pointee.digest = digest(inline.digest)
            unsafe message.pointee.inline_definition = own
        }
        if let parent = record.parent {
            let step = unsafe make(saga__journal__v1__parent_step__init)
            unsafe step.pointee.saga = parent.saga.rawValue
            unsafe step.pointee.step = number(parent.step)
            unsafe message.pointee.parent = step
        }
        unsafe message.pointee.n_children = record.children.count
        unsafe message.pointee.children = list(record.children) { arena, child in
            // SAFETY: the message lives in the arena until the next reset.
            let item = unsafe arena.make(saga__journal__v1__child_definition__init)
            unsafe item.pointee.name = arena.text(child.name)
            unsafe item.pointee.version = child.version ?? 0
            unsafe item.pointee.definition = child.definition.rawValue
            return unsafe item
        }
        if let old = record.replaces {
            let id = unsafe make(saga__journal__v1__hash128__init)
            unsafe id.pointee.high = old.high
            unsafe id.pointee.low = old.low
            unsafe message.pointee.replaces = id
        }
    }

    /// The payload of a record of that kind.
    mutating func attemptEnded(
        _ record: AttemptEnded
    ) -> UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded> {
        // SAFETY: the message lives in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__journal__v1__attempt_ended__init)
        unsafe message.pointee.step = number(record.step)
        unsafe message.pointee.compensation = record.direction == .compensation ? 1 : 0
        unsafe message.pointee.epoch = record.token.epoch.rawValue
        unsafe message.pointee.number = record.token.number
        unsafe setOutcome(record.outcome, of: message)
        unsafe message.pointee.instance = text(record.instance)
        unsafe message.pointee.at = record.at.microseconds
        if let handedOutAt = record.handedOutAt {
            unsafe message.pointee.optional_handed_out_before_case =
                SAGA__JOURNAL__V1__ATTEMPT_ENDED__OPTIONAL_HANDED_OUT_BEFORE_HANDED_OUT_BEFORE
            unsafe message.pointee.handed_out_before =
                record.at.microseconds &- handedOutAt.microseconds
        }
        unsafe message.pointee.failures = record.failures
        switch record.next {
        case .over(let state):
            unsafe message.pointee.next_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__NEXT_OVER
            unsafe message.pointee.over = state.wireNumber
        case .again(let number):
            unsafe message.pointee.next_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__NEXT_AGAIN
            unsafe message.pointee.again = number
        case .waits(let pause):
            unsafe message.pointee.next_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__NEXT_WAITS
            unsafe message.pointee.waits = wait(pause)
        }
        if let undo = record.undo { unsafe message.pointee.undo = undo.wireNumber }
        unsafe message.pointee.n_opened = record.opened.count
        unsafe message.pointee.opened = list(record.opened) { unsafe $0.opened($1) }
        if let progress = record.progress {
            unsafe message.pointee.progress = recordPayload(progress)
        }
        return unsafe message
    }

    /// Sets what an attempt ended with.
    mutating func setOutcome(
        _ outcome: AttemptOutcome,
        of message: UnsafeMutablePointer<Saga__Journal__V1__AttemptEnded>
    ) {
        // SAFETY: as `attemptEnded`.
        switch outcome {
        case .succeeded(let output):
            unsafe message.pointee.outcome_case =
                SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_SUCCEEDED
            unsafe message.pointee.succeeded = recordPayload(output)
        case .failed(let failure):
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_FAILED
            unsafe message.pointee.failed = recordFailure(failure)
        case .retry(let failure, let after):
            let retry = unsafe make(saga__journal__v1__retry__init)
            unsafe retry.pointee.failure = recordFailure(failure)
            if let after {
                unsafe retry.pointee.optional_after_case =
                    SAGA__JOURNAL__V1__RETRY__OPTIONAL_AFTER_AFTER
                unsafe retry.pointee.after = after.microseconds
            }
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_RETRY
            unsafe message.pointee.retry = retry
        case .notYet(let after):
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_NOT_YET
            unsafe message.pointee.not_yet = after.microseconds
        case .deferred(let within):
            let deferred = unsafe make(saga__journal__v1__deferred__init)
            if let within {
                unsafe deferred.pointee.optional_within_case =
                    SAGA__JOURNAL__V1__DEFERRED__OPTIONAL_WITHIN_WITHIN
                unsafe deferred.pointee.within = within.microseconds
            }
            unsafe message.pointee.outcome_case =
                SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_DEFERRED
            unsafe message.pointee.deferred = deferred
        case .hold(let reason):
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_HOLD
            unsafe message.pointee.hold = text(reason)
        case .refused(let output):
            let refused = unsafe make(saga__journal__v1__refused__init)
            unsafe refused.pointee.reason = text(output.reason)
            unsafe refused.pointee.size = output.size
            unsafe refused.pointee.limit = output.limit
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_REFUSED
            unsafe message.pointee.refused = refused
        case .unknown(let cause):
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_UNKNOWN
            unsafe message.pointee.unknown = cause.wireNumber
        case .declined(let reason):
            unsafe message.pointee.outcome_case = SAGA__JOURNAL__V1__ATTEMPT_ENDED__OUTCOME_DECLINED
            unsafe message.pointee.declined = reason.wireNumber
        }
    }

    /// The payload of a record of that kind.
    mutating func waitEnded(
        _ record: WaitEnded
    ) -> UnsafeMutablePointer<Saga__Journal__V1__WaitEnded> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__wait_ended__init)
        unsafe message.pointee.step = number(record.opened.step)
        unsafe message.pointee.compensation = record.opened.direction == .compensation ? 1 : 0
        unsafe message.pointee.number = record.opened.number
        unsafe message.pointee.at = record.at.microseconds
        if let child = record.opened.child {
            unsafe message.pointee.child_high = child.high
            unsafe message.pointee.child_low = child.low
        }
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func cancelAsked(
        _ record: CancelAsked
    ) -> UnsafeMutablePointer<Saga__Journal__V1__CancelAsked> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__cancel_asked__init)
        unsafe message.pointee.principal = text(record.principal.name)
        unsafe message.pointee.principal_verified = record.principal.isVerified ? 1 : 0
        unsafe message.pointee.reason = text(record.reason)
        unsafe message.pointee.at = record.at.microseconds
        unsafe message.pointee.by_parent = record.isByParent ? 1 : 0
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func wentBack(
        _ record: WentBack
    ) -> UnsafeMutablePointer<Saga__Journal__V1__WentBack> {
        // SAFETY: as `attemptEnded`.
        let message = unsafe make(saga__journal__v1__went_back__init)
        if let step = record.reason.step {
            unsafe message.pointee.optional_step_case =
                SAGA__JOURNAL__V1__WENT_BACK__OPTIONAL_STEP_STEP
            unsafe message.pointee.step = number(step)
        }
        unsafe message.pointee.failure = recordFailure(record.reason.failure)
        unsafe message.pointee.n_steps = record.steps.count
        unsafe message.pointee.steps = list(record.steps) { unsafe $0.stepToUndo($1) }
        unsafe message.pointee.n_withdrawn = record.withdrawn.count
        unsafe message.pointee.withdrawn = numbers(record.withdrawn) { UInt32($0.rawValue) }
        unsafe message.pointee.n_opened = record.opened.count
        unsafe message.pointee.opened = list(record.opened) { unsafe $0.opened($1) }
        unsafe message.pointee.at = record.at.microseconds
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaParked(
        _ record: SagaParked
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaParked> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__journal__v1__saga_parked__init)
        unsafe message.pointee.step = number(record.step)
        unsafe message.pointee.failure = recordFailure(record.failure)
        unsafe message.pointee.at = record.at.microseconds
        unsafe message.pointee.forward = record.direction == .action ? 1 : 0
        if record.reason != .compensationFailed {
            unsafe message.pointee.reason = record.reason.wireNumber
        }
        unsafe message.pointee.n_stopped = record.stopped.count
        unsafe message.pointee.stopped = list(record.stopped) { unsafe $0.stopped($1) }
        return unsafe message
    }

    /// The payload of a record of that kind.
    mutating func sagaEnded(
        _ record: SagaEnded
    ) -> UnsafeMutablePointer<Saga__Journal__V1__SagaEnded> {
        // SAFETY: as `attemptEnded`.
        let message = unsafe make(saga__journal__v1__saga_ended__init)
        unsafe message.pointee.state = record.state.wireNumber
        if let step = record.outputOf {
            unsafe message.pointee.optional_output_of_case =
                SAGA__JOURNAL__V1__SAGA_ENDED__OPTIONAL_OUTPUT_OF_OUTPUT_OF
            unsafe message.pointee.output_of = number(step)
        }
        if let keyUntil = record.keyUntil {
            unsafe message.pointee.optional_key_until_case =
                SAGA__JOURNAL__V1__SAGA_ENDED__OPTIONAL_KEY_UNTIL_KEY_UNTIL
            unsafe message.pointee.key_until = keyUntil.microseconds
        }
        unsafe message.pointee.at = record.at.microseconds
        if let output = record.output { unsafe message.pointee.output = recordPayload(output) }
        unsafe message.pointee.n_left = record.left.count
        unsafe message.pointee.left = list(record.left) { unsafe $0.stepToUndo($1) }
        return unsafe message
    }
}
