internal import SagaModel

/// Steps of sagas as they are shown.
extension Engine {
    func status(of step: StepIndex, in saga: SagaInstance, _ view: SagaView) -> StepStatus {
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
            undoKnowledge: progress.knowledge, action: status(of: step, .action, in: saga, view),
            compensation: hasUndo ? status(of: step, .compensation, in: saga, view) : nil,
            output: progress.output, more: more(of: step, in: saga, view))
    }

    /// What only some steps have.
    private func more(of step: StepIndex, in saga: SagaInstance, _ view: SagaView) -> StepMore {
        let resolved = saga.resolved(step)
        let progress = saga.steps[step.rawValue]
        var more = StepMore()
        if resolved.place == .pivot { more.pivot = pivotMark(of: step, in: saga) }
        more.isOptional = resolved.isOptional
        if resolved.when != nil {
            more.condition = saga.facts.definition.filled.steps[step.rawValue].when
        }
        if progress.state == .skipped { more.skip = skip(of: step, in: saga) }
        more.isLeftInDoubt =
            progress.state == .failed && progress.knowledge == .inDoubt && !resolved.isCompensated
        if let child = resolved.child {
            more.childVersion = version(of: child, in: saga)
            more.children = progress.action.extras?.children ?? []
        }
        if progress.undo.endedAt != nil, saga.hasParticulars {
            more.undoneBy = saga.lastEntry(of: .markCompensated, for: step)
        }
        if view.payloads, resolved.input != nil, progress.action.attempts > 0 {
            more.input = try? SagaData(saga: saga, limit: limits.outputLimitBytes)
                .input(of: resolved).get()
        }
        return more
    }

    private func pivotMark(of pivot: StepIndex, in saga: SagaInstance) -> PivotMark {
        if saga.isPivotPassed { return .passed }
        if isPivotUndecided(saga) { return .undecided }
        return saga.steps[pivot.rawValue].state == .failed ? .failed : .notReached
    }

    private func skip(of step: StepIndex, in saga: SagaInstance) -> StepSkip {
        if let entry = saga.lastEntry(of: .skip, for: step) { return .person(entry) }
        // A verb that is so old that it is not kept any more.
        guard saga.resolved(step).when != nil else { return .person(nil) }
        return .condition(found: saga.particulars.found[step] ?? "")
    }

    private func version(of child: ChildReference, in saga: SagaInstance) -> UInt32 {
        if let version = child.version { return version }
        let chosen = saga.facts.children.first { $0.name == child.name && $0.version == nil }
        return chosen.flatMap { definitions.find($0.definition)?.definition.version } ?? 0
    }

    // MARK: - Tasks

    private func status(
        of step: StepIndex, _ direction: Direction, in saga: SagaInstance, _ view: SagaView
    ) -> TaskStatus {
        let task = saga.task(step, direction)
        let resolved = saga.resolved(step)
        let policy = direction == .action ? resolved.retry : resolved.compensationRetry
        var status = TaskStatus(
            attempts: task.attempts, failures: task.failures, instance: task.instance,
            dueAt: task.dueAt, handedOutAt: task.handedOutAt, endedAt: task.endedAt,
            lastFailure: task.lastFailure, waiting: waiting(step, direction, in: saga),
            maxAttempts: policy.maxAttempts ?? 0)
        if case .inFlight(let flight) = task.place {
            status.instance = flight.session.name
            status.lastHeartbeatAt = flight.sign?.at
            if view.payloads { status.progress = flight.progress }
        }
        if view.payloads, status.progress == nil { status.progress = task.progress }
        if view.history { status.history = attempts(of: step, direction, in: saga) }
        return status
    }

    /// The attempts that are kept, the oldest first, and the newest whatever became of it.
    private func attempts(
        of step: StepIndex, _ direction: Direction, in saga: SagaInstance
    ) -> [AttemptStatus] {
        let task = saga.task(step, direction)
        var attempts = task.extras?.history.kept.map { AttemptStatus($0) } ?? []
        if let token = task.token {
            attempts.append(current(token, task))
        } else if task.attempts > attempts.last?.token.number ?? 0 {
            // It ended otherwise than by failing: with success, or with its task.
            let progress = saga.steps[step.rawValue]
            let succeeded =
                direction == .action
                ? progress.output != nil && progress.state != .skipped
                : progress.state == .compensated && task.hasReturned
            attempts.append(
                AttemptStatus(
                    token: Token(epoch: .none, number: task.attempts), state: .ended,
                    handedOutAt: task.handedOutAt, endedAt: task.endedAt,
                    instance: task.instance, outcome: succeeded ? .succeeded(.empty) : nil))
        }
        return attempts
    }

    private func current(_ token: Token, _ task: TaskProgress) -> AttemptStatus {
        switch task.place {
        case .inFlight(let flight) where flight.isHandedOut:
            AttemptStatus(
                token: token, state: .handedOut, handedOutAt: task.handedOutAt,
                instance: flight.session.name)
        case .deferred:
            AttemptStatus(
                token: token, state: .deferred, handedOutAt: task.handedOutAt,
                instance: task.instance)
        case .held where task.isDeferred:
            AttemptStatus(
                token: token, state: .deferred, handedOutAt: task.handedOutAt,
                instance: task.instance)
        case .fromEarlierLife: AttemptStatus(token: token, state: .earlierLife)
        case .idle, .waiting, .queued, .inFlight, .held, .child:
            AttemptStatus(token: token, state: .open)
        }
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
            // Over, and what comes next has to be recorded.
            if until <= now, !hasRoom(for: direction) { return .room(since: until) }
            return task.wait.map { wait in
                switch wait.reason {
                case .backoff: .backoff(until: until)
                case .delay: .delay(until: until)
                case .notYet: .notYet(until: until)
                case .hold: .suspended(since: saga.stateSince)
                }
            }
        case .inFlight(let flight): return waiting(flight)
        case .fromEarlierLife: return .recovery(since: lifeBeganAt)
        case .deferred(let timer):
            return .deferred(since: since, until: timer.map { timers.due(of: $0) })
        case .child(let start):
            let child = order.find(start)
            return .child(
                child?.facts.id ?? saga.facts.id, child?.state ?? .pending, since: since)
        case .held:
            return saga.state == .failed
                ? .parked(since: saga.stateSince)
                : .suspended(since: saga.particulars.suspension?.since ?? saga.stateSince)
        case .queued: return waitingInQueue(step, direction, in: saga, since: since)
        }
    }

    /// Whether the journal has room for what becomes of a task that is handed out.
    private func hasRoom(for direction: Direction) -> Bool {
        switch direction {
        case .action: space.takesForwardWork
        case .compensation: space.takesRecords
        }
    }

    private func waiting(_ flight: TaskPlace.Flight) -> WaitingReason {
        if case .lost(_, let at) = flight.session.state {
            return .comeback(
                of: flight.session.name, lostAt: at, until: at + limits.sessionGrace)
        }
        if flight.isGrace { return .cancelAnswer(since: flight.at, until: flight.deadline) }
        return .answer(since: flight.at)
    }

    private func waitingInQueue(
        _ step: StepIndex, _ direction: Direction, in saga: SagaInstance, since: Instant
    ) -> WaitingReason {
        let queue = queue(of: step, in: saga)
        if !queue.sessions.isEmpty {
            return hasRoom(for: direction) ? .slot(since: since) : .room(since: since)
        }
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
}
