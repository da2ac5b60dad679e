internal import SagaModel

/// Attempts that are answered later, by whoever holds their token.
extension Engine {
    /// A participant will not answer an attempt itself: from now on it belongs to no session.
    mutating func deferAttempt(_ end: AttemptEnd, _ within: Duration?) {
        let (saga, step, direction) = (end.saga, end.step, end.direction)
        // A saga that goes back does not wait for somebody else's answer.
        if saga.steps[step.rawValue].knowledge == .awaited, direction == .action {
            endAttempt(end)
            return
        }
        let task = saga.task(step, direction)
        guard let token = task.token else {
            preconditionFailure("an attempt that is not open cannot be deferred")
        }
        // Without a time of its own only that for all attempts ends it, and an undo has none.
        let isLimited = direction == .action && saga.resolved(step).scheduleToClose != nil
        let time = within ?? (isLimited ? nil : saga.resolved(step).startToClose)
        unplace(saga, step, direction)
        let until = time.map { Wait(until: now + max($0, .zero), duration: max($0, .zero)) }
        emit(
            .taskDeferred(
                TaskDeferred(
                    step: step, direction: direction, token: token, instance: end.instance,
                    handedOutAt: task.handedOutAt, until: until, at: stamp)),
            saga: saga)
        setDeferral(until, saga, step, direction)
        startLimits(step, of: saga)
        proceed(saga)
        checkCauses(of: saga)
    }

    /// Places a deferred task, with the end of its time unless its saga stands still.
    mutating func setDeferral(
        _ until: Wait?, _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) {
        var timer: TimerID?
        if let until, !saga.isHalted {
            timer = timers.set(
                .limitOver(saga, .deferral(step, direction)), at: end(of: until))
        }
        saga.update(step, direction) { $0.place = .deferred(timer) }
        counts.deferred += 1
    }

    /// Takes the answer to a deferred attempt, also one that comes before the word that it is
    /// deferred.
    mutating func completeTask(_ call: CallID, _ request: CompleteRequest) {
        let attempt = request.attempt
        guard let saga = sagas[attempt.task.saga],
            saga.facts.definition.namespace == request.namespace,
            let step = saga.facts.definition.index(of: attempt.task.step)
        else {
            counts.resultsWithoutTask += 1
            refuse(
                call,
                Refusal(
                    .notFound, reason: "TASK_UNKNOWN",
                    "there is no task \(attempt.task.step) of saga \(attempt.task.saga)",
                    saga: attempt.task.saga))
            return
        }
        let direction = attempt.task.direction
        guard mayBeCompleted(saga.task(step, direction), attempt.token) else {
            counts.staleResults += 1
            refuse(
                call,
                Refusal(
                    .failedPrecondition, reason: "STALE",
                    "attempt \(attempt.token.number) of \(attempt.task.step) is not the current "
                        + "one of saga \(saga.displayName); nothing changed", saga: saga.facts.id))
            return
        }
        if let refusal = noRoom(for: .record) {
            refuse(call, refusal)
            return
        }
        if !PlantedBug.losesCompletions.isPlanted {
            endAttempt(
                AttemptEnd(
                    saga: saga, step: step, direction: direction, outcome: request.outcome,
                    instance: saga.task(step, direction).instance))
        }
        reply(call, .completed(saga.facts.id))
    }

    private func mayBeCompleted(_ task: TaskProgress, _ token: Token) -> Bool {
        guard task.token == token else { return false }
        return switch task.place {
        case .deferred, .fromEarlierLife: true
        case .inFlight(let flight): flight.isHandedOut
        case .queued, .held: token.epoch < lastEpoch
        case .idle, .waiting, .child: false
        }
    }
}
