internal import SagaModel

/// What people tell sagas to do; each verb is recorded with its principal and reason before what
/// follows from it.
extension Engine {
    mutating func verb(_ call: CallID, _ request: VerbRequest) {
        guard let saga = find(call, request.saga) else { return }
        if let refusal = noRoom(for: .record) {
            refuse(call, refusal)
            return
        }
        let wanted: GivenVerb
        switch given(request, saga) {
        case .success(let verb): wanted = verb
        case .failure(let refusal):
            refuse(call, refusal)
            return
        }
        if saga.isQuarantined, !saga.state.isEnded {
            guard request.verb == .abandon else {
                refuse(call, .quarantined(saga))
                return
            }
            emitVerb(wanted)
            abandonAside(saga)
            reply(call, .verbDone(answer(to: wanted)))
            return
        }
        switch VerbRule.rule(request.verb, saga.verbPhase) {
        case .applies: break
        case .noEffect:
            if !PlantedBug.forgetsIdleVerbs.isPlanted { emitVerb(wanted) }
            reply(call, .verbDone(VerbAnswer(saga: saga, hadEffect: false)))
            return
        case .parked: return refuse(call, .parked(saga))
        case .wrongState:
            refuse(call, .wrongState(saga, "takes no \(request.verb.label) now"))
            return
        case .sagaEnded: return refuse(call, .ended(saga))
        }
        if let refusal = perform(wanted) {
            refuse(call, refusal)
            return
        }
        checkCauses(of: saga)
        reply(call, .verbDone(answer(to: wanted)))
    }

    /// A verb with its step looked up.
    struct GivenVerb {
        let request: VerbRequest
        let saga: SagaInstance
        let step: StepIndex?
    }

    private func given(
        _ request: VerbRequest, _ saga: SagaInstance
    ) -> Result<GivenVerb, Refusal> {
        guard !request.step.isEmpty else {
            return .success(GivenVerb(request: request, saga: saga, step: nil))
        }
        guard let step = saga.facts.definition.index(of: request.step) else {
            let names = saga.facts.definition.steps.map(\.name)
            let nearest = NearestName.candidates(for: request.step, among: names)
            let hint = nearest.isEmpty ? "" : "; did you mean \(nearest.quotedList)?"
            return .failure(
                Refusal(
                    .notFound, reason: "STEP_UNKNOWN",
                    "saga \(saga.displayName) has no step \"\(request.step)\"\(hint)",
                    saga: saga.facts.id))
        }
        return .success(GivenVerb(request: request, saga: saga, step: step))
    }

    private mutating func perform(_ given: GivenVerb) -> Refusal? {
        switch given.request.verb {
        case .cancel, .compensate: return goBack(given)
        case .suspend:
            emitVerb(given)
            suspend(
                given.saga, by: given.request.principal, step: nil, reason: given.request.reason)
            return nil
        case .resume:
            guard given.saga.isSuspended else {
                return .wrongState(given.saga, "is not suspended")
            }
            emitVerb(given)
            resume(given.saga)
            return nil
        case .retry: return given.saga.state == .failed ? retryParked(given) : retry(given)
        case .skip: return skip(given)
        case .markCompensated: return markCompensated(given)
        case .abandon:
            emitVerb(given)
            abandon(given.saga)
            return nil
        }
    }

    /// Records a verb; a wish to cancel has a record of its own.
    private mutating func emitVerb(_ given: GivenVerb) {
        let request = given.request
        let record: Record =
            request.verb == .cancel
            ? .cancelAsked(
                CancelAsked(principal: request.principal, reason: request.reason, at: stamp))
            : .verbGiven(
                VerbGiven(
                    verb: request.verb, step: given.step, principal: request.principal,
                    reason: request.reason, at: stamp))
        emit(record, saga: given.saga)
    }

    private func answer(to given: GivenVerb) -> VerbAnswer {
        var answer = VerbAnswer(saga: given.saga, hadEffect: true)
        let wants = given.request.verb == .cancel || given.request.verb == .compensate
        if wants, given.saga.state == .running {
            answer.waitsForPivot = isPivotUndecided(given.saga)
        }
        return answer
    }

    // MARK: - Back

    /// Cancel, and compensate: the saga goes back, unless its pivot stands in the way.
    private mutating func goBack(_ given: GivenVerb) -> Refusal? {
        let saga = given.saga
        if saga.state == .pending {
            emitVerb(given)
            finish(saga, .compensated)
            return nil
        }
        if saga.isPivotPassed, !PlantedBug.cancelsPastPivot.isPlanted { return .pivotPassed(saga) }
        let failed = saga.stepIndices.filter {
            saga.state == .failed && saga.steps[$0.rawValue].state == .compensationFailed
        }
        if let refusal = attemptsOut(saga, actions: [], undos: failed) { return refusal }
        emitVerb(given)
        if saga.state == .failed {
            unpark(saga, to: .running, opened: undos(failed, of: saga))
        }
        proceed(saga)
        return nil
    }

    /// Gives a saga up, and the children below it.
    mutating func abandon(_ saga: SagaInstance) {
        for child in liveChildren(of: saga) {
            emit(
                .verbGiven(
                    VerbGiven(
                        verb: .abandon, step: nil, principal: saga.facts.principal,
                        reason: "The parent was abandoned", at: stamp)),
                saga: child)
            abandon(child)
        }
        var left: [StepToUndo] = []
        for step in saga.stepIndices {
            switch knowledge(of: step, in: saga) {
            case nil, .nothing: break
            case .done: left.append(StepToUndo(step: step, knowledge: .done))
            case .inDoubt, .awaited: left.append(StepToUndo(step: step, knowledge: .inDoubt))
            }
            stopLimits(step, of: saga)
            for direction in [Direction.action, .compensation]
            where saga.task(step, direction).isCurrent {
                takeAway(step, direction, of: saga, because: .sagaAbandoned)
            }
        }
        finish(saga, .abandoned, left: left)
    }

    // MARK: - Again

    /// Ends the waits of a saga's tasks; of one that is suspended, when it is resumed.
    private mutating func retry(_ given: GivenVerb) -> Refusal? {
        let saga = given.saga
        var waiting: [(step: StepIndex, direction: Direction)] = []
        for step in given.step.map({ [$0] }) ?? saga.stepIndices {
            for direction in [Direction.action, .compensation]
            where saga.task(step, direction).wait != nil {
                waiting.append((step, direction))
            }
        }
        guard !waiting.isEmpty else { return .wrongState(saga, "has no task that waits") }
        emitVerb(given)
        for (step, direction) in waiting {
            guard let wait = saga.task(step, direction).wait else { continue }
            unplace(saga, step, direction)
            guard saga.isHalted else {
                endWait(saga, step, direction)
                continue
            }
            let over = Wait(until: now, duration: .zero, reason: wait.reason)
            emit(
                .stepsMoved(
                    StepsMoved(
                        moves: [StepMove(step, direction: direction, .waits(over))], opened: [],
                        at: stamp)),
                saga: saga)
            hold(saga, step, direction)
        }
        return nil
    }

    /// A parked saga tries again what stands in its way, and counts anew.
    private mutating func retryParked(_ given: GivenVerb) -> Refusal? {
        let saga = given.saga
        let isBack = saga.backReason != nil
        let failedUndos = saga.stepIndices.filter {
            saga.steps[$0.rawValue].state == .compensationFailed
        }
        let failedSteps = saga.stepIndices.filter { step in
            !isBack && saga.steps[step.rawValue].state == .failed
                && (!saga.resolved(step).isOptional || saga.hasAbandonedChild(step))
        }
        let isAmong = given.step.map { failedUndos.contains($0) || failedSteps.contains($0) }
        guard isAmong ?? true else {
            return .wrongState(saga, "is not parked at step \(given.request.step)")
        }
        let wanted = { (step: StepIndex) in given.step == nil || given.step == step }
        if let refusal = attemptsOut(
            saga, actions: failedSteps.filter(wanted), undos: failedUndos.filter(wanted))
        {
            return refusal
        }
        emitVerb(given)
        var opened = undos(failedUndos.filter(wanted), of: saga)
        for step in failedSteps where wanted(step) {
            opened.append(nextAttempt(of: step, .action, in: saga))
        }
        unpark(saga, to: isBack ? .compensating : .running, opened: opened)
        proceed(saga)
        return nil
    }

    /// Why tasks cannot be tried once more, if one of them cannot.
    private func attemptsOut(
        _ saga: SagaInstance, actions: [StepIndex], undos: [StepIndex]
    ) -> Refusal? {
        let tasks = actions.map { ($0, Direction.action) } + undos.map { ($0, .compensation) }
        guard let task = tasks.first(where: { !mayOpenAnother($0.0, $0.1, in: saga) }) else {
            return nil
        }
        return Refusal(
            .resourceExhausted, reason: "ATTEMPTS",
            "\(limits.attempts) attempts of step \(saga.resolved(task.0).name) were opened, which "
                + "is the limit; settle it by hand", saga: saga.facts.id)
    }

    // MARK: - By hand

    /// Passes over a step that is current, or at which the saga is parked.
    private mutating func skip(_ given: GivenVerb) -> Refusal? {
        let saga = given.saga
        guard let step = given.step else { return .stepMissing }
        let progress = saga.steps[step.rawValue]
        let isParkedAt =
            saga.state == .failed && progress.state == .failed
            && (!saga.resolved(step).isOptional || saga.hasAbandonedChild(step))
        guard isParkedAt || (saga.state == .running && progress.action.isCurrent) else {
            return .wrongState(saga, "is not at step \(given.request.step)")
        }
        if hasLiveChild(step, of: saga) { return .childLives(saga, given.request.step) }
        if let output = given.request.output, output.bytes.count > limits.outputLimitBytes {
            return .outputTooLarge(output.bytes.count, limit: limits.outputLimitBytes)
        }
        let known: UndoKnowledge =
            isParkedAt
            ? progress.knowledge ?? .nothing : mayHaveRun(progress.action) ? .inDoubt : .nothing
        emitVerb(given)
        if saga.state == .failed {
            unpark(saga, to: .running, opened: [])
        } else {
            takeAway(step, .action, of: saga, because: .settledByHand)
        }
        emit(
            .stepSettled(
                StepSettled(
                    step: step, state: .skipped, output: given.request.output, undo: known,
                    at: stamp)),
            saga: saga)
        proceed(saga)
        return nil
    }

    /// Takes an undo as done by hand.
    private mutating func markCompensated(_ given: GivenVerb) -> Refusal? {
        let saga = given.saga
        guard let step = given.step else { return .stepMissing }
        let progress = saga.steps[step.rawValue]
        let isUnderWay = [.compensating, .compensationFailed].contains(progress.state)
        let isOwed: Bool =
            switch saga.verbPhase {
            case .running: isUnderWay
            case .compensating:
                saga.undoStanding(of: step) != .nothingLeft && progress.knowledge != .awaited
            case .failedForward, .failedInUndo: progress.state == .compensationFailed
            case .pending, .ended: false
            }
        guard isOwed else {
            return .wrongState(saga, "has no undo of step \(given.request.step) that is not done")
        }
        if hasLiveChild(step, of: saga) { return .childLives(saga, given.request.step) }
        emitVerb(given)
        if progress.undo.isCurrent {
            takeAway(step, .compensation, of: saga, because: .settledByHand)
        }
        if saga.state == .failed {
            unpark(saga, to: saga.backReason == nil ? .running : .compensating, opened: [])
        }
        emit(
            .stepSettled(
                StepSettled(step: step, state: .compensated, output: nil, undo: nil, at: stamp)),
            saga: saga)
        proceed(saga)
        return nil
    }

    private func hasLiveChild(_ step: StepIndex, of saga: SagaInstance) -> Bool {
        guard let id = saga.steps[step.rawValue].action.child, let child = sagas[id] else {
            return false
        }
        return !child.state.isEnded
    }
}

extension VerbAnswer {
    init(saga: SagaInstance, hadEffect: Bool) {
        self.init(
            saga: saga.facts.id, state: saga.state, hadEffect: hadEffect, waitsForPivot: false,
            isSuspended: saga.isSuspended,
            left: saga.particulars.left.map { item in
                LeftEffect(
                    step: saga.resolved(item.step).name, isKnown: item.knowledge == .done)
            })
    }
}

extension Refusal {
    fileprivate static func ended(_ saga: SagaInstance) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "SAGA_ENDED",
            "saga \(saga.displayName) has ended: \(saga.state.label)", saga: saga.facts.id)
    }

    fileprivate static func parked(_ saga: SagaInstance) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "PARKED",
            "saga \(saga.displayName) is parked and waits for an operator", saga: saga.facts.id)
    }

    fileprivate static func quarantined(_ saga: SagaInstance) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "QUARANTINED",
            "saga \(saga.displayName) could not be replayed; it can only be abandoned",
            saga: saga.facts.id)
    }

    fileprivate static func pivotPassed(_ saga: SagaInstance) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "PIVOT_PASSED",
            "saga \(saga.displayName) is past its pivot: it only goes forward",
            saga: saga.facts.id)
    }

    fileprivate static func wrongState(_ saga: SagaInstance, _ what: String) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "WRONG_STATE",
            "saga \(saga.displayName), which is \(saga.state.label), \(what)",
            saga: saga.facts.id)
    }

    fileprivate static func childLives(_ saga: SagaInstance, _ step: String) -> Refusal {
        Refusal(
            .failedPrecondition, reason: "WRONG_STATE",
            "the child saga of step \(step) lives; settle that one first", saga: saga.facts.id)
    }

    fileprivate static let stepMissing = Refusal(
        .invalidArgument, reason: "INVALID_ARGUMENT", "step is required",
        violations: [.init(field: "step", description: "is required")])

    fileprivate static func outputTooLarge(_ size: Int, limit: Int) -> Refusal {
        Refusal(
            .resourceExhausted, reason: "PAYLOAD_SIZE",
            "the output has \(size) bytes; the limit is \(limit)")
    }
}
