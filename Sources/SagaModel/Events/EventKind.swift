/// What an event tells of.
public enum EventKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A start was recorded.
    case sagaStarted
    /// A pending or parked saga became running.
    case sagaRunning
    /// The saga goes back.
    case sagaCompensating
    /// All is done.
    case sagaCompleted
    /// All is undone.
    case sagaCompensated
    /// The saga is parked.
    case sagaFailed
    /// The saga was given up.
    case sagaAbandoned
    /// The saga's timeout is over.
    case sagaTimedOut
    /// Nothing new is dispatched.
    case sagaSuspended
    /// Dispatched again.
    case sagaResumed
    /// A step became current.
    case stepStarted
    /// A step's action is done.
    case stepSucceeded
    /// A step's action has failed.
    case stepFailed
    /// A step was passed over.
    case stepSkipped
    /// An attempt ended and another follows; of either direction.
    case attemptEnded
    /// A task will be answered later.
    case taskDeferred
    /// A step's undo was opened.
    case compensationStarted
    /// A step is undone.
    case compensationSucceeded
    /// A step's undo has failed.
    case compensationFailed
    /// A person gave a verb; what it led to are events of their own.
    case verbGiven
    /// A person should look at the saga, for a further reason.
    case attentionRaised
    /// A reason to look at the saga is gone.
    case attentionCleared

    /// The kind as people and programs write it, e.g. `step-started`.
    public var label: String {
        switch self {
        case .sagaStarted: "saga-started"
        case .sagaRunning: "saga-running"
        case .sagaCompensating: "saga-compensating"
        case .sagaCompleted: "saga-completed"
        case .sagaCompensated: "saga-compensated"
        case .sagaFailed: "saga-failed"
        case .sagaAbandoned: "saga-abandoned"
        case .sagaTimedOut: "saga-timed-out"
        case .sagaSuspended: "saga-suspended"
        case .sagaResumed: "saga-resumed"
        case .stepStarted: "step-started"
        case .stepSucceeded: "step-succeeded"
        case .stepFailed: "step-failed"
        case .stepSkipped: "step-skipped"
        case .attemptEnded: "attempt-ended"
        case .taskDeferred: "task-deferred"
        case .compensationStarted: "compensation-started"
        case .compensationSucceeded: "compensation-succeeded"
        case .compensationFailed: "compensation-failed"
        case .verbGiven: "verb-given"
        case .attentionRaised: "attention-raised"
        case .attentionCleared: "attention-cleared"
        }
    }
}
