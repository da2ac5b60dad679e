internal import SagaModel

extension Engine {
    /// Cancels a saga: it goes back, unless it is on its way back already.
    mutating func cancel(_ call: CallID, _ request: CancelRequest) {
        guard let saga = find(call, request.saga) else { return }
        let name = saga.displayName
        switch saga.state {
        case .completed, .compensated, .abandoned:
            refuse(
                call,
                Refusal(
                    .failedPrecondition, reason: "SAGA_ENDED",
                    "saga \(name) has ended: \(saga.state.label)", saga: saga.facts.id))
        case .failed:
            refuse(
                call,
                Refusal(
                    .failedPrecondition, reason: "PARKED",
                    "saga \(name) is parked and waits for an operator", saga: saga.facts.id))
        case .compensating:
            recordCancel(request, of: saga)
            reply(call, .cancelled(saga.facts.id, .compensating, hadEffect: false))
        case .pending, .running:
            recordCancel(request, of: saga)
            let message = request.reason.isEmpty ? "Cancelled" : request.reason
            goBack(
                saga,
                BackReason(step: nil, failure: Failure(code: "cancelled", message: message)),
                failed: .nothing)
            checkCauses(of: saga)
            reply(call, .cancelled(saga.facts.id, saga.state, hadEffect: true))
        }
    }

    private mutating func recordCancel(_ request: CancelRequest, of saga: SagaInstance) {
        emit(
            .cancelAsked(
                CancelAsked(principal: request.principal, reason: request.reason, at: now)),
            saga: saga)
    }

    /// Decides to go back, with everything that is to be undone.
    ///
    /// - Parameters:
    ///   - saga: a running saga.
    ///   - reason: why.
    ///   - failed: what is known of the step that failed, if one did.
    mutating func goBack(_ saga: SagaInstance, _ reason: BackReason, failed: UndoKnowledge) {
        var steps: [StepToUndo] = []
        var withdrawn: [StepIndex] = []
        for step in saga.stepIndices {
            var knowledge = step == reason.step ? failed : knowledge(of: step, in: saga)
            let isCurrent = saga.steps[step.rawValue].action.isCurrent
            if knowledge == nil, isCurrent { withdrawn.append(step) }
            let isCompensated = saga.facts.definition.steps[step.rawValue].isCompensated
            if !isCompensated, knowledge != .awaited {
                knowledge = isCurrent && knowledge != nil ? .nothing : nil
            }
            if let knowledge { steps.append(StepToUndo(step: step, knowledge: knowledge)) }
        }
        for item in steps where item.knowledge == .awaited { stopWaiting(for: item.step, in: saga) }
        for step in steps.filter({ $0.knowledge != .awaited }).map(\.step) + withdrawn
        where saga.steps[step.rawValue].action.isCurrent {
            takeBack(step, of: saga)
            unplace(saga, step, .action)
        }
        let assumed = steps.map { item -> (StepIndex, UndoStanding) in
            switch item.knowledge {
            case .nothing: (item.step, .nothingLeft)
            case .done, .inDoubt: (item.step, .toDo)
            case .awaited: (item.step, .underWay)
            }
        }
        let way = saga.wayBack(
            assuming: Dictionary(assumed, uniquingKeysWith: { first, _ in first }))
        emit(
            .wentBack(
                WentBack(
                    reason: reason, steps: steps, withdrawn: withdrawn,
                    opened: undos(way.due, of: saga), at: now)),
            saga: saga)
        if way.isOver { finish(saga, .compensated) }
    }

    /// What is known of a step that did not itself fail; nil if it never ran.
    private func knowledge(of step: StepIndex, in saga: SagaInstance) -> UndoKnowledge? {
        let progress = saga.steps[step.rawValue]
        switch progress.state {
        case .succeeded: return .done
        case .failed: return .inDoubt
        case .pending, .skipped, .compensating, .compensated, .compensationFailed: return nil
        case .scheduled, .running: break
        }
        return switch progress.action.place {
        case .inFlight(let flight) where flight.isHandedOut: .awaited
        case .fromEarlierLife: .awaited
        case .idle, .waiting, .inFlight: progress.action.mayHaveRun ? .inDoubt : nil
        case .queued:
            // An attempt of an earlier life counts as handed out.
            progress.action.mayHaveRun
                || progress.action.token.map { $0.epoch < lastEpoch } ?? false
                ? .inDoubt : nil
        }
    }

    /// Gives back the slot of a dispatch that is still held: it will not be released.
    private mutating func takeBack(_ step: StepIndex, of saga: SagaInstance) {
        let task = saga.task(step, .action)
        guard case .inFlight(let flight) = task.place, let token = task.token else { return }
        let key = AttemptKey(
            saga: saga.facts.start, step: step, direction: .action, token: token)
        if flight.session.release(key) { markDirty(flight.session) }
    }

    /// Tells the participant to stop, and waits no longer for its answer than the cancel grace.
    private mutating func stopWaiting(for step: StepIndex, in saga: SagaInstance) {
        let task = saga.task(step, .action)
        guard case .inFlight(let flight) = task.place, let token = task.token else { return }
        if flight.session.isConnected {
            want(
                .cancel(
                    flight.session.id,
                    TaskAttempt(task: saga.facts.task(step, .action), token: token), .goingBack))
        }
        timers.remove(flight.timer)
        let startToClose = saga.facts.definition.steps[step.rawValue].startToClose
        let deadline = min(flight.at + startToClose, now + limits.cancelGrace)
        let timer = timers.set(.attemptOverdue(saga, step, .action), at: deadline)
        saga.update(step, .action) { task in
            task.place = .inFlight(
                TaskPlace.Flight(
                    session: flight.session, timer: timer, at: flight.at,
                    isHandedOut: flight.isHandedOut))
        }
    }

    func undos(_ steps: [StepIndex], of saga: SagaInstance) -> [Opened] {
        steps.map {
            Opened(
                step: $0, direction: .compensation,
                number: saga.task($0, .compensation).attempts + 1)
        }
    }

    /// Parks a saga: an undo has failed for good.
    mutating func park(_ saga: SagaInstance, at step: StepIndex, _ failure: Failure) {
        emit(.sagaParked(SagaParked(step: step, failure: failure, at: now)), saga: saga)
        want(
            .fact(
                .sagaParked(
                    saga.facts.id, step: saga.facts.definition.steps[step.rawValue].name,
                    code: failure.code)))
        answerWaiters(of: saga)
    }

    /// Ends a saga.
    mutating func finish(_ saga: SagaInstance, _ state: SagaState) {
        let retention =
            saga.facts.keyIsRandom
            ? DefinitionDefaults.randomKeyRetention : saga.facts.definition.keyRetention
        let output = state == .completed ? StepIndex(saga.steps.count - 1) : nil
        emit(
            .sagaEnded(
                SagaEnded(
                    state: state, outputOf: output,
                    keyUntil: saga.facts.keyHash.map { _ in now + retention }, at: now)),
            saga: saga)
        switch state {
        case .completed: counts.completed += 1
        case .compensated: counts.compensated += 1
        case .pending, .running, .compensating, .failed, .abandoned: break
        }
        answerWaiters(of: saga)
    }
}

extension SagaInstance {
    /// `order/ORD-1`, or the id of a saga without a key of its own.
    var displayName: String {
        facts.key.isEmpty || facts.keyIsRandom
            ? "\(facts.id)" : "\(facts.definition.name)/\(facts.key)"
    }
}
