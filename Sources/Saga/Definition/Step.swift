public import SagaModel

/// A step of a definition as the builder takes it. A modifier is a key of a definition file.
///
/// What no modifier says is not written down, and the coordinator's default holds. Nothing is
/// checked here: `SagaDefinition` throws with all faults of all its steps.
public struct Step: Sendable {
    /// The definition so far.
    var definition: StepDefinition
    /// References without a `#`, with the field they stand in.
    var faults: [Fault] = []

    /// A reference that cannot be read, told when the step's place is known.
    struct Fault: Sendable {
        var field: [DefinitionField]
        var member: String?
        var text: String
    }

    /// A step that a participants' handler runs.
    public init<Input, Output>(_ name: String, _ handler: HandlerName<Input, Output>) {
        self.init(name, handler.name)
    }

    /// A step that a participants' handler runs, e.g. `payments.charge`.
    public init(_ name: String, _ handler: String) {
        definition = StepDefinition(name: name, work: .handler(handler))
    }

    /// A step that runs a child saga: of that version, or of the one registered last.
    public init<Input, Output>(
        _ name: String, saga: SagaName<Input, Output>, version: UInt32? = nil
    ) {
        definition = StepDefinition(name: name, work: .saga(name: saga.name, version: version))
    }

    /// Waits for these steps instead of the one before it; for none if there are none.
    public func after(_ steps: String...) -> Step {
        with { $0.after = steps }
    }

    /// Says whether there is something to undo.
    public func compensation(_ compensation: StepCompensation) -> Step {
        with { $0.isCompensated = compensation == .handler }
    }

    /// Makes this the point of no return.
    public func pivot(_ isPivot: Bool = true) -> Step {
        with { $0.isPivot = isPivot }
    }

    /// Says how the action is tried again; see ``RetryPolicy``.
    public func retry(
        maxAttempts: UInt32? = nil, initial: Duration? = nil, multiplier: Double? = nil,
        max: Duration? = nil, jitter: Double? = nil, nonRetryableCodes: [String]? = nil
    ) -> Step {
        let policy = RetryPolicy(
            maxAttempts: maxAttempts, initial: initial, multiplier: multiplier, max: max,
            jitter: jitter, nonRetryableCodes: nonRetryableCodes)
        return with { $0.retry = policy }
    }

    /// Says how the compensation is tried again; without a maxAttempts it has no end.
    public func compensationRetry(
        maxAttempts: UInt32? = nil, initial: Duration? = nil, multiplier: Double? = nil,
        max: Duration? = nil, jitter: Double? = nil, nonRetryableCodes: [String]? = nil
    ) -> Step {
        let policy = RetryPolicy(
            maxAttempts: maxAttempts, initial: initial, multiplier: multiplier, max: max,
            jitter: jitter, nonRetryableCodes: nonRetryableCodes)
        return with { $0.compensationRetry = policy }
    }

    /// Says how long parts of the step may take; see ``StepTimeouts``.
    public func timeouts(
        scheduleToStart: Duration? = nil, startToClose: Duration? = nil,
        scheduleToClose: Duration? = nil, heartbeat: Duration? = nil
    ) -> Step {
        with {
            $0.timeouts = StepTimeouts(
                scheduleToStart: scheduleToStart, startToClose: startToClose,
                scheduleToClose: scheduleToClose, heartbeat: heartbeat)
        }
    }

    /// Says what a failure of the step means for its saga.
    public func onFailure(_ policy: StepFailurePolicy) -> Step {
        with { $0.onFailure = policy }
    }

    /// Skips the step when this is not met.
    public func when(_ condition: StepCondition) -> Step {
        let (reference, isWhole) = ValueSource.parse(condition.reference)
        var step = with { $0.when = Condition(reference: reference, test: condition.test) }
        if !isWhole { step.faults.append(Fault(field: [.when, .ref], text: condition.reference)) }
        return step
    }

    /// Waits this long before the first attempt.
    public func delay(_ delay: Duration) -> Step {
        with { $0.delay = delay }
    }

    /// Says what the handler gets, in place of the saga's input.
    public func input(_ source: ValueSource) -> Step {
        let (parsed, withoutMark) = source.parsed
        var step = with { $0.input = parsed }
        step.faults += withoutMark.map { Fault(field: [.input], member: $0.member, text: $0.text) }
        return step
    }

    private func with(_ change: (inout StepDefinition) -> Void) -> Step {
        var step = self
        change(&step.definition)
        return step
    }
}
