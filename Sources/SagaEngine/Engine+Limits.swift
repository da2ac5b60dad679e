internal import SagaModel

/// Limits of time that belong to tasks and sagas, not to attempts.
extension Engine {
    /// When a limit of a step's action is over; nil if it has none or is not due.
    func limitWait(_ limit: TimeLimit, of saga: SagaInstance) -> Wait? {
        if let running = saga.restarted(limit) { return running }
        let duration: Duration?
        switch limit {
        case .saga: return timeoutWait(of: saga)
        case .deferral(let step, let direction):
            return saga.task(step, direction).extras?.deferral?.until
        case .scheduleToStart(let step): duration = saga.resolved(step).scheduleToStart
        case .scheduleToClose(let step): duration = saga.resolved(step).scheduleToClose
        }
        guard let duration, let due = limit.step.flatMap({ saga.task($0, .action).dueAt }) else {
            return nil
        }
        return Wait(until: due + duration, duration: duration)
    }

    /// When a saga's timeout is over; nil if it has none, or it is over already.
    func timeoutWait(of saga: SagaInstance) -> Wait? {
        guard saga.timedOutAt == nil else { return nil }
        if let running = saga.restarted(.saga) { return running }
        guard let timeout = saga.facts.definition.timeout, let began = saga.running?.at else {
            return nil
        }
        return Wait(until: began + timeout, duration: timeout)
    }

    /// The limits that a record begins, where its stamp is raised and so does not say when.
    func begunLimits(_ record: borrowing Record, of saga: SagaInstance?) -> [RunningLimit] {
        guard let saga, !saga.state.isEnded else { return [] }
        var begun: [RunningLimit] = []
        func begin(_ limit: TimeLimit, _ duration: Duration?) {
            guard let duration else { return }
            begun.append(RunningLimit(limit, Wait(until: now + duration, duration: duration)))
        }
        let opened: [Opened]
        var countsAnew = false
        switch record {
        case .sagaStarted(let started):
            if started.startAt == nil { begin(.saga, saga.facts.definition.timeout) }
            opened = started.opened
        case .sagaBegan(let began):
            begin(.saga, saga.facts.definition.timeout)
            opened = began.opened
        case .attemptEnded(let ended): opened = ended.opened
        case .waitEnded(let ended): opened = [ended.opened]
        case .stepsMoved(let moved): opened = moved.opened
        case .sagaUnparked(let unparked):
            opened = unparked.opened
            countsAnew = true
        case .lifeBegan, .definitionRegistered, .keyTaken, .cancelAsked, .wentBack, .sagaParked,
            .sagaEnded, .sessionAttached, .sessionEnded, .taskDeferred, .sagaSuspended,
            .sagaResumed, .verbGiven, .stepSettled, .sagaTimedOut, .attentionChanged, .limitsSet,
            .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            return []
        }
        for item in opened where item.direction == .action && (countsAnew || item.number == 1) {
            begin(.scheduleToStart(item.step), saga.resolved(item.step).scheduleToStart)
            begin(.scheduleToClose(item.step), saga.resolved(item.step).scheduleToClose)
        }
        return begun
    }

    /// A wait's end as this life sees it: never later than its whole length from now.
    func end(of wait: Wait) -> Instant {
        now + min(max(wait.until - now, .zero), wait.duration)
    }

    /// Sets the timer of a running saga's timeout.
    mutating func setTimeout(of saga: SagaInstance) {
        guard saga.facts.definition.timeout != nil, saga.state == .running, !saga.isHalted,
            saga.timer == nil, let wait = timeoutWait(of: saga)
        else { return }
        saga.timer = timers.set(.sagaTimeout(saga), at: end(of: wait))
    }

    mutating func removeTimer(of saga: SagaInstance) {
        guard let timer = saga.timer else { return }
        timers.remove(timer)
        saga.timer = nil
    }

    /// The timeout of a saga is over: it acts as a cancel.
    mutating func sagaTimeout(_ saga: SagaInstance) {
        saga.timer = nil
        emit(.sagaTimedOut(SagaTimedOut(at: stamp)), saga: saga)
        proceed(saga)
        checkCauses(of: saga)
    }

    /// Sets the timers of a step's limits, as far as they are not set and the step is current.
    mutating func startLimits(_ step: StepIndex, of saga: SagaInstance) {
        let resolved = saga.resolved(step)
        let task = saga.task(step, .action)
        guard resolved.hasScheduleLimits, task.isCurrent, saga.state == .running, !saga.isHalted
        else { return }
        if resolved.scheduleToStart != nil, task.extras?.startTimer == nil,
            !mayHaveRun(task), task.handedOutAt == nil,
            let wait = limitWait(.scheduleToStart(step), of: saga)
        {
            let timer = timers.set(.limitOver(saga, .scheduleToStart(step)), at: end(of: wait))
            saga.update(step, .action) { $0.updateExtras { $0.startTimer = timer } }
        }
        if task.extras?.closeTimer == nil,
            let wait = limitWait(.scheduleToClose(step), of: saga)
        {
            let timer = timers.set(.limitOver(saga, .scheduleToClose(step)), at: end(of: wait))
            saga.update(step, .action) { $0.updateExtras { $0.closeTimer = timer } }
        }
    }

    /// Takes out the timers of a step's limits.
    mutating func stopLimits(_ step: StepIndex, of saga: SagaInstance) {
        guard let extras = saga.task(step, .action).extras else { return }
        if let timer = extras.closeTimer {
            timers.remove(timer)
            saga.update(step, .action) { $0.updateExtras { $0.closeTimer = nil } }
        }
        stopStartLimit(step, of: saga)
    }

    /// A step is handed out: how long it waited for that does not count any more.
    mutating func stopStartLimit(_ step: StepIndex, of saga: SagaInstance) {
        guard let timer = saga.task(step, .action).extras?.startTimer else { return }
        timers.remove(timer)
        saga.update(step, .action) { $0.updateExtras { $0.startTimer = nil } }
    }

    /// A step's time from due to handed out, or for all its attempts, is over.
    mutating func limitOver(_ saga: SagaInstance, _ limit: TimeLimit) {
        switch limit {
        case .saga: sagaTimeout(saga)
        case .deferral(let step, let direction):
            endAttempt(
                AttemptEnd(
                    saga: saga, step: step, direction: direction,
                    outcome: .unknown(.deferralOver), instance: saga.task(step, direction).instance,
                    timerFired: true))
        case .scheduleToStart(let step):
            saga.update(step, .action) { $0.updateExtras { $0.startTimer = nil } }
            failStep(step, of: saga, .scheduleToStart)
        case .scheduleToClose(let step):
            saga.update(step, .action) { $0.updateExtras { $0.closeTimer = nil } }
            closeStep(step, of: saga)
        }
    }

    /// The time for all attempts of a step is over: an attempt in flight ends unknown, a child is
    /// cancelled, all else just fails.
    private mutating func closeStep(_ step: StepIndex, of saga: SagaInstance) {
        let task = saga.task(step, .action)
        switch task.place {
        case .child(let start): cancelChild(at: start)
        case .inFlight(let flight) where flight.isHandedOut:
            if flight.session.isConnected, let token = task.token {
                let attempt = TaskAttempt(task: saga.facts.task(step, .action), token: token)
                want(.cancel(flight.session.id, attempt, .timedOut))
            }
            endForGood(step, of: saga, by: flight.session.name)
        case .deferred, .fromEarlierLife: endForGood(step, of: saga, by: task.instance)
        case .queued where mayHaveRun(task) && !task.mayHaveRun:
            endForGood(step, of: saga, by: task.instance)
        case .idle: preconditionFailure("a task without a place has a limit")
        case .waiting, .queued, .held, .inFlight: failStep(step, of: saga, .scheduleToClose)
        }
    }

    private mutating func endForGood(
        _ step: StepIndex, of saga: SagaInstance, by instance: String
    ) {
        endAttempt(
            AttemptEnd(
                saga: saga, step: step, direction: .action, outcome: .unknown(.scheduleToClose),
                instance: instance, isFinal: true))
    }

    /// A step fails that has no attempt in flight.
    private mutating func failStep(_ step: StepIndex, of saga: SagaInstance, _ failure: Failure) {
        let task = saga.task(step, .action)
        let knowledge: UndoKnowledge = mayHaveRun(task) ? .inDoubt : .nothing
        takeAway(step, .action, of: saga, because: .timedOut)
        emit(
            .stepsMoved(
                StepsMoved(
                    moves: [StepMove(step, .failed(failure, undo: knowledge))], opened: [],
                    at: stamp)),
            saga: saga)
        proceed(saga, after: step)
        checkCauses(of: saga)
    }
}

extension Failure {
    fileprivate static let scheduleToStart = Failure(
        code: "schedule-to-start", message: "Nobody took the step within scheduleToStart")
    fileprivate static let scheduleToClose = Failure(
        code: "schedule-to-close", message: "The time for all attempts, scheduleToClose, is over")
}
