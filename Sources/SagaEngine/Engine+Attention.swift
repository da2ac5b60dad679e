internal import SagaModel

/// Why people should look at sagas.
extension Engine {
    /// One entry a reason; where several tasks give the same, that of the one that has for longest.
    func attention(of saga: SagaInstance) -> [Attention] {
        guard !saga.state.isEnded else { return [] }
        var found: [Attention] = []
        if saga.state == .failed { found.append(parked(saga)) }
        found += [
            oldest(of: saga, .undoFailing) { isUndoFailing($0, in: saga) },
            oldest(of: saga, .noParticipant) { waitsForNobody($0, in: saga) },
            oldest(of: saga, .pastPivotFailing) { failsPastPivot($0, in: saga) },
        ].compactMap(\.self)
        guard saga.hasParticulars else { return found }
        let more = saga.particulars
        if let suspension = more.suspension, let step = suspension.step {
            found.append(
                Attention(
                    .held, step: saga.resolved(step).name, since: suspension.since,
                    lastFailure: Failure(code: "hold", message: suspension.reason),
                    handler: saga.resolved(step).handler))
        }
        if let over = more.timedOutAt, saga.isPivotPassed {
            found.append(Attention(.timeoutPastPivot, since: over))
        }
        return found
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
    private struct Trouble {
        let direction: Direction
        let since: Instant
    }

    private func oldest(
        of saga: SagaInstance, _ reason: AttentionReason, _ find: (StepIndex) -> Trouble?
    ) -> Attention? {
        var found: (step: StepIndex, trouble: Trouble)?
        for index in saga.steps.indices {
            let step = StepIndex(index)
            guard let trouble = find(step) else { continue }
            if let found, found.trouble.since <= trouble.since { continue }
            found = (step, trouble)
        }
        guard let (step, trouble) = found else { return nil }
        let task = saga.task(step, trouble.direction)
        return Attention(
            reason, step: saga.resolved(step).name, direction: trouble.direction,
            since: trouble.since, lastFailure: task.lastFailure,
            nextAttemptAt: task.wait?.until, failures: task.failures,
            handler: saga.resolved(step).handler)
    }

    private func isUndoFailing(_ step: StepIndex, in saga: SagaInstance) -> Trouble? {
        let undo = saga.steps[step.rawValue].undo
        guard undo.isCurrent, let since = undo.failingSince,
            stamp - since >= limits.attentionAfter
        else { return nil }
        return Trouble(direction: .compensation, since: since)
    }

    private func waitsForNobody(_ step: StepIndex, in saga: SagaInstance) -> Trouble? {
        for direction in [Direction.action, .compensation] {
            let task = saga.task(step, direction)
            guard case .queued = task.place, queue(of: step, in: saga).sessions.isEmpty,
                let since = nobodySince(task, saga.handler(of: step)),
                now - since >= limits.attentionAfter
            else { continue }
            return Trouble(direction: direction, since: since)
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

    /// Since when a due task has had nobody to run it: nobody is missed before it was due, nor
    /// while participants had this life's grace to return.
    private func nobodySince(_ task: TaskProgress, _ handler: HandlerRef) -> Instant? {
        task.queuedSince.map { max($0, lifeBeganAt, lastSeen[handler]?.at ?? $0) }
    }
}
