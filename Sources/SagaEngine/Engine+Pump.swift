internal import SagaModel

/// Hands tasks to sessions: undos first and apart, the older head first where handlers share a
/// session's slots.
extension Engine {
    /// Serves every queue that got a task and every session that got a slot since the last call, as
    /// far as there is room in the journal for what comes of it.
    mutating func pump() {
        guard space.takesRecords else { return }
        let takesActions = space.takesForwardWork || PlantedBug.handsOutInSpare.isPlanted
        // An attempt of an earlier life that ends when its turn comes may open others.
        while !dirtyQueues.isEmpty || !dirtySessions.isEmpty {
            while let queue = dirtyQueues.popLast() {
                queue.isDirty = false
                serve(queue, .compensation)
                if takesActions { serve(queue, .action) }
            }
            guard let session = dirtySessions.popLast() else { continue }
            session.isDirty = false
            serve(session, .compensation)
            if takesActions { serve(session, .action) }
        }
    }

    private mutating func serve(_ queue: HandlerQueue, _ direction: Direction) {
        while lanes[queue.lane(direction).index].waiting > 0,
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
        var oldest: LaneID?
        for lane in direction == .action ? session.actions : session.undos
        where lanes[lane.index].waiting > 0 {
            if let oldest, !isOlder(lane, than: oldest) { continue }
            oldest = lane
        }
        guard let lane = oldest else { return false }
        guard let entry = lanes[lane.index].pop() else {
            preconditionFailure("lane \(lane.index) counts tasks that do not wait")
        }
        dispatch(entry, from: lane, to: session)
        return true
    }

    private mutating func isOlder(_ lane: LaneID, than other: LaneID) -> Bool {
        guard let head = lanes[lane.index].head() else { return false }
        return lanes[other.index].head().map { head < $0 } ?? true
    }

    private mutating func dispatch(
        _ entry: Lane.Entry, from lane: LaneID, to session: SessionInstance
    ) {
        let (saga, step, direction) = (entry.saga, entry.step, entry.direction)
        counts.queued -= 1
        if let since = saga.task(step, direction).queuedSince { countWait(of: entry, since: since) }
        if entry.token.epoch < lastEpoch, !PlantedBug.handsOutTwice.isPlanted,
            !reopen(entry, in: lane)
        {
            return
        }
        guard let token = saga.task(step, direction).token else {
            preconditionFailure("a queued task has no open attempt")
        }
        launch(
            saga, step, direction, to: session, isHandedOut: false,
            microseconds: saga.resolved(step).startToCloseMicroseconds)
        session.hold(
            AttemptKey(saga: saga.facts.start, step: step, direction: direction, token: token),
            of: saga)
        held.add(
            .dispatch(
                HeldEffects.Dispatch(
                    saga: saga, session: session,
                    undo: direction == .compensation ? undoOrder(saga, step) : nil, token: token,
                    step: step, direction: direction)))
    }

    /// Ends an attempt of an earlier life as unknown, without cost, and opens the next one in its
    /// place; false if there can be none.
    private mutating func reopen(_ entry: Lane.Entry, in lane: LaneID) -> Bool {
        let (saga, step, direction) = (entry.saga, entry.step, entry.direction)
        let wasFirst = saga.task(step, direction).isFirst
        let end = AttemptEnd(
            saga: saga, step: step, direction: direction, outcome: .unknown(.coordinatorRestarted))
        guard mayOpenAnother(step, direction, in: saga) else {
            // Taken from its lane: it goes as one that is waiting there goes.
            lanes[lane.index].landed(isFirst: wasFirst)
            lanes[lane.index].cameBack()
            counts.queued += 1
            endAttempt(end)
            return false
        }
        saga.update(step, direction) { $0.place = .idle }
        record(end, next: .again(saga.nextNumber(of: step, direction)))
        // The record put the new attempt at the end of the line; it is this task's turn.
        counts.queued -= 1
        lanes[lane.index].serveAtOnce(wasFirst: wasFirst)
        return true
    }

    /// What a compensation is told of the action that it undoes.
    private func undoOrder(_ saga: SagaInstance, _ step: StepIndex) -> UndoOrder {
        let progress = saga.steps[step.rawValue]
        // An optional step that is undone by itself is its own reason.
        let reason =
            saga.backReason ?? BackReason(step: step, failure: progress.action.shownFailure)
        return UndoOrder(
            output: progress.knowledge == .done ? progress.output : nil, reason: reason)
    }
}
