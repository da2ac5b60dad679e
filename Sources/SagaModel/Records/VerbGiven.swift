/// Somebody told a saga to do something; what follows are records of their own.
package struct VerbGiven: Equatable, Sendable {
    /// What.
    package var verb: Verb
    /// The step it is for; nil for the saga.
    package var step: StepIndex?
    /// Who.
    package var principal: Principal
    /// Why, as they put it.
    package var reason: String
    /// When.
    package var at: Instant

    /// States the facts.
    package init(
        verb: Verb, step: StepIndex?, principal: Principal, reason: String, at: Instant
    ) {
        self.verb = verb
        self.step = step
        self.principal = principal
        self.reason = reason
        self.at = at
    }
}

/// What people can tell a saga to do.
public enum Verb: UInt8, Hashable, Sendable, CaseIterable {
    /// Cancel it: what it did is undone.
    case cancel
    /// Dispatch nothing new.
    case suspend
    /// Dispatch again.
    case resume
    /// End a wait, or begin to count anew.
    case retry
    /// Pass over a step, with a given output.
    case skip
    /// Take an undo as done by hand.
    case markCompensated
    /// Send it back, and decide an undecided pivot: it did not happen.
    case compensate
    /// Give it up.
    case abandon

    /// The verb as people write it.
    public var label: String {
        switch self {
        case .cancel: "cancel"
        case .suspend: "suspend"
        case .resume: "resume"
        case .retry: "retry"
        case .skip: "skip"
        case .markCompensated: "mark-compensated"
        case .compensate: "compensate"
        case .abandon: "abandon"
        }
    }
}

/// A saga whose start time is reached begins to run.
package struct SagaBegan: Equatable, Sendable {
    /// The first attempts.
    package var opened: [Opened]
    /// When.
    package var at: Instant

    /// States the facts.
    package init(opened: [Opened], at: Instant) {
        self.opened = opened
        self.at = at
    }
}

/// The timeout of a saga is over.
package struct SagaTimedOut: Equatable, Sendable {
    /// When.
    package var at: Instant

    /// States the facts.
    package init(at: Instant) {
        self.at = at
    }
}
