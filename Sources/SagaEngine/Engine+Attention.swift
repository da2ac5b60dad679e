internal import SagaModel

/// Why people should look at sagas.
extension Engine {
    /// One entry a reason; where several tasks give the same, that of the one that has for longest.
    ///
    /// Reasons that begin with time are shown from when they are raised.
    func attention(of saga: SagaInstance) -> [Attention] {
        guard !saga.state.isEnded else { return [] }
        let timed: AttentionSet = [.undoFailing, .noParticipant]
        return AttentionReason.allCases
            .filter { !timed.contains(AttentionSet($0)) || saga.raised.contains(AttentionSet($0)) }
            .compactMap { attention($0, of: saga) }
    }

    /// A reason as it is shown; nil if it is not there. How long it is there does not count.
    func attention(_ reason: AttentionReason, of saga: SagaInstance) -> Attention? {
        switch reason {
        case .parked: return saga.state == .failed ? parked(saga) : nil
        case .undoFailing:
            return shown(.undoFailing, oldest(of: saga) { failingUndo($0, in: saga) }, of: saga)
        case .noParticipant:
            return shown(.noParticipant, longestWithoutParticipant(of: saga), of: saga)
        case .pastPivotFailing:
            return shown(
                .pastPivotFailing, oldest(of: saga) { failsPastPivot($0, in: saga) }, of: saga)
        case .held:
            guard saga.hasParticulars, let suspension = saga.particulars.suspension,
                let step = suspension.step
            else { return nil }
            return Attention(
                .held, step: saga.resolved(step).name, since: suspension.since,
                lastFailure: Failure(code: "hold", message: suspension.reason),
                handler: saga.resolved(step).handler)
        case .timeoutPastPivot:
            guard let over = saga.timedOutAt, saga.isPivotPassed else { return nil }
            return Attention(.timeoutPastPivot, since: over)
        }
    }

    private func parked(_ saga: SagaInstance) -> Attention {
        guard let parking = saga.particulars.parking else {
            return Attention(.parked, since: saga.stateSince)
        }
        let task = saga.task(parking.step, parking.direction)
        return Attention(
            .parked, step: saga.resolved(parking.step).name, direction: parking.direction,
            since: parking.since, lastFailure: parking.failure, failures: task.failures,
            handler: saga.resolved(parking.step).handler)
    }

    /// A task that a reason is given for, and since when.
    struct Trouble {
        let direction: Direction
        let since: Instant
    }

    private func oldest(
        of saga: SagaInstance, _ find: (StepIndex) -> Trouble?
    ) -> (step: StepIndex, trouble: Trouble)? {
        var found: (step: StepIndex, trouble: Trouble)?
        for index in saga.steps.indices {
            let step = StepIndex(index)
            guard let trouble = find(step) else { continue }
            if let found, found.trouble.since <= trouble.since { continue }
            found = (step, trouble)
        }
        return found
    }

    private func shown(
        _ reason: AttentionReason, _ found: (step: StepIndex, trouble: Trouble)?,
        of saga: SagaInstance
    ) -> Attention? {
        guard let (step, trouble) = found else { return nil }
        let task = saga.task(step, trouble.direction)
        return Attention(
            reason, step: saga.resolved(step).name, direction: trouble.direction,
            since: trouble.since, lastFailure: task.lastFailure,
            nextAttemptAt: task.wait?.until, failures: task.failures,
            handler: saga.resolved(step).handler)
    }

    /// The current undo that has been failing for longest.
    func longestFailingUndo(of saga: SagaInstance) -> (step: StepIndex, since: Instant)? {
        oldest(of: saga) { failingUndo($0, in: saga) }.map { ($0.step, $0.trouble.since) }
    }

    /// Whether an undo of a saga fails.
    func hasFailingUndo(_ saga: SagaInstance) -> Bool {
        saga.steps.indices.contains { failingUndo(StepIndex($0), in: saga) != nil }
    }

    /// Whether a task of a saga waits for somebody to run it.
    func waitsForNobody(_ saga: SagaInstance) -> Bool {
        saga.steps.indices.contains { waitsForNobody(StepIndex($0), in: saga) != nil }
    }

    /// Whether a step of a saga fails at or past the pivot.
    func failsPastPivot(_ saga: SagaInstance) -> Bool {
        saga.steps.indices.contains { failsPastPivot(StepIndex($0), in: saga) != nil }
    }

    private func failingUndo(_ step: StepIndex, in saga: SagaInstance) -> Trouble? {
        let undo = saga.steps[step.rawValue].undo
        guard undo.isCurrent, let since = undo.failingSince else { return nil }
        return Trouble(direction: .compensation, since: since)
    }

    /// The task that has waited for longest for somebody to run it.
    func longestWithoutParticipant(
        of saga: SagaInstance
    ) -> (step: StepIndex, trouble: Trouble)? {
        oldest(of: saga) { waitsForNobody($0, in: saga) }
    }

    private func waitsForNobody(_ step: StepIndex, in saga: SagaInstance) -> Trouble? {
        for direction in [Direction.action, .compensation] {
            let since: Instant
            switch saga.task(step, direction).place {
            case .queued(let instant): since = instant
            // Nobody is missed while participants of the life before have their grace to return.
            case .fromEarlierLife: since = lifeBeganAt
            case .idle, .waiting, .inFlight, .deferred, .held, .child: continue
            }
            let queue = queue(of: step, in: saga)
            // Nor was anybody missed before the task was due.
            if queue.sessions.isEmpty {
                return Trouble(direction: direction, since: max(since, queue.unservedSince))
            }
        }
        return nil
    }

    private func failsPastPivot(_ step: StepIndex, in saga: SagaInstance) -> Trouble? {
        let place = saga.resolved(step).place
        let task = saga.steps[step.rawValue].action
        guard place == .pivot || place == .after, task.isCurrent, let since = task.failingSince
        else { return nil }
        return Trouble(direction: .action, since: since)
    }
}
