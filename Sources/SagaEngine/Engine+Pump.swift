internal import SagaModel

/// Hands tasks to sessions: undos first and apart, the older head first where handlers share a
/// session's slots.
extension Engine {
    /// Serves every queue that got a task and every session that got a slot since the last call.
    mutating func pump() {
        while let queue = dirtyQueues.popLast() {
            queue.isDirty = false
            serve(queue, .compensation)
            serve(queue, .action)
        }
        while let session = dirtySessions.popLast() {
            session.isDirty = false
            serve(session, .compensation)
            serve(session, .action)
        }
    }

    private mutating func serve(_ queue: HandlerQueue, _ direction: Direction) {
        while queue.withLane(direction, { $0.waiting > 0 }),
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
        for queue in session.queues where queue.withLane(direction, { $0.waiting > 0 }) {
            guard let head = queue.withLane(direction, { $0.head() }) else { continue }
            if oldest.map({ head < $0.head }) ?? true { oldest = (queue, head) }
        }
        guard let queue = oldest?.queue else { return false }
        guard let entry = queue.withLane(direction, { $0.pop() }) else {
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
        if entry.token.epoch < lastEpoch { reopen(entry, in: queue) }
        guard let token = saga.task(step, direction).token else {
            preconditionFailure("a queued task has no open attempt")
        }
        let startToClose = saga.facts.definition.steps[step.rawValue].startToClose
        let timer = timers.set(.attemptOverdue(saga, step, direction), at: now + startToClose)
        saga.update(step, direction) { task in
            task.place = .inFlight(
                TaskPlace.Flight(session: session, timer: timer, at: now, isHandedOut: false))
        }
        counts.inFlight += 1
        session.hold(
            AttemptKey(saga: saga.facts.start, step: step, direction: direction, token: token),
            SessionInstance.Attempt(saga: saga, step: step, direction: direction))
        output.effects.append(
            HeldEffects.Item(
                effect: .dispatch(session.id, makeOrder(saga, step, direction, token)),
                attempt: HeldEffects.Dispatch(
                    saga: saga, step: step, direction: direction, token: token, session: session)))
    }

    /// Ends an attempt of an earlier life as unknown, without cost, and opens the next one in its
    /// place.
    private mutating func reopen(_ entry: Lane.Entry, in queue: HandlerQueue) {
        let (saga, step, direction) = (entry.saga, entry.step, entry.direction)
        let wasFirst = saga.task(step, direction).isFirst
        saga.update(step, direction) { $0.place = .idle }
        record(
            AttemptEnd(
                saga: saga, step: step, direction: direction,
                outcome: .unknown(.coordinatorRestarted)),
            next: .again(saga.task(step, direction).attempts + 1))
        // The record put the new attempt at the end of the line; it is this task's turn.
        counts.queued -= 1
        queue.withLane(direction) { $0.serveAtOnce(wasFirst: wasFirst) }
    }

    private func makeOrder(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction, _ token: Token
    ) -> TaskOrder {
        var undo: UndoOrder?
        if direction == .compensation {
            guard let reason = saga.backReason else {
                preconditionFailure("saga \(saga.facts.id) undoes without a reason")
            }
            let progress = saga.steps[step.rawValue]
            undo = UndoOrder(
                output: progress.knowledge == .done ? progress.output : nil, reason: reason)
        }
        return TaskOrder(
            saga: saga.facts, step: step, token: token, input: saga.facts.input, undo: undo)
    }
}
