internal import SagaModel

/// The way forward: what follows for a saga from how its steps stand.
///
/// All of it is read from what the journal says, so that a saga that stood still for a while goes
/// on as one that never did.
extension Engine {
    /// Does what follows for a saga, unless it stands still.
    ///
    /// - Parameter step: the step that has just ended or moved; nil to look at all.
    mutating func proceed(_ saga: SagaInstance, after step: StepIndex? = nil) {
        guard !saga.isHalted else { return }
        switch saga.state {
        case .running: goForward(saga, after: step)
        case .compensating: continueBack(saga)
        case .pending, .failed, .completed, .compensated, .abandoned: break
        }
    }

    private mutating func goForward(_ saga: SagaInstance, after step: StepIndex?) {
        if leaveForward(saga) { return }
        let candidates = step.map { saga.resolved($0).dependants } ?? saga.stepIndices
        if moveSteps(of: saga, candidates), leaveForward(saga) { return }
        if saga.hasFailedStep {
            undoOptionalSteps(of: saga, among: step.map { [$0] } ?? saga.stepIndices)
        }
        finishIfDone(saga)
    }

    /// Completes a saga all of whose steps have ended.
    mutating func finishIfDone(_ saga: SagaInstance) {
        if saga.hasEndedForward() { finish(saga, .completed) }
    }

    /// Goes back or parks if something stands in the way forward; says whether it does.
    private mutating func leaveForward(_ saga: SagaInstance) -> Bool {
        if let wish = saga.wish, mayGoBack(saga, for: wish) {
            // What a step said itself tells more than what was wished for, but for a person's word.
            guard wish.cause != .compensate, let step = saga.blockingStep else {
                goBack(saga, wish.reason)
                return true
            }
            leave(saga, at: step)
            return true
        }
        if saga.hasFailedStep, saga.facts.definition.hasChildren,
            let step = saga.stepIndices.first(where: { saga.hasAbandonedChild($0) })
        {
            park(saga, at: step, .action, .childAbandoned)
            return true
        }
        if let step = saga.blockingStep {
            leave(saga, at: step)
            return true
        }
        guard let failedUndo = saga.failedUndo else { return false }
        park(saga, at: failedUndo, .compensation, .compensationFailed)
        return true
    }

    /// A required step has failed: before the pivot the saga goes back, after it a person is asked.
    private mutating func leave(_ saga: SagaInstance, at step: StepIndex) {
        let progress = saga.steps[step.rawValue]
        switch saga.resolved(step).place {
        case .before, .beside:
            goBack(saga, BackReason(step: step, failure: progress.action.shownFailure))
        case .pivot where progress.knowledge == .nothing:
            goBack(saga, BackReason(step: step, failure: progress.action.shownFailure))
        case .pivot:
            park(
                saga, at: step, .action,
                progress.action.hasReturned ? .pivotOutputRefused : .pivotUndecided)
        case .after where PlantedBug.goesBackPastPivot.isPlanted:
            goBack(saga, BackReason(step: step, failure: progress.action.shownFailure))
        case .after: park(saga, at: step, .action, .pastPivot)
        }
    }

    /// Opens, skips, delays or fails the steps that have nothing more to wait for, and those that
    /// follow from that.
    ///
    /// - Returns: whether a step failed.
    private mutating func moveSteps(of saga: SagaInstance, _ candidates: [StepIndex]) -> Bool {
        var plan = ForwardPlan(
            saga: saga, data: SagaData(saga: saga, limit: limits.outputLimitBytes))
        plan.consider(candidates, now: now)
        guard !plan.isEmpty else { return false }
        let opened = plan.opened.map { nextAttempt(of: $0, .action, in: saga) }
        if plan.moves.isEmpty, opened.isEmpty { return false }
        emit(.stepsMoved(StepsMoved(moves: plan.moves, opened: opened, at: stamp)), saga: saga)
        for move in plan.moves {
            guard case .waits(let wait) = move.kind else { continue }
            setWait(wait.until, saga, move.step, .action)
        }
        return plan.hasFailures
    }

    /// An optional step that ended in doubt is undone by itself before anything else follows.
    private mutating func undoOptionalSteps(
        of saga: SagaInstance, among candidates: [StepIndex]
    ) {
        let owed = candidates.filter { saga.owesUndo($0) }
        guard !owed.isEmpty else { return }
        emit(
            .stepsMoved(StepsMoved(moves: [], opened: undos(owed, of: saga), at: stamp)),
            saga: saga)
    }
}

/// What follows for steps that wait for nothing more, worked out before it is recorded.
private struct ForwardPlan {
    let saga: SagaInstance
    let data: SagaData
    var moves: [StepMove] = []
    var opened: [StepIndex] = []
    var hasFailures = false
    private var ended: Set<StepIndex> = []
    private var seen: Set<StepIndex> = []

    init(saga: SagaInstance, data: SagaData) {
        self.saga = saga
        self.data = data
    }

    var isEmpty: Bool { moves.isEmpty && opened.isEmpty }

    mutating func consider(_ candidates: [StepIndex], now: Instant) {
        var line = candidates
        var next = 0
        while next < line.count {
            let step = line[next]
            next += 1
            guard saga.steps[step.rawValue].state == .pending, !seen.contains(step) else {
                continue
            }
            let resolved = saga.resolved(step)
            let isReady = saga.isReady(step) { ended.contains($0) }
            guard isReady || PlantedBug.joinsEarly.isPlanted else { continue }
            seen.insert(step)
            if move(step, resolved, now: now) {
                ended.insert(step)
                line += resolved.dependants
            }
        }
    }

    /// Says whether the step counts as ended at once.
    private mutating func move(_ step: StepIndex, _ resolved: ResolvedStep, now: Instant) -> Bool {
        if resolved.isPlain {
            opened.append(step)
            return false
        }
        switch resolved.when.map({ data.decide($0) }) ?? .runs {
        case .runs: break
        case .skips(let found):
            moves.append(StepMove(step, .skipped(found: found)))
            return true
        case .fails(let failure): return fail(step, resolved, failure)
        }
        if case .failure(let fault) = data.input(of: resolved) {
            return fail(step, resolved, fault.failure)
        }
        guard resolved.delay > .zero else {
            opened.append(step)
            return false
        }
        let wait = Wait(until: now + resolved.delay, duration: resolved.delay, reason: .delay)
        moves.append(StepMove(step, .waits(wait)))
        return false
    }

    private mutating func fail(
        _ step: StepIndex, _ resolved: ResolvedStep, _ failure: Failure
    ) -> Bool {
        moves.append(StepMove(step, .failed(failure, undo: .nothing)))
        hasFailures = true
        return resolved.isOptional
    }
}

extension SagaInstance {
    /// The required step that failed first.
    var blockingStep: StepIndex? {
        guard hasFailedRequiredStep else { return nil }
        return stepIndices.filter {
            steps[$0.rawValue].state == .failed && !resolved($0).isOptional
        }.min { left, right in
            (steps[left.rawValue].action.endedAt ?? facts.startedAt, left)
                < (steps[right.rawValue].action.endedAt ?? facts.startedAt, right)
        }
    }

    /// Whether a step failed because its child saga was abandoned.
    ///
    /// A child that went back gives its step the failure that it went back for, and that may be the
    /// end of a child of its own: then nothing is in doubt.
    func hasAbandonedChild(_ step: StepIndex) -> Bool {
        let progress = steps[step.rawValue]
        return resolved(step).child != nil && progress.state == .failed
            && progress.knowledge == .inDoubt
            && progress.action.lastFailure?.code == Failure.childAbandonedCode
    }
}

extension Engine {
    /// Whether a wish may send a running saga back: not past the pivot, and not while nobody knows
    /// whether the pivot happened, unless a person has decided that it did not.
    func mayGoBack(_ saga: SagaInstance, for wish: BackWish) -> Bool {
        guard !saga.isPivotPassed || PlantedBug.cancelsPastPivot.isPlanted else { return false }
        return wish.cause == .compensate || !isPivotUndecided(saga)
    }

    /// Whether the pivot is current and may have happened.
    func isPivotUndecided(_ saga: SagaInstance) -> Bool {
        guard let pivot = saga.facts.definition.pivot else { return false }
        let progress = saga.steps[pivot.rawValue]
        return switch progress.state {
        case .scheduled, .running: mayHaveRun(progress.action)
        case .failed: progress.knowledge != .nothing
        case .pending, .succeeded, .skipped, .compensating, .compensated, .compensationFailed:
            false
        }
    }

    /// Whether an attempt of a task that is current can have been handed out.
    func mayHaveRun(_ task: TaskProgress) -> Bool {
        if task.mayHaveRun { return true }
        return switch task.place {
        case .inFlight(let flight): flight.isHandedOut
        case .fromEarlierLife, .deferred, .child: true
        // An attempt of an earlier life counts as handed out.
        case .queued, .held: task.token.map { $0.epoch < lastEpoch } ?? false
        case .idle, .waiting: false
        }
    }
}

extension TaskProgress {
    /// What its end is explained with.
    var shownFailure: Failure { lastFailure ?? .unexplained }
}
