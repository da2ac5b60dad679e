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
    /// Whether nothing is tried again, whatever the policy says.
    var isFinal = false
    /// The newest progress that it gave.
    var progress: Payload?

    /// Whether the handler returned.
    var isSuccess: Bool { if case .succeeded = outcome { true } else { false } }
}

extension Engine {
    /// Takes a participant's answer, if the attempt it is for is the current one and was given to
    /// that participant.
    mutating func result(_ id: SessionID, _ result: consuming TaskResult) {
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
        let givesBack =
            !PlantedBug.keepsSlots.isPlanted || isCurrent(key, of: saga, for: session)
        if givesBack, !isHeld(key, of: saga), session.release(key) { markDirty(session) }
        guard isCurrent(key, of: saga, for: session) else {
            counts.staleResults += 1
            want(.acknowledge(id, result.attempt, .stale))
            return
        }
        if case .declined(let reason) = result.outcome {
            close(saga.handler(of: step), at: session, for: reason)
        }
        let end = AttemptEnd(
            saga: saga, step: step, direction: direction, outcome: result.outcome,
            instance: session.name)
        if case .deferred(let within) = result.outcome {
            deferAttempt(end, within)
        } else {
            endAttempt(consume end)
        }
        want(.acknowledge(id, result.attempt, .taken))
    }

    /// Whether an attempt was given a slot, but is not released yet: nobody can say anything of it.
    func isHeld(_ key: AttemptKey, of saga: SagaInstance) -> Bool {
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
        guard
            task.token == key.token
                || (PlantedBug.acceptsStaleResults.isPlanted && task.token != nil),
            saga.facts.definition.namespace == session.participant.namespace
        else { return false }
        return switch task.place {
        case .inFlight(let flight): flight.session === session && flight.isHandedOut
        case .fromEarlierLife: true
        case .queued, .held: key.token.epoch < lastEpoch
        case .idle, .waiting, .deferred, .child: false
        }
    }

    /// A task's wait is over: its next attempt is opened, unless its saga stands still.
    mutating func waitOver(_ saga: SagaInstance, _ step: StepIndex, _ direction: Direction) {
        unplace(saga, step, direction, timerFired: true)
        if saga.isHalted {
            hold(saga, step, direction)
        } else {
            endWait(saga, step, direction)
        }
    }

    /// Opens the attempt that a task without a place has waited for.
    mutating func endWait(_ saga: SagaInstance, _ step: StepIndex, _ direction: Direction) {
        emit(
            .waitEnded(
                WaitEnded(opened: nextAttempt(of: step, direction, in: saga), at: stamp)),
            saga: saga)
    }

    /// Whether a task may be tried once more: the number of its attempts has a limit.
    func mayOpenAnother(
        _ step: StepIndex, _ direction: Direction, in saga: SagaInstance
    ) -> Bool {
        saga.task(step, direction).attempts < limits.attempts
    }

    /// The attempt that follows those that a task had; for a child saga under an id of its own.
    mutating func nextAttempt(
        of step: StepIndex, _ direction: Direction, in saga: SagaInstance
    ) -> Opened {
        let number = saga.nextNumber(of: step, direction)
        guard direction == .action, saga.resolved(step).child != nil else {
            return Opened(step: step, direction: direction, number: number)
        }
        return Opened(step: step, direction: direction, number: number, child: drawChild())
    }

    /// Records how a current attempt ended, and what follows from it.
    mutating func endAttempt(_ end: consuming AttemptEnd) {
        let task = end.saga.own(end.step, end.direction)
        precondition(task.token != nil, "an attempt that is not open cannot end")
        if case .inFlight(let flight) = task.place, let sign = flight.sign {
            // The progress that an attempt gave is recorded with its end.
            end.progress = sign.progress
        }
        unplace(end.saga, end.step, end.direction, timerFired: end.timerFired)
        switch end.direction {
        case .compensation: endUndo(end)
        case .action:
            if end.saga.steps[end.step.rawValue].knowledge == .awaited {
                endAwaited(end)
            } else {
                endAction(end)
            }
        }
        checkCauses(of: end.saga)
    }

    private mutating func endAction(_ end: borrowing AttemptEnd) {
        if end.isSuccess, passPlainly(end) { return }
        let step = end.saga.resolved(end.step)
        switch end.outcome {
        case .succeeded:
            record(end, next: .over(.succeeded))
            if PlantedBug.losesWakeUps.isPlanted { return }
        case .failed:
            let mayStillRun =
                end.saga.task(end.step, .action).endedUnknown && step.place != .pivot
                && !PlantedBug.believesLateNo.isPlanted
            record(end, next: .over(.failed), undo: mayStillRun ? .inDoubt : .nothing)
        case .refused: record(end, next: .over(.failed), undo: .inDoubt)
        case .retry, .unknown:
            repeatOrGiveUp(end, policy: step.retry) { engine, _ in
                engine.record(
                    end, next: .over(.failed), failures: end.failuresCounted, undo: .inDoubt)
            }
        case .notYet, .hold, .declined, .deferred: recordWithoutCost(end)
        }
        proceed(end.saga, after: end.step)
    }

    /// The plain way forward, in one record: a step is done, and what waits for it begins at once.
    private mutating func passPlainly(_ end: borrowing AttemptEnd) -> Bool {
        let saga = end.saga
        guard !saga.isHalted, !saga.hasParticulars else { return false }
        // Most often all that wait for it are ready: their first attempts are at hand.
        var opened = saga.resolved(end.step).dependantAttempts
        for place in opened.indices.reversed() {
            let step = opened[place].step
            if !saga.isReady(step, after: end.step) {
                opened.remove(at: place)
            } else if !saga.resolved(step).isPlain {
                return false
            }
        }
        record(end, next: .over(.succeeded), opened: opened)
        if opened.isEmpty { finishIfDone(saga) }
        return true
    }

    private mutating func endUndo(_ end: AttemptEnd) {
        let step = end.saga.resolved(end.step)
        switch end.outcome {
        case .succeeded where PlantedBug.undoesTwice.isPlanted && isFirstUndo(end):
            record(end, next: .again(2))
        case .succeeded, .refused:
            // A compensation has no output that anybody could miss: what was refused had run.
            if end.saga.state == .compensating, !end.saga.isHalted {
                let due = end.saga.undosDue(assuming: (end.step, .nothingLeft))
                record(end, next: .over(.compensated), opened: undos(due, of: end.saga))
            } else {
                record(end, next: .over(.compensated))
            }
        case .failed: record(end, next: .over(.compensationFailed))
        case .retry, .unknown:
            repeatOrGiveUp(end, policy: step.compensationRetry) { engine, _ in
                engine.record(end, next: .over(.compensationFailed), failures: end.failuresCounted)
            }
        case .notYet, .hold, .declined, .deferred: recordWithoutCost(end)
        }
        proceed(end.saga, after: end.step)
    }

    private func isFirstUndo(_ end: AttemptEnd) -> Bool {
        end.saga.task(end.step, .compensation).attempts == 1
    }

    /// An answer that a saga going back has waited for.
    private mutating func endAwaited(_ end: AttemptEnd) {
        let task = end.saga.task(end.step, .action)
        let isCompensated = end.saga.resolved(end.step).isCompensated
        var state = StepState.failed
        var knowledge: UndoKnowledge
        switch end.outcome {
        case .succeeded:
            state = .succeeded
            knowledge = PlantedBug.forgetsLateAnswers.isPlanted ? .nothing : .done
        case .failed: knowledge = task.endedUnknown ? .inDoubt : .nothing
        case .declined: knowledge = task.mayHaveRun ? .inDoubt : .nothing
        case .retry, .refused, .unknown, .notYet, .deferred, .hold: knowledge = .inDoubt
        }
        if !isCompensated { knowledge = .nothing }
        let standing: UndoStanding = knowledge == .nothing ? .nothingLeft : .toDo
        let due = end.saga.isHalted ? [] : end.saga.undosDue(assuming: (end.step, standing))
        record(
            end, next: .over(state), failures: task.failures, undo: knowledge,
            opened: undos(due, of: end.saga))
        proceed(end.saga)
    }

    /// Tries again by the policy, or gives up when its attempts are out or the code is not to be
    /// retried.
    private mutating func repeatOrGiveUp(
        _ end: AttemptEnd, policy: ResolvedRetry,
        giveUp: (inout Engine, Failure) -> Void
    ) {
        let failures = end.failuresCounted
        let failure = end.outcome.failure ?? .unexplained
        let limit = PlantedBug.ignoresMaxAttempts.isPlanted ? nil : policy.maxAttempts
        let isOut =
            limit.map { failures >= $0 } ?? false
            || !mayOpenAnother(end.step, end.direction, in: end.saga)
        var isFinal = end.isFinal
        if case .retry = end.outcome, end.direction == .action {
            isFinal = isFinal || policy.nonRetryableCodes.contains(failure.code)
        }
        if isOut || isFinal {
            giveUp(&self, failure)
            return
        }
        var pause = policy.backoff(failures: max(1, failures), draw: randomness.nextUnit())
        if case .retry(_, let after?) = end.outcome { pause = min(after, limits.longestPause) }
        recordPause(end, pause, .backoff, failures: failures)
    }

    /// An attempt ended without anything wrong: another follows, without cost.
    private mutating func recordWithoutCost(_ end: AttemptEnd) {
        guard mayOpenAnother(end.step, end.direction, in: end.saga) else {
            switch end.direction {
            case .action: record(end.withoutAnother, next: .over(.failed), undo: .inDoubt)
            case .compensation: record(end.withoutAnother, next: .over(.compensationFailed))
            }
            return
        }
        switch end.outcome {
        case .notYet(let after): recordPause(end, min(after, limits.longestPause), .notYet)
        case .hold(let reason):
            recordPause(end, .zero, .hold)
            suspend(end.saga, by: nil, step: end.step, reason: reason)
        case .declined: recordPause(end, .zero, .backoff)
        case .succeeded, .failed, .retry, .deferred, .refused, .unknown:
            preconditionFailure("\(end.outcome) ends a task or counts")
        }
    }

    /// Another attempt follows after a pause; of a saga that stands still, when it goes on.
    private mutating func recordPause(
        _ end: AttemptEnd, _ pause: Duration, _ reason: WaitReason, failures: UInt32? = nil
    ) {
        let (saga, step, direction) = (end.saga, end.step, end.direction)
        let pause = max(pause, .zero)
        guard pause > .zero || saga.isHalted || reason == .hold else {
            let number = saga.nextNumber(of: step, direction)
            record(end, next: .again(number), failures: failures)
            return
        }
        let wait = Wait(until: now + pause, duration: pause, reason: reason)
        record(end, next: .waits(wait), failures: failures)
        if pause > .zero {
            setWait(wait.until, saga, step, direction)
        } else {
            hold(saga, step, direction)
        }
    }

    mutating func record(
        _ end: AttemptEnd, next: TaskNext, failures: UInt32? = nil, undo: UndoKnowledge? = nil,
        opened: [Opened] = []
    ) {
        let task = end.saga.own(end.step, end.direction)
        guard let token = task.token else {
            preconditionFailure("an attempt that is not open cannot end")
        }
        countEnd(of: end, next: next, handedOutAt: task.handedOutAt)
        emit(
            .attemptEnded(
                AttemptEnded(
                    step: end.step, direction: end.direction, token: token, outcome: end.outcome,
                    instance: end.instance, handedOutAt: task.handedOutAt, at: stamp,
                    failures: failures ?? task.failures, next: next, undo: undo, opened: opened,
                    progress: end.progress)),
            saga: end.saga)
    }
}

extension AttemptEnd {
    /// The failures of the task, with this one; the largest number if there are more.
    var failuresCounted: UInt32 {
        let failures = saga.task(step, direction).failures
        return failures == .max ? failures : failures + 1
    }

    /// The same where no attempt can follow: as one that is retried, and was the last.
    var withoutAnother: AttemptEnd {
        AttemptEnd(
            saga: saga, step: step, direction: direction,
            outcome: .retry(.attemptsOut, after: nil), instance: instance,
            timerFired: timerFired, progress: progress)
    }
}

extension Failure {
    /// Stands where an outcome says nothing; no outcome that ends here does.
    static let unexplained = Failure(code: "unknown", message: "")

    /// More attempts of a task than can be numbered.
    fileprivate static let attemptsOut = Failure(
        code: "attempts-out", message: "As many attempts were opened as there may be of one task")
}

extension SagaInstance {
    /// The number of the attempt that follows those that a task had.
    func nextNumber(of step: StepIndex, _ direction: Direction) -> UInt32 {
        let attempts = task(step, direction).attempts
        precondition(attempts < .max, "step \(step.rawValue) has no attempt left")
        return attempts + 1
    }

    func handler(of step: StepIndex) -> HandlerRef {
        HandlerRef(
            namespace: facts.definition.namespace,
            handler: facts.definition.steps[step.rawValue].handler)
    }
}
