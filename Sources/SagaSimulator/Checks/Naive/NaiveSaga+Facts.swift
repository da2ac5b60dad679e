internal import Saga
internal import SagaModel

/// What happens to a saga, and what the naive model makes of it.
extension NaiveSaga {
    /// Takes one record. What only states consequences is passed over: the model has drawn them
    /// itself.
    func take(_ record: Record) {
        if state.isEnded, state != .completed { objectIfItMoves(record) }
        switch record {
        case .sagaStarted: settle()
        case .sagaBegan:
            state = .running
            settle()
        case .attemptEnded(let ended):
            if case .hold(HandlerConduct.fenced) = ended.outcome {
                object("an attempt that is fenced is the current one")
            }
            ended.direction == .action ? action(ended) : undo(ended)
        case .waitEnded(let ended): waitIsOver(ended.opened)
        case .taskDeferred(let deferred): isDeferred(deferred)
        case .stepsMoved(let moved): limitsAreOver(moved)
        case .stepSettled(let settled): isSettled(settled)
        case .cancelAsked(let asked): cancel(asked.isByParent ? .parent : .cancelled)
        case .sagaTimedOut:
            if definition.timeout == nil || isHalted { object("it has no timeout that runs") }
            wish = wish ?? .timeout
            settle()
        case .verbGiven(let given): verb(given)
        case .lifeBegan, .definitionRegistered, .keyTaken, .sessionAttached, .sessionEnded,
            .wentBack, .sagaParked, .sagaUnparked, .sagaSuspended, .sagaResumed, .sagaEnded,
            .attentionChanged, .limitsSet, .engineRestated, .definitionRestated, .keysRestated,
            .sagaRestated:
            break
        }
    }

    private func objectIfItMoves(_ record: Record) {
        if case .attemptEnded = record { object("an attempt ends after the end") }
        if case .waitEnded = record { object("a wait ends after the end") }
    }

    // MARK: - Attempts

    private func action(_ ended: AttemptEnded) {
        let place = ended.step.rawValue
        guard steps[place].forward == .current, steps[place].action.isOpen else {
            object("an attempt of \(steps[place].written.name) ends that is not open")
            return
        }
        if steps[place].knowledge == .awaited {
            steps[place].action.close()
            answered(place, ended.outcome)
            settle()
            return
        }
        let mayStillRun = steps[place].action.endedUnknown && steps[place].place != .pivot
        steps[place].action.close()
        note(ended.outcome, place, .action)
        switch ended.outcome {
        case .succeeded(let output):
            steps[place].forward = .succeeded
            steps[place].output = output
        case .failed: fail(place, mayStillRun ? .inDoubt : .nothing)
        case .refused: fail(place, .inDoubt)
        case .retry(let failure, _):
            let codes = steps[place].written.retry?.nonRetryableCodes ?? []
            repeatAction(ended, isFinal: codes.contains(failure.code))
        case .unknown(let cause):
            repeatAction(ended, isFinal: cause == .scheduleToClose || cause == .childAbandoned)
        case .notYet, .hold, .declined, .deferred: goesOn(ended, &steps[place].action)
        }
        if case .hold = ended.outcome { suspend() }
        settle()
    }

    private func fail(_ place: Int, _ knowledge: UndoKnowledge) {
        steps[place].forward = .failed
        steps[place].knowledge = knowledge
    }

    private func repeatAction(_ ended: AttemptEnded, isFinal: Bool) {
        let place = ended.step.rawValue
        let limit = steps[place].written.retry?.maxAttempts
        let isOut = limit.map { steps[place].action.failures >= $0 } ?? false
        if isFinal || (isOut && ended.outcome.costs) {
            fail(place, .inDoubt)
        } else {
            goesOn(ended, &steps[place].action)
        }
    }

    /// Another attempt follows, at once or after a wait.
    private func goesOn(_ ended: AttemptEnded, _ task: inout NaiveTask) {
        switch ended.next {
        case .again:
            task.open(world.epoch)
        case .waits: break
        case .over: object("step \(ended.step.rawValue) is over, and should go on")
        }
        if ended.next != .over(.failed), task.failures != ended.failures {
            object("\(ended.failures) failures are counted, not \(task.failures)")
        }
    }

    private func undo(_ ended: AttemptEnded) {
        let place = ended.step.rawValue
        guard steps[place].undo == .current, steps[place].compensation.isOpen else {
            object("an undo of \(steps[place].written.name) ends that is not open")
            return
        }
        steps[place].compensation.close()
        note(ended.outcome, place, .compensation)
        switch ended.outcome {
        case .succeeded, .refused: steps[place].undo = .done
        case .failed: steps[place].undo = .failed
        case .retry, .unknown:
            let limit = steps[place].written.compensationRetry?.maxAttempts
            let failures = steps[place].compensation.failures
            if ended.outcome.costs, limit.map({ failures >= $0 }) ?? false {
                steps[place].undo = .failed
            } else {
                goesOn(ended, &steps[place].compensation)
            }
        case .notYet, .hold, .declined, .deferred: goesOn(ended, &steps[place].compensation)
        }
        if case .hold = ended.outcome { suspend() }
        settle()
    }

    /// What an outcome says of the task, whatever follows.
    func note(_ outcome: AttemptOutcome, _ place: Int, _ direction: Direction) {
        var task = direction == .action ? steps[place].action : steps[place].compensation
        switch outcome {
        case .declined: break
        case .succeeded, .refused: task.hasReturned = true
        case .unknown: task.endedUnknown = true
        case .failed, .retry, .notYet, .deferred, .hold: break
        }
        if case .declined = outcome {} else { task.mayHaveRun = true }
        if outcome.costs { task.failures += 1 }
        switch direction {
        case .action: steps[place].action = task
        case .compensation: steps[place].compensation = task
        }
    }

    private func waitIsOver(_ opened: Opened) {
        let place = opened.step.rawValue
        if isHalted { object("a wait ends by a new attempt while nothing may be opened") }
        switch opened.direction {
        case .action:
            guard steps[place].forward == .current, !steps[place].action.isOpen else {
                object("\(steps[place].written.name) does not wait")
                return
            }
            steps[place].action.open(world.epoch)
        case .compensation:
            guard steps[place].undo == .current, !steps[place].compensation.isOpen else {
                object("the undo of \(steps[place].written.name) does not wait")
                return
            }
            steps[place].compensation.open(world.epoch)
        }
    }

    private func isDeferred(_ deferred: TaskDeferred) {
        switch deferred.direction {
        case .action:
            steps[deferred.step.rawValue].action.isDeferred = true
            steps[deferred.step.rawValue].action.mayHaveRun = true
        case .compensation: steps[deferred.step.rawValue].compensation.isDeferred = true
        }
    }

    /// A limit of time is over while no attempt is in flight; all else that moves is a consequence.
    private func limitsAreOver(_ moved: StepsMoved) {
        for move in moved.moves {
            guard case .failed(let failure, let known) = move.kind,
                failure.code.hasPrefix("schedule-to-")
            else { continue }
            let place = move.step.rawValue
            if isHalted { object("a limit is over that stands still") }
            if known == .nothing, mayHaveRun(place) {
                object("\(steps[place].written.name) may have run, and is not in doubt")
            }
            steps[place].action.close()
            fail(place, known)
            settle()
        }
    }

    // MARK: - Verbs

    private func cancel(_ wanted: Wish) {
        switch state {
        case .pending: state = .compensated
        case .running:
            if isPivotPassed, wanted != .parent { object("it is cancelled past its pivot") }
            wish = wish ?? wanted
            settle()
        case .compensating: break
        case .failed, .completed, .compensated, .abandoned:
            object("it is cancelled as \(state.label)")
        }
    }

    private func verb(_ given: VerbGiven) {
        switch given.verb {
        case .cancel: object("a cancel has a record of its own")
        case .suspend: suspend()
        case .resume: resume()
        case .retry: if state == .failed { retry(given.step?.rawValue) }
        // What is settled is the next record.
        case .skip: if state == .failed { state = .running }
        case .markCompensated:
            if state == .failed { state = hasGoneBack ? .compensating : .running }
        case .compensate: compensate()
        case .abandon: state = .abandoned
        }
    }

    private func suspend() {
        guard !isHalted, !state.isEnded else { return }
        isSuspended = true
        for child in liveChildren { child.suspend() }
    }

    private func resume() {
        isSuspended = false
        for child in liveChildren where child.isSuspended { child.resume() }
        world.settleLater(self)
    }

    private var liveChildren: [NaiveSaga] {
        steps.compactMap(\.child).filter { !$0.state.isEnded }
    }

    /// A parked saga tries again what stands in its way.
    private func retry(_ wanted: Int?) {
        for place in steps.indices where wanted == nil || wanted == place {
            let step = steps[place]
            if step.undo == .failed {
                steps[place].compensation.failures = 0
                openUndo(place)
            } else if !hasGoneBack, step.forward == .failed, step.undo == .none,
                !step.isOptional || step.child?.state == .abandoned
            {
                steps[place].knowledge = nil
                steps[place].action.failures = 0
                openAction(place)
            }
        }
        state = hasGoneBack ? .compensating : .running
        world.settleLater(self)
    }

    private func compensate() {
        switch state {
        case .pending: state = .compensated
        case .running, .failed:
            if isPivotPassed { object("it is sent back past its pivot") }
            wish = .compensate
            guard state == .failed else {
                settle()
                return
            }
            state = .running
            // What an operator has tried again counts anew, whatever the verb.
            for place in steps.indices where steps[place].undo == .failed {
                steps[place].compensation.failures = 0
                openUndo(place)
            }
            world.settleLater(self)
        case .compensating: break
        case .completed, .compensated, .abandoned: object("it is sent back as \(state.label)")
        }
    }

    private func isSettled(_ settled: StepSettled) {
        let place = settled.step.rawValue
        switch settled.state {
        case .skipped:
            if steps[place].forward == .failed {
                if steps[place].knowledge != settled.undo {
                    object("the skip of \(steps[place].written.name) forgets how it stood")
                }
            } else if settled.undo == .nothing, mayHaveRun(place) {
                object("\(steps[place].written.name) may have run, and is skipped for good")
            }
            steps[place].forward = .skipped
            steps[place].knowledge = settled.undo
            steps[place].output = settled.output
            steps[place].action.close()
        case .compensated:
            steps[place].undo = .done
            steps[place].compensation.close()
        case .pending, .scheduled, .running, .succeeded, .failed, .compensating,
            .compensationFailed:
            object("a step is settled as \(settled.state)")
        }
        settle()
    }
}

extension AttemptOutcome {
    /// Whether it counts against maxAttempts.
    fileprivate var costs: Bool {
        switch self {
        case .retry: true
        case .unknown(let cause): cause != .coordinatorRestarted
        case .succeeded, .failed, .notYet, .deferred, .hold, .refused, .declined: false
        }
    }
}
