internal import SagaModel

/// What became of an attempt.
struct AttemptEnd {
    let saga: SagaInstance
    let step: StepIndex
    let direction: Direction
    let outcome: AttemptOutcome
    /// The instance that had it; empty if none is known.
    var instance = ""
    /// Whether the attempt's own timer is what ended it.
    var timerFired = false
}

extension Engine {
    /// Takes a participant's answer, if the attempt it is for is the current one and was given to
    /// that participant.
    mutating func result(_ id: SessionID, _ result: TaskResult) {
        guard let session = sessions[id], session.isConnected else { return }
        session.lastHeardAt = now
        guard let saga = sagas[result.attempt.task.saga],
            let step = saga.facts.definition.index(of: result.attempt.task.step)
        else {
            if session.release(result.attempt) { markDirty(session) }
            counts.resultsWithoutTask += 1
            want(.acknowledge(id, result.attempt, .noSuchTask))
            return
        }
        let direction = result.attempt.task.direction
        let key = AttemptKey(
            saga: saga.facts.start, step: step, direction: direction, token: result.attempt.token)
        if !isHeld(key, of: saga), session.release(key) { markDirty(session) }
        guard isCurrent(key, of: saga, for: session) else {
            counts.staleResults += 1
            want(.acknowledge(id, result.attempt, .stale))
            return
        }
        if case .declined(let reason) = result.outcome {
            close(saga.handler(of: step), at: session, for: reason)
        }
        endAttempt(
            AttemptEnd(
                saga: saga, step: step, direction: direction, outcome: result.outcome,
                instance: session.participant.description))
        want(.acknowledge(id, result.attempt, .taken))
    }

    /// Whether an attempt was given a slot, but is not released yet: nobody can say anything of it.
    private func isHeld(_ key: AttemptKey, of saga: SagaInstance) -> Bool {
        let task = saga.task(key.step, key.direction)
        guard task.token == key.token, case .inFlight(let flight) = task.place else {
            return false
        }
        return !flight.isHandedOut
    }

    /// Whether an attempt is its task's current one, and may be answered by this session.
    func isCurrent(
        _ key: AttemptKey, of saga: SagaInstance, for session: SessionInstance
    ) -> Bool {
        let task = saga.task(key.step, key.direction)
        guard task.token == key.token,
            saga.facts.definition.namespace == session.participant.namespace
        else { return false }
        return switch task.place {
        case .inFlight(let flight): flight.session === session && flight.isHandedOut
        case .fromEarlierLife: true
        case .queued: key.token.epoch < lastEpoch
        case .idle, .waiting: false
        }
    }

    /// An attempt has taken longer than its startToClose, or than a saga that goes back waits for
    /// it.
    mutating func attemptOverdue(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) {
        guard case .inFlight(let flight) = saga.task(step, direction).place,
            let token = saga.task(step, direction).token
        else { preconditionFailure("an attempt without a flight has a timer") }
        guard flight.isHandedOut else {
            waitForRelease(saga, step, direction, flight)
            return
        }
        if flight.session.isConnected, saga.steps[step.rawValue].knowledge != .awaited {
            let attempt = TaskAttempt(task: saga.facts.task(step, direction), token: token)
            want(.cancel(flight.session.id, attempt, .timedOut))
        }
        endAttempt(
            AttemptEnd(
                saga: saga, step: step, direction: direction, outcome: .unknown(.timedOut),
                instance: flight.session.participant.description, timerFired: true))
    }

    /// The journal has not made an attempt durable for as long as it may take: nobody has it yet,
    /// so its time begins anew.
    private mutating func waitForRelease(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction, _ flight: TaskPlace.Flight
    ) {
        let startToClose = saga.facts.definition.steps[step.rawValue].startToClose
        let timer = timers.set(.attemptOverdue(saga, step, direction), at: now + startToClose)
        saga.update(step, direction) { task in
            task.place = .inFlight(
                TaskPlace.Flight(
                    session: flight.session, timer: timer, at: now, isHandedOut: false))
        }
    }

    /// A task's wait is over: its next attempt is opened.
    mutating func waitOver(_ saga: SagaInstance, _ step: StepIndex, _ direction: Direction) {
        let number = saga.task(step, direction).attempts + 1
        unplace(saga, step, direction, timerFired: true)
        emit(
            .waitEnded(
                WaitEnded(
                    opened: Opened(step: step, direction: direction, number: number), at: now)),
            saga: saga)
    }

    /// Records how a current attempt ended, and what follows from it.
    mutating func endAttempt(_ end: AttemptEnd) {
        let task = end.saga.task(end.step, end.direction)
        precondition(task.token != nil, "an attempt that is not open cannot end")
        unplace(end.saga, end.step, end.direction, timerFired: end.timerFired)
        switch end.direction {
        case .compensation: endUndo(end)
        case .action:
            if end.saga.state == .compensating {
                endAwaited(end)
            } else {
                endAction(end)
            }
        }
        checkCauses(of: end.saga)
    }

    private mutating func endAction(_ end: AttemptEnd) {
        let step = end.saga.facts.definition.steps[end.step.rawValue]
        switch end.outcome {
        case .succeeded:
            let ready = end.saga.stepsReady(after: end.step).map {
                Opened(step: $0, direction: .action, number: 1)
            }
            record(end, next: .over(.succeeded), opened: ready)
            if end.saga.steps.allSatisfy(\.state.isForwardEnd) { finish(end.saga, .completed) }
        case .failed(let failure):
            let mayStillRun = end.saga.task(end.step, .action).endedUnknown
            record(end, next: .over(.failed))
            goBack(
                end.saga, BackReason(step: end.step, failure: failure),
                failed: mayStillRun ? .inDoubt : .nothing)
        case .refused:
            record(end, next: .over(.failed))
            goBack(
                end.saga,
                BackReason(step: end.step, failure: end.outcome.failure ?? .unexplained),
                failed: .inDoubt)
        case .retry, .unknown:
            repeatOrGiveUp(end, policy: step.retry) { engine, failure in
                engine.record(end, next: .over(.failed), failures: end.failuresCounted)
                engine.goBack(
                    end.saga, BackReason(step: end.step, failure: failure), failed: .inDoubt)
            }
        case .declined: recordAgain(end)
        }
    }

    private mutating func endUndo(_ end: AttemptEnd) {
        let step = end.saga.facts.definition.steps[end.step.rawValue]
        switch end.outcome {
        case .succeeded, .refused:
            // A compensation has no output that anybody could miss: what was refused had run.
            let way = end.saga.wayBack(assuming: [end.step: .nothingLeft])
            record(end, next: .over(.compensated), opened: undos(way.due, of: end.saga))
            if way.isOver { finish(end.saga, .compensated) }
        case .failed(let failure):
            record(end, next: .over(.compensationFailed))
            park(end.saga, at: end.step, failure)
        case .retry, .unknown:
            repeatOrGiveUp(end, policy: step.compensationRetry) { engine, failure in
                engine.record(end, next: .over(.compensationFailed), failures: end.failuresCounted)
                engine.park(end.saga, at: end.step, failure)
            }
        case .declined: recordAgain(end)
        }
    }

    /// An answer that a saga going back has waited for.
    private mutating func endAwaited(_ end: AttemptEnd) {
        let task = end.saga.task(end.step, .action)
        let isCompensated = end.saga.facts.definition.steps[end.step.rawValue].isCompensated
        var state = StepState.failed
        var knowledge: UndoKnowledge
        switch end.outcome {
        case .succeeded:
            state = .succeeded
            knowledge = .done
        case .failed: knowledge = task.endedUnknown ? .inDoubt : .nothing
        case .declined: knowledge = task.mayHaveRun ? .inDoubt : .nothing
        case .retry, .refused, .unknown: knowledge = .inDoubt
        }
        if !isCompensated { knowledge = .nothing }
        let standing: UndoStanding = knowledge == .nothing ? .nothingLeft : .toDo
        let way = end.saga.wayBack(assuming: [end.step: standing])
        record(
            end, next: .over(state), failures: task.failures, undo: knowledge,
            opened: undos(way.due, of: end.saga))
        if way.isOver { finish(end.saga, .compensated) }
    }

    /// Tries again by the policy, or gives up when its attempts are out or the code is not to be
    /// retried.
    private mutating func repeatOrGiveUp(
        _ end: AttemptEnd, policy: ResolvedRetry,
        giveUp: (inout Engine, Failure) -> Void
    ) {
        let failures = end.failuresCounted
        let failure = end.outcome.failure ?? .unexplained
        let isOut = policy.maxAttempts.map { failures >= $0 } ?? false
        var isFinal = false
        if case .retry = end.outcome, end.direction == .action {
            isFinal = policy.nonRetryableCodes.contains(failure.code)
        }
        if isOut || isFinal {
            giveUp(&self, failure)
            return
        }
        var pause = policy.backoff(failures: max(1, failures), draw: randomness.nextUnit())
        if case .retry(_, let after?) = end.outcome { pause = after }
        guard pause > .zero else {
            recordAgain(end, failures: failures)
            return
        }
        let wait = Wait(until: now + pause, duration: pause)
        record(end, next: .waits(wait), failures: failures)
        setWait(wait.until, end.saga, end.step, end.direction)
    }

    private mutating func recordAgain(_ end: AttemptEnd, failures: UInt32? = nil) {
        let number = end.saga.task(end.step, end.direction).attempts + 1
        record(end, next: .again(number), failures: failures)
    }

    mutating func record(
        _ end: AttemptEnd, next: TaskNext, failures: UInt32? = nil, undo: UndoKnowledge? = nil,
        opened: [Opened] = []
    ) {
        let task = end.saga.task(end.step, end.direction)
        guard let token = task.token else {
            preconditionFailure("an attempt that is not open cannot end")
        }
        emit(
            .attemptEnded(
                AttemptEnded(
                    step: end.step, direction: end.direction, token: token, outcome: end.outcome,
                    instance: end.instance, handedOutAt: task.handedOutAt, at: now,
                    failures: failures ?? task.failures, next: next, undo: undo, opened: opened)),
            saga: end.saga)
    }
}

extension AttemptEnd {
    /// The failures of the task, with this one.
    var failuresCounted: UInt32 {
        saga.task(step, direction).failures + 1
    }
}

extension Failure {
    /// Stands where an outcome says nothing; no outcome that ends here does.
    static let unexplained = Failure(code: "unknown", message: "")
}

extension SagaInstance {
    func handler(of step: StepIndex) -> HandlerRef {
        HandlerRef(
            namespace: facts.definition.namespace,
            handler: facts.definition.steps[step.rawValue].handler)
    }
}
