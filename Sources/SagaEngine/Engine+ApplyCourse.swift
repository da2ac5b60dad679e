internal import DequeModule
internal import SagaModel

/// Records of a saga's course.
extension Engine {
    mutating func apply(
        _ record: Record, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        switch record {
        case .attemptEnded(let ended): try apply(ended, to: saga, at: position)
        case .waitEnded(let ended):
            try check(ended.opened.step, of: saga, at: position)
            guard saga.task(ended.opened.step, ended.opened.direction).wait != nil else {
                throw ReplayFailure(position: position, reason: "no wait is there to end")
            }
            saga.update(ended.opened.step, ended.opened.direction) { $0.wait = nil }
            counts.current -= 1
            try open([ended.opened], of: saga, by: position, at: ended.at)
        case .wentBack(let back):
            if let step = back.reason.step { try check(step, of: saga, at: position) }
            if saga.state == .completed { revive(saga) }
            try move(saga, to: .compensating, at: back.at, by: position)
            try apply(back, to: saga, at: position)
        case .stepsMoved(let moved): try apply(moved, to: saga, at: position)
        case .taskDeferred(let deferred): try apply(deferred, to: saga, at: position)
        case .stepSettled(let settled): try apply(settled, to: saga, at: position)
        case .sagaEnded(let ended):
            if let step = ended.outputOf { try check(step, of: saga, at: position) }
            for item in ended.left { try check(item.step, of: saga, at: position) }
            if saga.state == .failed { counts.parked -= 1 }
            try move(saga, to: ended.state, at: ended.at, by: position)
            try applyEnd(ended, to: saga, at: position)
        case .cancelAsked(let asked):
            guard !saga.state.isEnded else {
                throw ReplayFailure(position: position, reason: "the saga has ended")
            }
            saga.updateParticulars { more in
                more.cancelAsked = asked
                more.wish = more.wish ?? BackWish(asked)
            }
        case .sagaParked, .sagaUnparked, .sagaSuspended, .sagaResumed, .verbGiven, .sagaBegan,
            .sagaTimedOut, .attentionChanged, .limitsSet:
            try applyHalt(record, to: saga, at: position)
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .sessionAttached,
            .sessionEnded, .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            break
        }
    }

    func move(
        _ saga: SagaInstance, to state: SagaState, at instant: Instant,
        by position: JournalPosition
    ) throws(ReplayFailure) {
        guard saga.state.mayBecome(state) else {
            throw ReplayFailure(
                position: position, reason: "\(saga.state.label) cannot become \(state.label)")
        }
        saga.state = state
        saga.stateSince = instant
    }

    private func move(
        _ step: StepIndex, of saga: SagaInstance, to state: StepState, at position: JournalPosition
    ) throws(ReplayFailure) {
        let before = saga.steps[step.rawValue].state
        guard before.mayBecome(state) else {
            throw ReplayFailure(
                position: position,
                reason: "step \(step.rawValue) is \(before) and cannot become \(state)")
        }
        saga.move(step, to: state)
    }

    func check(
        _ step: StepIndex, of saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard saga.steps.indices.contains(step.rawValue) else {
            throw ReplayFailure(position: position, reason: "there is no step \(step.rawValue)")
        }
    }

    private mutating func apply(
        _ ended: AttemptEnded, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        try check(ended.step, of: saga, at: position)
        let progress = saga.steps[ended.step.rawValue]
        let task = progress.own(ended.direction)
        guard task.token == ended.token else {
            throw ReplayFailure(
                position: position, reason: "attempt \(ended.token.number) is not the current one")
        }
        task.apply(ended)
        counts.current -= 1
        if case .succeeded(let output) = ended.outcome, ended.direction == .action {
            progress.output = output
        }
        if let knowledge = ended.undo { progress.knowledge = knowledge }
        switch ended.next {
        case .over(let state):
            try move(ended.step, of: saga, to: state, at: position)
            task.endedAt = ended.at
            if task.extras != nil { noteClosed(ended.step, ended.direction, of: saga) }
        case .again(let number):
            let opened = Opened(step: ended.step, direction: ended.direction, number: number)
            try open(opened, of: saga, by: position, at: ended.at)
        case .waits(let wait):
            task.wait = wait
            counts.current += 1
        }
        try open(ended.opened, of: saga, by: position, at: ended.at)
    }

    private mutating func apply(
        _ back: WentBack, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        for step in back.steps.map(\.step) + back.withdrawn {
            try check(step, of: saga, at: position)
        }
        let fault =
            back.reason.step.map { saga.fault(at: $0, .action, back.reason.failure, back.at) }
            ?? SagaFault(
                step: "", failure: back.reason.failure, attempt: 0, instance: "", at: back.at)
        saga.updateParticulars { more in
            more.backReason = back.reason
            more.failure = fault
            more.wish = nil
        }
        for item in back.steps {
            saga.steps[item.step.rawValue].knowledge = item.knowledge
            guard item.knowledge != .awaited else { continue }
            try close(item.step, of: saga, as: .failed, by: position, at: back.at)
        }
        for step in back.withdrawn {
            try close(step, of: saga, as: .pending, by: position, at: back.at)
        }
        try open(back.opened, of: saga, by: position, at: back.at)
    }

    private mutating func apply(
        _ moved: StepsMoved, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        for move in moved.moves {
            try check(move.step, of: saga, at: position)
            let isCurrent = saga.steps[move.step.rawValue].action.isCurrent
            switch move.kind {
            case .skipped(let found):
                try self.move(move.step, of: saga, to: .skipped, at: position)
                if !found.isEmpty { saga.updateParticulars { $0.found[move.step] = found } }
                saga.update(move.step, .action) { $0.endedAt = moved.at }
            case .waits(let wait):
                if !saga.task(move.step, move.direction).isCurrent {
                    try self.move(move.step, of: saga, to: .scheduled, at: position)
                    counts.current += 1
                }
                saga.update(move.step, move.direction) { $0.wait = wait }
            case .failed(let failure, let knowledge):
                try close(move.step, of: saga, as: .failed, by: position, at: moved.at)
                if !isCurrent { try self.move(move.step, of: saga, to: .failed, at: position) }
                saga.steps[move.step.rawValue].knowledge = knowledge
                saga.update(move.step, .action) { task in
                    task.updateExtras { $0.lastFailure = failure }
                    task.endedAt = moved.at
                }
            }
        }
        try open(moved.opened, of: saga, by: position, at: moved.at)
    }

    private func apply(
        _ deferred: TaskDeferred, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        try check(deferred.step, of: saga, at: position)
        guard saga.task(deferred.step, deferred.direction).token == deferred.token else {
            throw ReplayFailure(
                position: position,
                reason: "attempt \(deferred.token.number) is not the current one")
        }
        saga.update(deferred.step, deferred.direction) { task in
            task.mayHaveRun = true
            task.instance = deferred.instance.isEmpty ? task.instance : deferred.instance
            task.handedOutAt = deferred.handedOutAt ?? task.handedOutAt
            task.updateExtras { $0.deferral = TaskExtras.Deferral(until: deferred.until) }
        }
        if saga.isHalted, let whole = deferred.until?.duration {
            // It begins while the time of deferrals stands still, so all of it is left.
            let limit = TimeLimit.deferral(deferred.step, deferred.direction)
            saga.updateParticulars { more in
                more.stopped.removeAll { $0.limit == limit }
                more.stopped.append(StoppedLimit(limit, left: whole))
            }
        }
    }

    /// An operator settled a step, current or not, forward or back.
    private mutating func apply(
        _ settled: StepSettled, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        try check(settled.step, of: saga, at: position)
        let index = settled.step.rawValue
        switch settled.state {
        case .skipped:
            try close(settled.step, of: saga, as: .skipped, by: position, at: settled.at)
            if saga.steps[index].state != .skipped {
                try move(settled.step, of: saga, to: .skipped, at: position)
            }
            saga.steps[index].output = settled.output
            saga.steps[index].knowledge = settled.undo
            saga.update(settled.step, .action) { $0.endedAt = settled.at }
        case .compensated:
            if saga.steps[index].undo.isCurrent {
                counts.current -= 1
                saga.update(settled.step, .compensation) { $0.close(at: settled.at) }
                noteClosed(settled.step, .compensation, of: saga)
            }
            try move(settled.step, of: saga, to: .compensated, at: position)
            saga.update(settled.step, .compensation) { $0.endedAt = settled.at }
        case .pending, .scheduled, .running, .succeeded, .failed, .compensating,
            .compensationFailed:
            throw ReplayFailure(
                position: position, reason: "nobody settles a step as \(settled.state)")
        }
    }

    /// Ends the action of a step that is still current.
    private mutating func close(
        _ step: StepIndex, of saga: SagaInstance, as state: StepState,
        by position: JournalPosition, at instant: Instant
    ) throws(ReplayFailure) {
        guard saga.steps[step.rawValue].action.isCurrent else { return }
        try move(step, of: saga, to: state, at: position)
        counts.current -= 1
        saga.update(step, .action) { $0.close(at: instant) }
        noteClosed(step, .action, of: saga)
    }

    /// Opens attempts: each is due under a new token of this epoch.
    mutating func open(
        _ opened: [Opened], of saga: SagaInstance, by position: JournalPosition,
        at instant: Instant
    ) throws(ReplayFailure) {
        for item in opened { try open(item, of: saga, by: position, at: instant) }
    }

    private mutating func open(
        _ item: Opened, of saga: SagaInstance, by position: JournalPosition, at instant: Instant
    ) throws(ReplayFailure) {
        try check(item.step, of: saga, at: position)
        let before = saga.task(item.step, item.direction)
        guard !before.isCurrent, item.number > 0, item.number - 1 == before.attempts else {
            throw ReplayFailure(
                position: position,
                reason: "attempt \(item.number) cannot follow \(before.attempts)")
        }
        try move(
            item.step, of: saga,
            to: item.direction == .action ? .scheduled : .compensating, at: position)
        let task = saga.own(item.step, item.direction)
        task.token = Token(epoch: lastEpoch, number: item.number)
        task.attempts = item.number
        task.openedBy = position
        task.dueAt = task.dueAt ?? instant
        if let child = item.child { task.updateExtras { $0.children.append(child) } }
        counts.current += 1
        output.opened.append(
            Output.OpenedTask(saga: saga, step: item.step, direction: item.direction))
    }

    /// A task is over: what this life has set for it goes.
    private mutating func noteClosed(
        _ step: StepIndex, _ direction: Direction, of saga: SagaInstance
    ) {
        guard saga.task(step, direction).extras != nil else { return }
        output.closed.append(Output.OpenedTask(saga: saga, step: step, direction: direction))
    }

    mutating func applyEnd(
        _ ended: SagaEnded, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        for place in saga.steps.indices {
            let progress = saga.steps[place]
            if progress.action.isCurrent { end(StepIndex(place), .action, of: saga, at: ended.at) }
            if progress.undo.isCurrent {
                end(StepIndex(place), .compensation, of: saga, at: ended.at)
            }
        }
        saga.outputOf = ended.outputOf
        saga.forgetWayBack()
        if ended.output != nil || !ended.left.isEmpty {
            saga.updateParticulars { more in
                more.output = ended.output
                more.left = ended.left
            }
        }
        if saga.isSuspended || saga.hasParticulars { lift(saga) }
        if saga.raised.contains(.noParticipant) { counts.withoutParticipant -= 1 }
        saga.raised = []
        counts.live -= 1
        saga.registered.liveSagas -= 1
        if let hash = saga.facts.keyHash, let until = ended.keyUntil {
            keys.end(
                hash, of: saga.facts.id, at: until,
                mayBeReplaced: ended.state == .compensated || ended.state == .abandoned)
        }
        retire(saga, endedBy: position)
    }

    /// Ends a task of a saga that is over.
    private mutating func end(
        _ step: StepIndex, _ direction: Direction, of saga: SagaInstance, at instant: Instant
    ) {
        counts.current -= 1
        saga.own(step, direction).close(at: instant)
        noteClosed(step, direction, of: saga)
    }
}
