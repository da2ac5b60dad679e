internal import CProtobufC
internal import CSagaProtos
internal import SagaModel

/// Definitions, as they are registered and as the journal keeps them.
///
/// What is not written is left out, and the entries of maps are sorted by the bytes of their keys,
/// so that equal definitions have equal bytes: digests are taken over these.
extension EncodingArena {
    /// A definition.
    mutating func definition(
        _ definition: SagaDefinition
    ) -> UnsafeMutablePointer<Saga__V1__Definition> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__definition__init)
        unsafe message.pointee.name = text(definition.name)
        unsafe message.pointee.version = definition.version
        unsafe message.pointee.n_steps = definition.steps.count
        unsafe message.pointee.steps = list(definition.steps) { unsafe $0.step($1) }
        unsafe message.pointee.timeout = duration(definition.timeout)
        if let output = definition.output { unsafe message.pointee.output = source(output) }
        if let policy = definition.onCompensationFailure {
            let rules = unsafe make(saga__v1__compensation_rules__init)
            unsafe rules.pointee.on_failure = policy.wireNumber
            unsafe message.pointee.compensation = rules
        }
        unsafe message.pointee.retention = duration(definition.retention)
        unsafe message.pointee.key_retention = duration(definition.keyRetention)
        return unsafe message
    }

    private mutating func step(
        _ step: StepDefinition
    ) -> UnsafeMutablePointer<Saga__V1__StepDefinition> {
        // SAFETY: the message lives in this arena until the next reset; with each member of a union
        // its case is set.
        let message = unsafe make(saga__v1__step_definition__init)
        unsafe message.pointee.name = text(step.name)
        switch step.work {
        case .handler(let name):
            unsafe message.pointee.action_case = SAGA__V1__STEP_DEFINITION__ACTION_HANDLER
            unsafe message.pointee.handler = text(name)
        case .saga(let name, let version):
            unsafe message.pointee.action_case = SAGA__V1__STEP_DEFINITION__ACTION_SAGA
            unsafe message.pointee.saga = definitionRef(name, version ?? 0)
        }
        if let after = step.after {
            let names = unsafe make(saga__v1__step_names__init)
            unsafe names.pointee.n_names = after.count
            unsafe names.pointee.names = texts(after)
            unsafe message.pointee.after = names
        }
        if let isCompensated = step.isCompensated {
            unsafe message.pointee.compensation =
                isCompensated
                ? SAGA__V1__STEP_COMPENSATION__STEP_COMPENSATION_HANDLER
                : SAGA__V1__STEP_COMPENSATION__STEP_COMPENSATION_NONE
        }
        if let isPivot = step.isPivot {
            unsafe message.pointee.optional_pivot_case =
                SAGA__V1__STEP_DEFINITION__OPTIONAL_PIVOT_PIVOT
            unsafe message.pointee.pivot = isPivot ? 1 : 0
        }
        if let policy = step.retry { unsafe message.pointee.retry = retry(policy) }
        if let policy = step.compensationRetry {
            unsafe message.pointee.compensation_retry = retry(policy)
        }
        if let limits = step.timeouts { unsafe message.pointee.timeouts = timeouts(limits) }
        if let policy = step.onFailure { unsafe message.pointee.on_failure = policy.wireNumber }
        if let when = step.when { unsafe message.pointee.when = condition(when) }
        unsafe message.pointee.delay = duration(step.delay)
        if let input = step.input { unsafe message.pointee.input = source(input) }
        return unsafe message
    }

    private mutating func retry(
        _ policy: RetryPolicy
    ) -> UnsafeMutablePointer<Saga__V1__RetryPolicy> {
        // SAFETY: as `step`.
        let message = unsafe make(saga__v1__retry_policy__init)
        if let maxAttempts = policy.maxAttempts {
            unsafe message.pointee.optional_max_attempts_case =
                SAGA__V1__RETRY_POLICY__OPTIONAL_MAX_ATTEMPTS_MAX_ATTEMPTS
            unsafe message.pointee.max_attempts = maxAttempts
        }
        unsafe message.pointee.initial = duration(policy.initial)
        if let multiplier = policy.multiplier {
            unsafe message.pointee.optional_multiplier_case =
                SAGA__V1__RETRY_POLICY__OPTIONAL_MULTIPLIER_MULTIPLIER
            unsafe message.pointee.multiplier = multiplier
        }
        unsafe message.pointee.max = duration(policy.max)
        if let jitter = policy.jitter {
            unsafe message.pointee.optional_jitter_case =
                SAGA__V1__RETRY_POLICY__OPTIONAL_JITTER_JITTER
            unsafe message.pointee.jitter = jitter
        }
        let codes = policy.nonRetryableCodes ?? []
        unsafe message.pointee.n_non_retryable_codes = codes.count
        unsafe message.pointee.non_retryable_codes = texts(codes)
        return unsafe message
    }

    private mutating func timeouts(
        _ timeouts: StepTimeouts
    ) -> UnsafeMutablePointer<Saga__V1__Timeouts> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__timeouts__init)
        unsafe message.pointee.schedule_to_start = duration(timeouts.scheduleToStart)
        unsafe message.pointee.start_to_close = duration(timeouts.startToClose)
        unsafe message.pointee.schedule_to_close = duration(timeouts.scheduleToClose)
        unsafe message.pointee.heartbeat = duration(timeouts.heartbeat)
        return unsafe message
    }

    private mutating func source(
        _ source: DataSource
    ) -> UnsafeMutablePointer<Saga__V1__Mapping> {
        // SAFETY: as `step`.
        let message = unsafe make(saga__v1__mapping__init)
        switch source {
        case .reference(let reference):
            unsafe message.pointee.source_case = SAGA__V1__MAPPING__SOURCE_REFERENCE
            unsafe message.pointee.reference = text(reference.description)
        case .map(let members):
            let map = unsafe make(saga__v1__reference_map__init)
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            unsafe map.pointee.n_members = sorted.count
            unsafe map.pointee.members = list(sorted) { arena, member in
                // SAFETY: the entry lives in the arena until the next reset.
                let entry = unsafe arena.make(saga__v1__reference_map__members_entry__init)
                unsafe entry.pointee.key = arena.text(member.key)
                unsafe entry.pointee.value = arena.text(member.value.description)
                return unsafe entry
            }
            unsafe message.pointee.source_case = SAGA__V1__MAPPING__SOURCE_MAP
            unsafe message.pointee.map = map
        }
        return unsafe message
    }

    mutating func condition(
        _ condition: Condition
    ) -> UnsafeMutablePointer<Saga__V1__Condition> {
        // SAFETY: as `step`.
        let message = unsafe make(saga__v1__condition__init)
        unsafe message.pointee.reference = text(condition.reference.description)
        switch condition.test {
        case .equals(let value):
            unsafe message.pointee.test_case = SAGA__V1__CONDITION__TEST_EQUALS
            unsafe message.pointee.equals = text(value)
        case .notEquals(let value):
            unsafe message.pointee.test_case = SAGA__V1__CONDITION__TEST_NOT_EQUALS
            unsafe message.pointee.not_equals = text(value)
        case .exists(let exists):
            unsafe message.pointee.test_case = SAGA__V1__CONDITION__TEST_EXISTS
            unsafe message.pointee.exists = exists ? 1 : 0
        }
        return unsafe message
    }
}
