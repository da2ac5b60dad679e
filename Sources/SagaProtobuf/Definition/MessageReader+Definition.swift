internal import CSagaProtos
internal import SagaModel

/// Definitions, as they are registered and as the journal keeps them.
extension MessageReader {
    /// A definition; whether it makes sense is not looked at, only whether it can be read.
    static func definition(
        _ message: UnsafeMutablePointer<Saga__V1__Definition>
    ) throws(CodecFailure) -> SagaDefinition {
        // SAFETY: the message and all it points to live in the arena.
        var definition = try unsafe SagaDefinition(
            name: text(message.pointee.name, "", "name"), version: message.pointee.version,
            steps: list(message.pointee.steps, message.pointee.n_steps, "steps", step))
        definition.timeout = try unsafe duration(message.pointee.timeout, "", "timeout")
        if let output = unsafe message.pointee.output {
            definition.output = try unsafe source(output, "output")
        }
        if let rules = unsafe message.pointee.compensation {
            definition.onCompensationFailure = try unsafe optionalValue(
                rules.pointee.on_failure, "compensation.", "on_failure")
        }
        definition.retention = try unsafe duration(message.pointee.retention, "", "retention")
        definition.keyRetention = try unsafe duration(
            message.pointee.key_retention, "", "key_retention")
        return definition
    }

    private static func step(
        _ message: UnsafeMutablePointer<Saga__V1__StepDefinition>
    ) throws(CodecFailure) -> StepDefinition {
        // SAFETY: the message and all it points to live in the arena.
        var step = try unsafe StepDefinition(
            name: text(message.pointee.name, "", "name"), work: work(message))
        if let after = unsafe message.pointee.after {
            step.after = try unsafe texts(
                after.pointee.names, after.pointee.n_names, "after.", "names")
        }
        step.isCompensated = try unsafe isCompensated(message.pointee.compensation)
        if unsafe message.pointee.optional_pivot_case
            == SAGA__V1__STEP_DEFINITION__OPTIONAL_PIVOT_PIVOT
        {
            step.isPivot = unsafe message.pointee.pivot != 0
        }
        if let policy = unsafe message.pointee.retry {
            step.retry = try unsafe retry(policy, "retry.")
        }
        if let policy = unsafe message.pointee.compensation_retry {
            step.compensationRetry = try unsafe retry(policy, "compensation_retry.")
        }
        if let limits = unsafe message.pointee.timeouts {
            step.timeouts = try unsafe timeouts(limits)
        }
        step.onFailure = try unsafe optionalValue(message.pointee.on_failure, "", "on_failure")
        if let when = unsafe message.pointee.when { step.when = try unsafe condition(when) }
        step.delay = try unsafe duration(message.pointee.delay, "", "delay")
        if let input = unsafe message.pointee.input {
            step.input = try unsafe source(input, "input")
        }
        return step
    }

    private static func work(
        _ message: UnsafeMutablePointer<Saga__V1__StepDefinition>
    ) throws(CodecFailure) -> StepWork {
        // SAFETY: the case says which member of the union is set.
        switch unsafe message.pointee.action_case {
        case SAGA__V1__STEP_DEFINITION__ACTION_HANDLER:
            return .handler(try unsafe text(message.pointee.handler, "", "handler"))
        case SAGA__V1__STEP_DEFINITION__ACTION_SAGA:
            let saga = try unsafe required(message.pointee.saga, "", "saga")
            return try unsafe .saga(
                name: text(saga.pointee.name, "saga.", "name"),
                version: saga.pointee.version == 0 ? nil : saga.pointee.version)
        default:  // no member of the oneof is set
            throw CodecFailure("handler", .unset)
        }
    }

    private static func isCompensated(
        _ number: Saga__V1__StepCompensation
    ) throws(CodecFailure) -> Bool? {
        switch number {
        case SAGA__V1__STEP_COMPENSATION__STEP_COMPENSATION_UNSPECIFIED: nil
        case SAGA__V1__STEP_COMPENSATION__STEP_COMPENSATION_NONE: false
        case SAGA__V1__STEP_COMPENSATION__STEP_COMPENSATION_HANDLER: true
        default:  // numbers of later releases
            throw CodecFailure("compensation", .unknownValue(number.rawValue))
        }
    }

    private static func retry(
        _ message: UnsafeMutablePointer<Saga__V1__RetryPolicy>, _ path: StaticString
    ) throws(CodecFailure) -> RetryPolicy {
        var policy = RetryPolicy()
        // SAFETY: the message and all it points to live in the arena; each case says whether the
        // member of its union is set.
        if unsafe message.pointee.optional_max_attempts_case
            == SAGA__V1__RETRY_POLICY__OPTIONAL_MAX_ATTEMPTS_MAX_ATTEMPTS
        {
            policy.maxAttempts = unsafe message.pointee.max_attempts
        }
        policy.initial = try unsafe duration(message.pointee.initial, path, "initial")
        if unsafe message.pointee.optional_multiplier_case
            == SAGA__V1__RETRY_POLICY__OPTIONAL_MULTIPLIER_MULTIPLIER
        {
            policy.multiplier = unsafe message.pointee.multiplier
        }
        policy.max = try unsafe duration(message.pointee.max, path, "max")
        if unsafe message.pointee.optional_jitter_case
            == SAGA__V1__RETRY_POLICY__OPTIONAL_JITTER_JITTER
        {
            policy.jitter = unsafe message.pointee.jitter
        }
        let codes = try unsafe texts(
            message.pointee.non_retryable_codes, message.pointee.n_non_retryable_codes,
            path, "non_retryable_codes")
        policy.nonRetryableCodes = codes.isEmpty ? nil : codes
        return policy
    }

    private static func timeouts(
        _ message: UnsafeMutablePointer<Saga__V1__Timeouts>
    ) throws(CodecFailure) -> StepTimeouts {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe StepTimeouts(
            scheduleToStart: duration(
                message.pointee.schedule_to_start, "timeouts.", "schedule_to_start"),
            startToClose: duration(message.pointee.start_to_close, "timeouts.", "start_to_close"),
            scheduleToClose: duration(
                message.pointee.schedule_to_close, "timeouts.", "schedule_to_close"),
            heartbeat: duration(message.pointee.heartbeat, "timeouts.", "heartbeat"))
    }

    private static func source(
        _ message: UnsafeMutablePointer<Saga__V1__Mapping>, _ name: StaticString
    ) throws(CodecFailure) -> DataSource {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena, and every place of the list is set.
        switch unsafe message.pointee.source_case {
        case SAGA__V1__MAPPING__SOURCE_REFERENCE:
            return .reference(
                try reference(unsafe text(message.pointee.reference, name, ".reference"), name))
        case SAGA__V1__MAPPING__SOURCE_MAP:
            let map = try unsafe required(message.pointee.map, name, ".map")
            var members: [String: Reference] = [:]
            for place in unsafe 0..<map.pointee.n_members {
                let entry = unsafe map.pointee.members[place]!
                let key = try unsafe text(entry.pointee.key, name, ".map.members")
                members[key] = try reference(
                    unsafe text(entry.pointee.value, name, ".map.members"), name)
            }
            return .map(members)
        default:  // no member of the oneof is set
            throw CodecFailure("\(name)", .unset)
        }
    }

    private static func reference(
        _ text: String, _ name: StaticString
    ) throws(CodecFailure) -> Reference {
        guard let reference = Reference(text) else {
            throw CodecFailure("\(name)", .wrong("must be input#POINTER or STEP#POINTER"))
        }
        return reference
    }

    static func condition(
        _ message: UnsafeMutablePointer<Saga__V1__Condition>
    ) throws(CodecFailure) -> Condition {
        // SAFETY: the case says which member of the union is set; texts live in the arena.
        let reference = try reference(
            unsafe text(message.pointee.reference, "when.", "reference"), "when.reference")
        switch unsafe message.pointee.test_case {
        case SAGA__V1__CONDITION__TEST_EQUALS:
            let text = try unsafe text(message.pointee.equals, "when.", "equals")
            return Condition(reference: reference, test: .equals(text))
        case SAGA__V1__CONDITION__TEST_NOT_EQUALS:
            let text = try unsafe text(message.pointee.not_equals, "when.", "not_equals")
            return Condition(reference: reference, test: .notEquals(text))
        case SAGA__V1__CONDITION__TEST_EXISTS:
            return unsafe Condition(
                reference: reference, test: .exists(message.pointee.exists != 0))
        default:  // no member of the oneof is set
            throw CodecFailure("when.test", .unset)
        }
    }
}
