/// Where a saga stands.
public enum SagaState: UInt8, Hashable, Sendable, CaseIterable {
    /// Its start time is not reached. Can transition to: running, compensated, abandoned.
    case pending
    /// Going forward. Can transition to: completed, compensating, failed, abandoned.
    case running
    /// Going back. Can transition to: compensated, failed, abandoned.
    case compensating
    /// Parked: live, waiting for an operator's verb. Can transition to: running, compensating,
    /// abandoned.
    case failed
    /// Ended: all steps are done. A child's may yet go to compensating while its root lives.
    case completed
    /// Ended: what was done is undone.
    case compensated
    /// Ended by an operator; what may have run is not undone.
    case abandoned

    /// Whether the saga is over.
    public var isEnded: Bool {
        switch self {
        case .completed, .compensated, .abandoned: true
        case .pending, .running, .compensating, .failed: false
        }
    }

    /// The table of what may follow what, for recording and replaying alike.
    package func mayBecome(_ next: SagaState) -> Bool {
        switch self {
        case .pending: [.running, .compensated, .abandoned].contains(next)
        case .running: [.completed, .compensating, .failed, .abandoned].contains(next)
        case .compensating: [.compensated, .failed, .abandoned].contains(next)
        case .failed: [.running, .compensating, .abandoned].contains(next)
        case .completed: next == .compensating
        case .compensated, .abandoned: false
        }
    }

    /// The state's name as people and files write it, e.g. `RUNNING`.
    public var label: String {
        switch self {
        case .pending: "PENDING"
        case .running: "RUNNING"
        case .compensating: "COMPENSATING"
        case .failed: "FAILED"
        case .completed: "COMPLETED"
        case .compensated: "COMPENSATED"
        case .abandoned: "ABANDONED"
        }
    }
}

/// Where a step of a saga stands.
public enum StepState: UInt8, Hashable, Sendable, CaseIterable {
    /// Not current yet. Can transition to: scheduled, skipped, failed (its input is missing).
    case pending
    /// Current, and waiting for a participant, a limit or its backoff. Can transition to: itself
    /// (its next attempt), running, succeeded, failed, skipped, pending (withdrawn before it ran).
    case scheduled
    /// Handed to a participant. Can transition to: what scheduled can.
    case running
    /// The action is done. Can transition to: compensating, compensated (by hand).
    case succeeded
    /// The action is over without success. Can transition to: compensating, if it may have run;
    /// compensated, scheduled or skipped by an operator's verb.
    case failed
    /// Passed over by its condition or by an operator. Can transition to: compensating or
    /// compensated, if it may have run before an operator's skip.
    case skipped
    /// Its undo is due or under way. Can transition to: compensating (its next attempt),
    /// compensated, compensationFailed.
    case compensating
    /// Its undo is done.
    case compensated
    /// Its undo failed for good. Can transition to: compensating, compensated, by an operator's
    /// verb.
    case compensationFailed

    /// The table of what may follow what.
    package func mayBecome(_ next: StepState) -> Bool {
        switch self {
        case .pending: [.scheduled, .skipped, .failed].contains(next)
        case .scheduled, .running:
            [.scheduled, .running, .succeeded, .failed, .skipped, .pending].contains(next)
        case .succeeded, .skipped: [.compensating, .compensated].contains(next)
        case .failed: [.scheduled, .skipped, .compensating, .compensated].contains(next)
        case .compensating:
            [.compensating, .compensated, .compensationFailed].contains(next)
        case .compensationFailed: [.compensating, .compensated].contains(next)
        case .compensated: false
        }
    }
}
