internal import SagaModel

/// Hands tasks to sessions: undos first and apart, the older head first where handlers share a
/// session's slots.
extension Engine {
    /// Serves every queue that got a task and every session that got a slot since the last call.
    mutating func pump() {
        // An attempt of an earlier life that ends when its turn comes may open others.
        while !dirtyQueues.isEmpty || !dirtySessions.isEmpty {
            while let queue = dirtyQueues.popLast() {
                queue.isDirty = false
                serve(queue, .compensation)
                serve(queue, .action)
            }
            guard let session = dirtySessions.popLast() else { continue }
            session.isDirty = false
            serve(session, .compensation)
            serve(session, .action)
        }
    }

    private mutating func serve(_ queue: HandlerQueue, _ direction: Direction) {
        while queue.lane(direction).waiting > 0,
            let session = queue.pickSession(direction), serveOldest(session, direction)
        {}
    }

    private mutating func serve(_ session: SessionInstance, _ direction: Direction) {
        while session.hasFreeSlot(direction), serveOldest(session, direction) {}
    }

    /// Gives a session with a free slot the oldest head of the handlers that share its slots; false
    /// if nothing waits for it.
    private mutating func serveOldest(
        _ session: SessionInstance, _ direction: Direction
    ) -> Bool {
        var oldest: (queue: HandlerQueue, head: JournalPosition)?
        for queue in session.queues where queue.lane(direction).waiting > 0 {
            guard let head = queue.lane(direction).head() else { continue }
            if oldest.map({ head < $0.head }) ?? true { oldest = (queue, head) }
        }
        guard let queue = oldest?.queue else { return false }
        guard let entry = queue.lane(direction).pop() else {
            preconditionFailure("\(queue.handler.handler) counts tasks that do not wait")
        }
        dispatch(entry, from: queue, to: session)
        return true
    }

    private mutating func dispatch(
        _ entry: Lane.Entry, from queue: HandlerQueue, to session: SessionInstance
    ) {
        let (saga, step, direction) = (entry.saga, entry.step, entry.direction)
        counts.queued -= 1
        if entry.token.epoch < lastEpoch, !PlantedBug.handsOutTwice.isPlanted,
            !reopen(entry, in: queue)
        {
            return
        }
        guard let token = saga.task(step, direction).token else {
            preconditionFailure("a queued task has no open attempt")
        }
        launch(
            saga, step, direction, to: session, isHandedOut: false,
            within: saga.resolved(step).startToClose)
        session.hold(
            AttemptKey(saga: saga.facts.start, step: step, direction: direction, token: token),
            SessionInstance.Attempt(saga: saga, step: step, direction: direction))
        held.add(.dispatch(makeOrder(saga, step, direction, token), of: saga, to: session))
    }

    /// Ends an attempt of an earlier life as unknown, without cost, and opens the next one in its
    /// place; false if there can be none.
    private mutating func reopen(_ entry: Lane.Entry, in queue: HandlerQueue) -> Bool {
        let (saga, step, direction) = (entry.saga, entry.step, entry.direction)
        let wasFirst = saga.task(step, direction).isFirst
        let end = AttemptEnd(
            saga: saga, step: step, direction: direction, outcome: .unknown(.coordinatorRestarted))
        guard mayOpenAnother(step, direction, in: saga) else {
            // Taken from its lane: it goes as one that is waiting there goes.
            queue.lane(direction).landed(isFirst: wasFirst)
            queue.lane(direction).cameBack()
            counts.queued += 1
            endAttempt(end)
            return false
        }
        saga.update(step, direction) { $0.place = .idle }
        record(end, next: .again(saga.nextNumber(of: step, direction)))
        // The record put the new attempt at the end of the line; it is this task's turn.
        counts.queued -= 1
        queue.lane(direction).serveAtOnce(wasFirst: wasFirst)
        return true
    }

    private func makeOrder(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction, _ token: Token
    ) -> TaskOrder {
        var undo: UndoOrder?
        if direction == .compensation {
            let progress = saga.steps[step.rawValue]
            // An optional step that is undone by itself is its own reason.
            let reason =
                saga.backReason
                ?? BackReason(step: step, failure: progress.action.shownFailure)
            undo = UndoOrder(
                output: progress.knowledge == .done ? progress.output : nil, reason: reason)
        }
        return TaskOrder(
            saga: saga.facts, step: step, token: token, input: input(of: step, in: saga),
            undo: undo, previousProgress: saga.task(step, direction).progress,
            startPosition: saga.running?.position)
    }

    /// What the handler of a step gets: cut again from the same sources, so always the same.
    func input(of step: StepIndex, in saga: SagaInstance) -> Payload {
        let resolved = saga.resolved(step)
        guard resolved.input != nil else { return saga.facts.input }
        let data = SagaData(saga: saga, limit: limits.outputLimitBytes)
        // It was there when the step became current, and its sources do not change.
        guard case .success(let input) = data.input(of: resolved) else { return .empty }
        return input
    }
}
