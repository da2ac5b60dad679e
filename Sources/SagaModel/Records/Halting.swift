/// A saga that waits for an operator.
package struct SagaParked: Equatable, Sendable {
    /// The step that stands in the way.
    package var step: StepIndex
    /// Whether its action or its undo does.
    package var direction: Direction
    /// Which rule parked it.
    package var reason: ParkingReason
    /// Why.
    package var failure: Failure
    /// Limits of time that are stopped until it goes on.
    package var stopped: [StoppedLimit]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        step: StepIndex, direction: Direction = .compensation,
        reason: ParkingReason = .compensationFailed, failure: Failure,
        stopped: [StoppedLimit] = [], at: Instant
    ) {
        self.step = step
        self.direction = direction
        self.reason = reason
        self.failure = failure
        self.stopped = stopped
        self.at = at
    }
}

/// Which rule parked a saga.
public enum ParkingReason: UInt8, Hashable, Sendable, CaseIterable {
    /// An undo failed for good.
    case compensationFailed
    /// A required step after the pivot failed.
    case pastPivot
    /// Whether the pivot happened is not known, and it may not be asked again.
    case pivotUndecided
    /// The pivot happened, and its output was refused.
    case pivotOutputRefused
    /// A child saga was abandoned.
    case childAbandoned

    /// The reason as people and programs write it.
    public var label: String {
        switch self {
        case .compensationFailed: "compensation-failed"
        case .pastPivot: "past-pivot"
        case .pivotUndecided: "pivot-undecided"
        case .pivotOutputRefused: "pivot-output-refused"
        case .childAbandoned: "child-abandoned"
        }
    }
}

/// A parked saga goes on, by an operator's verb.
package struct SagaUnparked: Equatable, Sendable {
    /// Forward or back: running or compensating.
    package var state: SagaState
    /// Tasks that are tried again; their failures are counted anew.
    package var opened: [Opened]
    /// Limits of time that run again.
    package var limits: [RunningLimit]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(state: SagaState, opened: [Opened], limits: [RunningLimit], at: Instant) {
        self.state = state
        self.opened = opened
        self.limits = limits
        self.at = at
    }
}

/// From now on nothing new of the saga is dispatched.
package struct SagaSuspended: Equatable, Sendable {
    /// Who wanted it; nil for a handler's hold.
    package var by: Principal?
    /// The step whose handler held it; nil for a person.
    package var step: StepIndex?
    /// Why.
    package var reason: String
    /// Limits of time that are stopped until it is resumed.
    package var stopped: [StoppedLimit]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        by: Principal?, step: StepIndex?, reason: String, stopped: [StoppedLimit], at: Instant
    ) {
        self.by = by
        self.step = step
        self.reason = reason
        self.stopped = stopped
        self.at = at
    }
}

/// The saga is dispatched again.
package struct SagaResumed: Equatable, Sendable {
    /// Limits of time that run again.
    package var limits: [RunningLimit]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(limits: [RunningLimit], at: Instant) {
        self.limits = limits
        self.at = at
    }
}

/// A limit of time that stands still while its saga is suspended or parked.
package enum TimeLimit: Hashable, Sendable {
    /// The timeout of the whole saga.
    case saga
    /// A step's time from due to handed out.
    case scheduleToStart(StepIndex)
    /// A step's time for all attempts.
    case scheduleToClose(StepIndex)
    /// The time of a deferred attempt.
    case deferral(StepIndex, Direction)

    /// The step it is of; nil for the saga's.
    package var step: StepIndex? {
        switch self {
        case .saga: nil
        case .scheduleToStart(let step), .scheduleToClose(let step), .deferral(let step, _): step
        }
    }
}

/// What is left of a limit that stands still.
package struct StoppedLimit: Hashable, Sendable {
    /// Which.
    package var limit: TimeLimit
    /// What is left of it.
    package var left: Duration

    /// States the facts.
    package init(_ limit: TimeLimit, left: Duration) {
        self.limit = limit
        self.left = left
    }
}

/// A limit that runs again, with what was left of it.
package struct RunningLimit: Equatable, Sendable {
    /// Which.
    package var limit: TimeLimit
    /// When it is over, and how long it is.
    package var wait: Wait

    /// States the facts.
    package init(_ limit: TimeLimit, _ wait: Wait) {
        self.limit = limit
        self.wait = wait
    }
}

/// Limits of time that began while stamps were raised, since the clock had been set back: by the
/// stamps of what began them they would seem to end later than they do.
package struct LimitsSet: Equatable, Sendable {
    /// The limits.
    package var limits: [RunningLimit]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(limits: [RunningLimit], at: Instant) {
        self.limits = limits
        self.at = at
    }
}
