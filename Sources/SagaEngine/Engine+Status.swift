internal import SagaModel

/// Sagas as they are shown.
extension Engine {
    func status(of saga: SagaInstance) -> SagaStatus {
        let facts = saga.facts
        return SagaStatus(
            id: facts.id, namespace: facts.definition.namespace, definition: facts.definition.name,
            version: facts.definition.version, key: facts.key, keyIsRandom: facts.keyIsRandom,
            state: saga.state, attention: attention(of: saga), startedAt: facts.startedAt,
            endedAt: saga.endedAt, observedAt: stamp, principal: facts.principal,
            labels: Dictionary(
                facts.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
            steps: saga.stepIndices.map { status(of: $0, in: saga) }, failure: saga.failure,
            compensationFailure: saga.compensationFailure, input: facts.input,
            output: output(of: saga))
    }

    func row(of saga: SagaInstance) -> SagaRow {
        let facts = saga.facts
        let current = saga.stepIndices.first {
            saga.steps[$0.rawValue].action.isCurrent || saga.steps[$0.rawValue].undo.isCurrent
        }
        let step =
            current.map { facts.definition.steps[$0.rawValue].name }
            ?? (saga.state.isEnded ? "" : saga.compensationFailure?.step ?? "")
        return SagaRow(
            id: facts.id, definition: facts.definition.name, version: facts.definition.version,
            key: facts.keyIsRandom ? "" : facts.key, state: saga.state,
            attention: attention(of: saga), step: step, startedAt: facts.startedAt,
            endedAt: saga.endedAt, stateSince: saga.stateSince)
    }

    private func status(of step: StepIndex, in saga: SagaInstance) -> StepStatus {
        let resolved = saga.facts.definition.steps[step.rawValue]
        let progress = saga.steps[step.rawValue]
        var state = progress.state
        if state == .scheduled, case .inFlight(let flight) = progress.action.place,
            flight.isHandedOut
        {
            state = .running
        }
        let hasUndo = progress.undo.attempts > 0 || saga.undoStanding(of: step) == .toDo
        return StepStatus(
            name: resolved.name, handler: resolved.handler,
            after: resolved.after.map { saga.facts.definition.steps[$0.rawValue].name },
            isCompensated: resolved.isCompensated, state: state,
            undoKnowledge: progress.knowledge, action: status(of: step, .action, in: saga),
            compensation: hasUndo ? status(of: step, .compensation, in: saga) : nil,
            output: progress.output)
    }

    private func status(
        of step: StepIndex, _ direction: Direction, in saga: SagaInstance
    ) -> TaskStatus {
        let task = saga.task(step, direction)
        var instance = task.instance
        if case .inFlight(let flight) = task.place {
            instance = flight.session.name
        }
        return TaskStatus(
            attempts: task.attempts, failures: task.failures, instance: instance,
            dueAt: task.dueAt, handedOutAt: task.handedOutAt, endedAt: task.endedAt,
            lastFailure: task.lastFailure, waiting: waiting(step, direction, in: saga))
    }

    private func waiting(
        _ step: StepIndex, _ direction: Direction, in saga: SagaInstance
    ) -> WaitingReason? {
        let task = saga.task(step, direction)
        let since = task.dueAt ?? saga.facts.startedAt
        switch task.place {
        case .idle:
            let waits =
                direction == .compensation
                && saga.undoStanding(of: step) == .toDo && saga.state == .compensating
            return waits ? .laterUndos : nil
        case .waiting(let timer):
            // As this life sees it: the clock may have been set since the wait was recorded.
            let until = timers.due(of: timer)
            return task.wait.map { wait in
                switch wait.reason {
                case .backoff: .backoff(until: until)
                case .delay: .delay(until: until)
                case .notYet: .notYet(until: until)
                case .hold: .suspended(since: saga.stateSince)
                }
            }
        case .inFlight(let flight): return .answer(since: flight.at)
        case .fromEarlierLife: return .recovery(since: lifeBeganAt)
        case .deferred(let timer):
            return .deferred(since: since, until: timer.map { timers.due(of: $0) })
        case .child(let start):
            let child = sagasByStart[start]
            return .child(
                child?.facts.id ?? saga.facts.id, child?.state ?? .pending, since: since)
        case .held:
            return saga.state == .failed
                ? .parked(since: saga.stateSince)
                : .suspended(since: saga.particulars.suspension?.since ?? saga.stateSince)
        case .queued: break
        }
        let queue = queue(of: step, in: saga)
        if !queue.sessions.isEmpty { return .slot(since: since) }
        let handler = queue.handler
        if queue.needsCompensation,
            let other = queues[QueueKey(handler: handler, needsCompensation: false)],
            !other.sessions.isEmpty
        {
            return .compensationHandler(since: since)
        }
        let last = lastSeen[handler]
        return .participant(
            since: since, lastSeen: last?.participant.description ?? "", lostAt: last?.at)
    }

    /// Why a person should look at a saga.
    func attention(of saga: SagaInstance) -> [AttentionReason] {
        guard !saga.state.isEnded else { return [] }
        var reasons: [AttentionReason] = []
        if saga.state == .failed { reasons.append(.parked) }
        let isUndoFailing = saga.steps.contains {
            $0.undo.isCurrent && needsAttention(since: $0.undo.failingSince, at: stamp)
        }
        if isUndoFailing { reasons.append(.undoFailing) }
        let waitsForNobody = saga.stepIndices.contains { step in
            [Direction.action, .compensation].contains { direction in
                guard case .queued = saga.task(step, direction).place else { return false }
                let task = saga.task(step, direction)
                return queue(of: step, in: saga).sessions.isEmpty
                    && needsAttention(since: nobodySince(task, saga.handler(of: step)), at: now)
            }
        }
        if waitsForNobody { reasons.append(.noParticipant) }
        let isStepFailing = saga.stepIndices.contains { step in
            let place = saga.resolved(step).place
            let task = saga.steps[step.rawValue].action
            return (place == .pivot || place == .after) && task.isCurrent
                && task.failingSince != nil
        }
        if isStepFailing { reasons.append(.pastPivotFailing) }
        if saga.hasParticulars {
            let more = saga.particulars
            if more.suspension?.step != nil { reasons.append(.held) }
            if more.timedOutAt != nil, saga.isPivotPassed { reasons.append(.timeoutPastPivot) }
        }
        return reasons
    }

    /// Since when a due task has had nobody to run it: nobody is missed before it was due, nor
    /// while participants had this life's grace to return.
    private func nobodySince(_ task: TaskProgress, _ handler: HandlerRef) -> Instant? {
        task.placedAt.map { max($0, lifeBeganAt, lastSeen[handler]?.at ?? $0) }
    }

    private func needsAttention(since instant: Instant?, at moment: Instant) -> Bool {
        instant.map { moment - $0 >= limits.attentionAfter } ?? false
    }
}
