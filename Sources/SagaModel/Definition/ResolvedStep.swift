/// A step as sagas run it; never changed, and shared by all that look at it.
package final class ResolvedStep: Sendable {
    /// The step's name.
    package let name: String
    /// The handler that runs it; the name of the definition for a child saga.
    package let handler: String
    /// The child saga that runs it; nil for a handler.
    package let child: ChildReference?
    /// The steps that must have ended before it.
    package let after: [StepIndex]
    /// The steps that wait for it.
    package let dependants: [StepIndex]
    /// The first attempts of all steps that wait for it, shared by the records that open them all.
    package let dependantAttempts: [Opened]
    /// Where it stands to the pivot.
    package let place: PivotPlace
    /// Whether there is anything to undo.
    package let isCompensated: Bool
    /// Whether the saga goes on when it fails.
    package let isOptional: Bool
    /// How the action is tried again.
    package let retry: ResolvedRetry
    /// How the compensation is tried again.
    package let compensationRetry: ResolvedRetry
    /// The longest that one attempt may take.
    package let startToClose: Duration
    /// The same as a number, made once: a timer is set for each attempt.
    package let startToCloseMicroseconds: Int64
    /// From due to handed out; nil for no limit.
    package let scheduleToStart: Duration?
    /// The longest that all attempts of the action may take; nil for no limit.
    package let scheduleToClose: Duration?
    /// The longest silence of the handler; nil if it promises no heartbeats.
    package let heartbeat: Duration?
    /// The condition without which it is skipped; nil for none.
    package let when: ResolvedCondition?
    /// How long it waits before its first attempt.
    package let delay: Duration
    /// What the handler gets; nil for the saga's input as it is.
    package let input: ResolvedSource?
    /// Whether it has neither condition nor input of its own nor delay nor child: once it is due,
    /// its first attempt is all that follows.
    package let isPlain: Bool
    /// Whether anything but startToClose limits the time of its action.
    package let hasScheduleLimits: Bool

    init(
        _ step: StepDefinition, after: [StepIndex], dependants: [StepIndex], place: PivotPlace,
        indices: [String: StepIndex]
    ) {
        name = step.name
        switch step.work {
        case .handler(let name):
            handler = name
            child = nil
        case .saga(let name, let version):
            handler = name
            child = ChildReference(name: name, version: version)
        }
        self.after = after
        self.dependants = dependants
        dependantAttempts = dependants.map { Opened(step: $0, direction: .action, number: 1) }
        self.place = place
        isCompensated = step.isCompensated ?? true
        isOptional = step.onFailure == .continue
        retry = ResolvedRetry(
            step.retry ?? RetryPolicy(), or: DefinitionDefaults.retry,
            isEndless: place == .pivot || (place == .after && !isOptional))
        compensationRetry = ResolvedRetry(
            step.compensationRetry ?? RetryPolicy(), or: DefinitionDefaults.compensationRetry)
        startToClose = step.timeouts?.startToClose ?? DefinitionDefaults.startToClose
        startToCloseMicroseconds = startToClose.microseconds
        scheduleToStart = step.timeouts?.scheduleToStart
        scheduleToClose = step.timeouts?.scheduleToClose
        heartbeat = step.timeouts?.heartbeat
        when = step.when.flatMap { ResolvedCondition($0, indices) }
        delay = step.delay ?? .zero
        let whole = DataSource.reference(
            Reference(source: DefinitionNames.reserved, pointer: ""))
        input = step.input == whole ? nil : step.input.flatMap { ResolvedSource($0, indices) }
        isPlain = when == nil && input == nil && delay == .zero && child == nil
        hasScheduleLimits = scheduleToStart != nil || scheduleToClose != nil
    }
}

/// A definition that a step runs as a child saga.
package struct ChildReference: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// Its version; nil for the one registered last when the root starts.
    package let version: UInt32?
}
