internal import Saga
internal import SagaModel

/// The way back, as the project's semantics have it.
extension NaiveSaga {
    /// The decision, with what there is to undo.
    func goBack() {
        state = .compensating
        hasGoneBack = true
        wish = nil
        for place in steps.indices { leave(place) }
        for place in due { openUndo(place) }
        continueBack()
    }

    /// What is known of a step when its saga goes back.
    private func leave(_ place: Int) {
        switch steps[place].forward {
        case .pending: break
        case .succeeded: if steps[place].undo != .done { steps[place].knowledge = .done }
        // As it stood when it failed or was skipped.
        case .failed, .skipped: break
        case .current: leaveCurrent(place)
        }
    }

    private func leaveCurrent(_ place: Int) {
        let step = steps[place]
        guard step.place != .pivot else {
            // It never left, or an operator has decided that it did not happen.
            steps[place].forward = .failed
            steps[place].knowledge = .nothing
            steps[place].action.close()
            return
        }
        let said = told?.steps.first { $0.step.rawValue == place }?.knowledge
        if step.action.isOpen, !step.action.isDeferred, step.runsChild || said == .awaited {
            steps[place].knowledge = .awaited
            return
        }
        if isUnderWay(place) {
            object("\(step.written.name) is under way, and is not awaited")
        }
        let isWithdrawn = told?.withdrawn.contains { $0.rawValue == place } ?? false
        if mayHaveRun(place) {
            if isWithdrawn { object("\(step.written.name) may have run, and is not undone") }
            steps[place].forward = .failed
            steps[place].knowledge = .inDoubt
        } else {
            if !isWithdrawn { object("\(step.written.name) never ran, and is not withdrawn") }
            steps[place].forward = .pending
        }
        steps[place].action.close()
    }

    enum Standing {
        case nothingLeft
        case toDo
        case underWay
        case failed
    }

    func standing(_ place: Int) -> Standing {
        let step = steps[place]
        if step.knowledge == .awaited { return .underWay }
        guard step.isCompensated else { return .nothingLeft }
        return switch (step.undo, step.knowledge) {
        case (.current, _): .underWay
        case (.failed, _): .failed
        case (.done, _), (.none, nil), (.none, .nothing): .nothingLeft
        case (.none, .done), (.none, .inDoubt), (.none, .awaited): .toDo
        }
    }

    /// Settled: nothing to undo or its undo is done, and all its dependants are settled.
    private func isSettled(_ place: Int) -> Bool {
        guard steps[place].dependants.allSatisfy({ isSettled($0) }) else { return false }
        return switch standing(place) {
        case .nothingLeft: true
        case .failed: definition.onCompensationFailure == .continue
        case .toDo, .underWay: false
        }
    }

    /// Steps whose undo may start.
    private var due: [Int] {
        steps.indices.filter { place in
            standing(place) == .toDo && steps[place].dependants.allSatisfy { isSettled($0) }
        }
    }

    func continueBack() {
        guard !isHalted else { return }
        let isOver = steps.indices.allSatisfy { isSettled($0) }
        let hasFailed = steps.contains { $0.undo == .failed }
        if hasFailed, isOver || definition.onCompensationFailure != .continue {
            state = .failed
        } else if isOver {
            state = .compensated
        } else {
            for place in due { openUndo(place) }
        }
    }

    func openUndo(_ place: Int) {
        steps[place].undo = .current
        steps[place].compensation.open(world.epoch)
        guard steps[place].runsChild, let child = steps[place].child, child.state == .completed
        else { return }
        child.goBack()
    }

    /// An answer that came while it was awaited.
    func answered(_ place: Int, _ outcome: AttemptOutcome) {
        let before = steps[place].action
        var forward = NaiveStep.Forward.failed
        let known: UndoKnowledge
        switch outcome {
        case .succeeded(let output):
            forward = .succeeded
            steps[place].output = output
            known = .done
        case .failed: known = before.endedUnknown ? .inDoubt : .nothing
        case .declined: known = before.mayHaveRun ? .inDoubt : .nothing
        case .retry, .notYet, .deferred, .hold, .refused, .unknown: known = .inDoubt
        }
        steps[place].forward = forward
        steps[place].knowledge = steps[place].isCompensated ? known : .nothing
        note(outcome, place, .action)
    }
}
