/// What only some sagas have, as it is shown.
package struct SagaMore: Equatable, Sendable {
    /// The start time that was asked for.
    package var startAt: Instant?
    /// When it became RUNNING, if that is later than its start.
    package var runningSince: Instant?
    /// When its timeout cancels it.
    package var deadline: Instant?
    /// Why nothing new of it is dispatched.
    package var suspension: SagaSuspension?
    /// Why it is parked.
    package var parking: SagaParking?
    /// Who asked to cancel it.
    package var cancelRequest: CancelRequest?
    /// Who sent it back, if a person did.
    package var sentBackBy: VerbEntry?
    /// Who gave it up.
    package var abandonedBy: VerbEntry?
    /// Of an abandoned saga: what may have run and is not undone.
    package var left: [LeftEffect] = []
    /// The step of another saga that it runs for.
    package var parent: SagaParent?
    /// The saga that it replaced under its key.
    package var replaces: SagaID?
    /// The saga that replaced it.
    package var replacedBy: SagaID?
    /// What people told it, the oldest first; only where it was asked for.
    package var verbs: [VerbEntry] = []

    /// Makes a saga without any of it.
    package init() {}
}

/// Why nothing new of a saga is dispatched.
package struct SagaSuspension: Equatable, Sendable {
    /// Who wanted it; nil for a handler.
    package var by: Principal?
    /// The step whose handler held it; empty for a person.
    package var step: String
    /// Why.
    package var reason: String
    /// Since when.
    package var since: Instant

    /// States the facts.
    package init(by: Principal?, step: String, reason: String, since: Instant) {
        self.by = by
        self.step = step
        self.reason = reason
        self.since = since
    }
}

/// Why a saga waits for a person to settle it.
package struct SagaParking: Equatable, Sendable {
    /// Which rule parked it.
    package var reason: ParkingReason
    /// What went wrong, and at which step.
    package var fault: SagaFault
    /// The way that it was going.
    package var direction: Direction
    /// Since when.
    package var since: Instant

    /// States the facts.
    package init(reason: ParkingReason, fault: SagaFault, direction: Direction, since: Instant) {
        self.reason = reason
        self.fault = fault
        self.direction = direction
        self.since = since
    }
}

/// Somebody's wish that a saga be cancelled.
package struct CancelRequest: Equatable, Sendable {
    /// Who.
    package var by: Principal
    /// Why.
    package var reason: String
    /// When.
    package var at: Instant
    /// Whether an undecided pivot keeps it from having effect.
    package var waitsForPivot: Bool

    /// States the facts.
    package init(by: Principal, reason: String, at: Instant, waitsForPivot: Bool) {
        self.by = by
        self.reason = reason
        self.at = at
        self.waitsForPivot = waitsForPivot
    }
}

/// The step that a child saga runs for.
package struct SagaParent: Equatable, Sendable {
    /// The parent.
    package var saga: SagaID
    /// The step's name.
    package var step: String

    /// States the facts.
    package init(saga: SagaID, step: String) {
        self.saga = saga
        self.step = step
    }
}

/// One verb that was given, with the name of its step.
package struct VerbEntry: Equatable, Sendable {
    /// The verb.
    package var verb: Verb
    /// The step it was for; empty for the saga.
    package var step: String
    /// Who gave it.
    package var by: Principal
    /// Why.
    package var reason: String
    /// When.
    package var at: Instant

    /// States the facts.
    package init(verb: Verb, step: String, by: Principal, reason: String, at: Instant) {
        self.verb = verb
        self.step = step
        self.by = by
        self.reason = reason
        self.at = at
    }
}

/// One reason why a person should look at a saga, with what a list shows of it.
package struct Attention: Equatable, Sendable {
    /// The reason.
    package var reason: AttentionReason
    /// The step; empty if the saga as a whole is meant.
    package var step: String
    /// The half of the step.
    package var direction: Direction
    /// Since when.
    package var since: Instant?
    /// The last error.
    package var lastFailure: Failure?
    /// When it is tried again; nil for never by itself, or at any moment.
    package var nextAttemptAt: Instant?
    /// How many failures so far.
    package var failures: UInt32
    /// The handler that is needed or fails; empty if none is.
    package var handler: String

    /// States the facts.
    package init(
        _ reason: AttentionReason, step: String = "", direction: Direction = .action,
        since: Instant? = nil, lastFailure: Failure? = nil, nextAttemptAt: Instant? = nil,
        failures: UInt32 = 0, handler: String = ""
    ) {
        self.reason = reason
        self.step = step
        self.direction = direction
        self.since = since
        self.lastFailure = lastFailure
        self.nextAttemptAt = nextAttemptAt
        self.failures = failures
        self.handler = handler
    }
}
