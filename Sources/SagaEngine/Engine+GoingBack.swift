internal import SagaModel

/// The way back.
extension Engine {
    /// Decides to go back, with everything that is to be undone.
    ///
    /// - Parameters:
    ///   - saga: a running saga, or a completed child.
    ///   - reason: why.
    mutating func goBack(_ saga: SagaInstance, _ reason: BackReason) {
        let plan = planBack(of: saga)
        for item in plan.steps where item.knowledge == .awaited {
            stopWaiting(for: item.step, in: saga, because: reason)
        }
        for step in plan.steps.filter({ $0.knowledge != .awaited }).map(\.step) + plan.withdrawn
        where saga.steps[step.rawValue].action.isCurrent {
            takeAway(step, .action, of: saga, because: .goingBack)
        }
        removeTimer(of: saga)
        let assumed = plan.steps.map { item -> (StepIndex, UndoStanding) in
            let isUnderWay = saga.steps[item.step.rawValue].undo.isCurrent
            return switch item.knowledge {
            case .nothing: (item.step, .nothingLeft)
            case .done, .inDoubt: (item.step, isUnderWay ? .underWay : .toDo)
            case .awaited: (item.step, .underWay)
            }
        }
        let due = saga.undosDue(
            assuming: Dictionary(assumed, uniquingKeysWith: { first, _ in first }))
        emit(
            .wentBack(
                WentBack(
                    reason: reason, steps: plan.steps, withdrawn: plan.withdrawn,
                    opened: undos(due, of: saga), at: stamp)),
            saga: saga)
        continueBack(saga)
    }

    /// What there is to undo when a saga goes back now.
    private func planBack(
        of saga: SagaInstance
    ) -> (steps: [StepToUndo], withdrawn: [StepIndex]) {
        var steps: [StepToUndo] = []
        var withdrawn: [StepIndex] = []
        for step in saga.stepIndices {
            var knowledge = knowledge(of: step, in: saga)
            let isCurrent = saga.steps[step.rawValue].action.isCurrent
            if knowledge == nil, isCurrent { withdrawn.append(step) }
            if !saga.resolved(step).isCompensated, knowledge != .awaited {
                knowledge = isCurrent && knowledge != nil ? .nothing : nil
            }
            if let knowledge { steps.append(StepToUndo(step: step, knowledge: knowledge)) }
        }
        return (steps, withdrawn)
    }

    /// What is known of a step; nil if it never ran.
    func knowledge(of step: StepIndex, in saga: SagaInstance) -> UndoKnowledge? {
        let progress = saga.steps[step.rawValue]
        switch progress.state {
        case .succeeded: return .done
        case .failed: return progress.knowledge ?? .inDoubt
        case .skipped, .compensating, .compensationFailed: return progress.knowledge
        case .pending, .compensated: return nil
        case .scheduled, .running: break
        }
        // An operator has decided that a pivot which is left here did not happen.
        if saga.resolved(step).place == .pivot { return .nothing }
        let task = progress.action
        return switch task.place {
        case .inFlight(let flight)
        where flight.isHandedOut && !PlantedBug.awaitsNoAnswers.isPlanted: .awaited
        case .fromEarlierLife, .child: .awaited
        case .idle, .waiting, .inFlight, .queued, .held, .deferred:
            mayHaveRun(task) && !PlantedBug.forgetsDoubt.isPlanted ? .inDoubt : nil
        }
    }

    /// Takes a current task from whoever has it, before a record ends it: a dispatch that is still
    /// held will not be released, and whoever runs it is told to stop.
    mutating func takeAway(
        _ step: StepIndex, _ direction: Direction, of saga: SagaInstance,
        because cause: CancelCause
    ) {
        let task = saga.task(step, direction)
        if case .inFlight(let flight) = task.place, let token = task.token {
            let attempt = TaskAttempt(task: saga.facts.task(step, direction), token: token)
            let key = AttemptKey(
                saga: saga.facts.start, step: step, direction: direction, token: token)
            if !flight.isHandedOut {
                if flight.session.release(key) { markDirty(flight.session) }
            } else if flight.session.isConnected {
                want(.cancel(flight.session.id, attempt, cause))
            }
        }
        unplace(saga, step, direction)
    }

    /// Tells the participant to stop, and waits no longer for its answer than the cancel grace; a
    /// child saga is cancelled and awaited without one.
    private mutating func stopWaiting(
        for step: StepIndex, in saga: SagaInstance, because reason: BackReason
    ) {
        let task = saga.task(step, .action)
        if case .child(let start) = task.place {
            cancelChild(at: start)
            return
        }
        guard case .inFlight(var flight) = task.place, let token = task.token else { return }
        if flight.session.isConnected {
            want(
                .cancel(
                    flight.session.id,
                    TaskAttempt(task: saga.facts.task(step, .action), token: token),
                    reason.cancelCause))
        }
        let grace = now + limits.cancelGrace
        if grace < flight.deadline {
            flight.deadline = grace
            flight.isGrace = true
        }
        timers.remove(flight.timer)
        setFlight(flight, of: step, .action, in: saga)
    }

    /// Does what is next on the way back: more undos, the end, or a person.
    mutating func continueBack(_ saga: SagaInstance) {
        guard saga.state == .compensating, !saga.isHalted else { return }
        let due = saga.undosDue()
        let stops = saga.facts.definition.onCompensationFailure == .stop
        let isOver = saga.wayBack?.isOver ?? false
        if stops || isOver, let failed = saga.failedUndo {
            park(saga, at: failed, .compensation, .compensationFailed)
        } else if !due.isEmpty {
            emit(
                .stepsMoved(StepsMoved(moves: [], opened: undos(due, of: saga), at: stamp)),
                saga: saga)
        } else if isOver {
            finish(saga, .compensated)
        }
    }

    func undos(_ steps: [StepIndex], of saga: SagaInstance) -> [Opened] {
        steps.map {
            Opened(
                step: $0, direction: .compensation,
                number: saga.nextNumber(of: $0, .compensation))
        }
    }

    /// Ends a saga.
    mutating func finish(
        _ saga: SagaInstance, _ state: SagaState, left: [StepToUndo] = []
    ) {
        let retention =
            saga.facts.keyIsRandom
            ? DefinitionDefaults.randomKeyRetention : saga.facts.definition.keyRetention
        let last = StepIndex(saga.steps.count - 1)
        var output: Payload?
        var outputOf: StepIndex?
        if state == .completed {
            if let source = saga.facts.definition.output {
                output = SagaData(saga: saga, limit: limits.outputLimitBytes).output(source)
            } else {
                outputOf = saga.steps[last.rawValue].output == nil ? nil : last
            }
        }
        removeTimer(of: saga)
        clearAttention(of: saga)
        emit(
            .sagaEnded(
                SagaEnded(
                    state: state, outputOf: outputOf, output: output, left: left,
                    keyUntil: saga.facts.keyHash.map { _ in
                        PlantedBug.freesKeysEarly.isPlanted ? now : now + retention
                    }, at: stamp)),
            saga: saga)
        countEnd(of: saga)
        switch state {
        case .completed: counts.completed += 1
        case .compensated: counts.compensated += 1
        case .pending, .running, .compensating, .failed, .abandoned: break
        }
        answerWaiters(of: saga)
        childEnded(saga)
    }
}

extension BackReason {
    /// What a handler is told whose attempt need not go on.
    fileprivate var cancelCause: CancelCause {
        guard step == nil else { return .goingBack }
        return switch failure.code {
        case "cancelled": .sagaCancelled
        case "timeout": .sagaTimedOut
        default: .goingBack  // open set: other codes
        }
    }
}

extension SagaInstance {
    /// `order/ORD-1`, or the id of a saga without a key of its own.
    var displayName: String {
        facts.key.isEmpty || facts.keyIsRandom
            ? "\(facts.id)" : "\(facts.definition.name)/\(facts.key)"
    }
}
