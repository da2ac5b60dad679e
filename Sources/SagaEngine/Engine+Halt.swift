internal import SagaModel

/// Sagas that stand still: suspended by a verb or a handler's hold, or parked.
///
/// Attempts in flight and waits run on; nothing new is opened or handed out, and limits of time
/// stand still.
extension Engine {
    /// Suspends a saga that does not stand still already.
    mutating func suspend(
        _ saga: SagaInstance, by principal: Principal?, step: StepIndex?, reason: String
    ) {
        guard !saga.isHalted, !saga.state.isEnded else { return }
        emit(
            .sagaSuspended(
                SagaSuspended(
                    by: principal, step: step, reason: reason, stopped: remainders(of: saga),
                    at: stamp)),
            saga: saga)
        halt(saga)
        for child in liveChildren(of: saga) {
            suspend(child, by: principal, step: nil, reason: reason)
        }
    }

    /// Lifts a suspension.
    mutating func resume(_ saga: SagaInstance) {
        emit(
            .sagaResumed(
                SagaResumed(limits: restarted(saga.particulars.stopped, of: saga), at: stamp)),
            saga: saga)
        goOn(saga)
        for child in liveChildren(of: saga) where child.isSuspended { resume(child) }
        proceed(saga)
        checkCauses(of: saga)
    }

    /// Parks a saga: it waits for an operator.
    mutating func park(
        _ saga: SagaInstance, at step: StepIndex, _ direction: Direction, _ reason: ParkingReason
    ) {
        let failure = saga.task(step, direction).shownFailure
        emit(
            .sagaParked(
                SagaParked(
                    step: step, direction: direction, reason: reason, failure: failure,
                    stopped: remainders(of: saga), at: stamp)),
            saga: saga)
        halt(saga)
        answerWaiters(of: saga)
    }

    /// Lets a parked saga go on.
    ///
    /// - Parameter opened: tasks that are tried anew.
    mutating func unpark(_ saga: SagaInstance, to state: SagaState, opened: [Opened]) {
        emit(
            .sagaUnparked(
                SagaUnparked(
                    state: state, opened: opened,
                    limits: restarted(saga.particulars.stopped, of: saga), at: stamp)),
            saga: saga)
        goOn(saga)
    }

    /// What is left of the limits of time that run.
    private func remainders(of saga: SagaInstance) -> [StoppedLimit] {
        var stopped: [StoppedLimit] = []
        func add(_ limit: TimeLimit, _ wait: Wait?) {
            guard let wait else { return }
            let left = min(max(wait.until - now, .zero), wait.duration)
            stopped.append(StoppedLimit(limit, left: left))
        }
        if saga.state == .running { add(.saga, timeoutWait(of: saga)) }
        for step in saga.stepIndices {
            let progress = saga.steps[step.rawValue]
            if progress.action.isCurrent, progress.knowledge != .awaited {
                if progress.action.extras?.startTimer != nil {
                    add(.scheduleToStart(step), limitWait(.scheduleToStart(step), of: saga))
                }
                add(.scheduleToClose(step), limitWait(.scheduleToClose(step), of: saga))
            }
            for direction in [Direction.action, .compensation] {
                let until = saga.task(step, direction).extras?.deferral?.until
                add(.deferral(step, direction), until)
            }
        }
        return stopped
    }

    /// The limits that run again, of tasks that are still current.
    private func restarted(_ stopped: [StoppedLimit], of saga: SagaInstance) -> [RunningLimit] {
        stopped.compactMap { item in
            switch item.limit {
            case .saga: break
            case .scheduleToStart(let step), .scheduleToClose(let step):
                guard saga.steps[step.rawValue].action.isCurrent else { return nil }
            case .deferral(let step, let direction):
                guard saga.task(step, direction).isDeferred else { return nil }
            }
            return RunningLimit(
                item.limit, Wait(until: now + item.left, duration: item.left))
        }
    }

    /// Takes the tasks of a saga from their queues, and stops its limits of time.
    private mutating func halt(_ saga: SagaInstance) {
        removeTimer(of: saga)
        for step in saga.stepIndices {
            stopLimits(step, of: saga)
            for direction in [Direction.action, .compensation] {
                let task = saga.task(step, direction)
                switch task.place {
                case .idle, .waiting, .fromEarlierLife, .held, .child: break
                case .queued where PlantedBug.dispatchesWhileSuspended.isPlanted: break
                case .queued:
                    unplace(saga, step, direction)
                    hold(saga, step, direction)
                case .inFlight(let flight):
                    guard !flight.isHandedOut else { continue }
                    takeAway(step, direction, of: saga, because: .stale)
                    hold(saga, step, direction)
                case .deferred(let timer):
                    if let timer { timers.remove(timer) }
                    saga.update(step, direction) { $0.place = .deferred(nil) }
                }
            }
        }
    }

    /// Places the tasks of a saga anew, and lets its limits of time run.
    private mutating func goOn(_ saga: SagaInstance) {
        setTimeout(of: saga)
        if !PlantedBug.forgetsStartAfterResume.isPlanted { setStart(of: saga) }
        for step in saga.stepIndices {
            for direction in [Direction.action, .compensation] {
                let task = saga.task(step, direction)
                switch task.place {
                case .idle, .waiting, .queued, .inFlight, .fromEarlierLife, .child: break
                case .held:
                    unplace(saga, step, direction)
                    if task.token != nil {
                        enqueue(saga, step, direction)
                    } else {
                        endWait(saga, step, direction)
                    }
                case .deferred:
                    let until = task.extras?.deferral?.until
                    saga.update(step, direction) { $0.place = .idle }
                    counts.deferred -= 1
                    setDeferral(until, saga, step, direction)
                }
            }
            startLimits(step, of: saga)
        }
    }
}
