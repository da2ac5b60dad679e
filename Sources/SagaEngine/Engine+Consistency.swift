internal import SagaModel

extension Engine {
    /// What the engine counts and what is there, compared, and whether each task that goes on has
    /// its one cause of progress; nil if all is well. It looks at everything: for tests and
    /// simulations.
    package func inconsistency() -> String? {
        if orphans != 0 { return "\(orphans) orphans" }
        var found = Counts()
        var laneFlights = 0
        var sagaTimers = 0
        var oldestStatement: JournalPosition?
        for saga in order.kept {
            if saga.facts.parent == nil {
                oldestStatement = min(oldestStatement ?? saga.statedAt, saga.statedAt)
            }
            if saga.state.isEnded {
                // Most sagas of a long life are: they are looked at no further.
                guard saga.isAtRest else { return "\(saga.facts.start) ended and goes on" }
                continue
            } else if !saga.hasCurrentTask, !saga.isHalted, saga.state != .pending {
                return "nothing moves saga \(saga.facts.start) on"
            }
            if saga.state == .pending, saga.timer == nil, !saga.isHalted {
                return "nothing starts saga \(saga.facts.start)"
            }
            if let fault = stillnessFault(saga) { return fault }
            if let fault = attentionFault(saga) { return fault }
            if let fault = saga.courseFault { return fault }
            sagaTimers += saga.timers
            for place in saga.steps.indices {
                let step = StepIndex(place)
                let fault =
                    taskFault(saga, step, .action, &found)
                    ?? taskFault(saga, step, .compensation, &found)
                if let fault { return fault }
            }
        }
        if found.annotations != counts.annotations {
            return "counts \(counts.annotations), found \(found.annotations)"
        }
        for queue in queuesInOrder {
            if let fault = laneFault(queue.actions) ?? laneFault(queue.undos) { return fault }
            laneFlights += inFlight(queue.actions) + inFlight(queue.undos)
            found.queued -= waiting(queue.actions) + waiting(queue.undos)
        }
        if laneFlights != counts.inFlight { return "lanes fly \(laneFlights)" }
        if found.queued != 0 { return "lanes wait otherwise by \(found.queued)" }
        let attached = sessions.all
        return slotFault(attached) ?? statementFault(oldestStatement)
            ?? timerFault(attached, ofSagas: sagaTimers)
    }

    private func laneFault(_ lane: LaneID) -> String? {
        lanes[lane.index].stored > 2 * lanes[lane.index].waiting + 200
            ? "stale entries in a lane" : nil
    }

    private func inFlight(_ lane: LaneID) -> Int { lanes[lane.index].inFlight }

    private func waiting(_ lane: LaneID) -> Int { lanes[lane.index].waiting }

    /// A task has its place, and fits the place of its saga; it is counted.
    private func taskFault(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction, _ found: inout Counts
    ) -> String? {
        let task = saga.task(step, direction)
        // Of one that was never touched there is nothing that could be wrong.
        guard !task.isUntouched else { return nil }
        guard task.hasItsPlace else { return "\(saga.facts.start) \(step): no place" }
        found.count(task)
        return taskStillnessFault(task, saga, step)
            ?? flightFault(task, saga, step, direction)
    }

    /// Of a saga that stands still no task is queued or about to be handed out, and no limit runs.
    private func taskStillnessFault(
        _ task: TaskProgress, _ saga: SagaInstance, _ step: StepIndex
    ) -> String? {
        switch task.place {
        case .queued where saga.isHalted: return "\(saga.facts.start) stands and is queued"
        case .inFlight(let flight) where saga.isHalted && !flight.isHandedOut:
            return "\(saga.facts.start) stands and is handed out"
        case .held where !saga.isHalted: return "\(saga.facts.start) is held and runs"
        case .deferred(let timer?) where saga.isHalted:
            return "\(saga.facts.start) stands and \(timer) runs"
        case .idle, .waiting, .queued, .inFlight, .fromEarlierLife, .deferred, .held, .child: break
        }
        guard let extras = task.extras, extras.startTimer != nil || extras.closeTimer != nil else {
            return nil
        }
        if saga.isHalted { return "\(saga.facts.start) stands and a limit runs" }
        return task.isCurrent ? nil : "\(saga.facts.start) \(step) is over and a limit runs"
    }

    /// A saga that stands still has no timer of its own, and one that runs out has.
    private func stillnessFault(_ saga: SagaInstance) -> String? {
        if saga.state == .running, !saga.isHalted, saga.timer == nil, timeoutWait(of: saga) != nil {
            return "\(saga.facts.start) has a timeout and no timer"
        }
        return saga.isHalted && saga.timer != nil ? "\(saga.facts.start) stands, timed" : nil
    }

    /// What a person should look at is raised, or will be.
    private func attentionFault(_ saga: SagaInstance) -> String? {
        guard !saga.isQuarantined else { return nil }
        // Said only where something is wrong: this is asked of each saga in each turn.
        let name = saga.facts.start
        let wanted = wantedAttention(
            of: saga, raising: [.noParticipant, .undoFailing], looksForPivot: true)
        // Until the participants of the life before had their time, nobody is missed.
        let isLookedAt = attentionWalk != nil || recovery != nil
        // What an older binary did not raise is raised by a walk through the first turns of a life.
        let isCaughtUp =
            attentionWalk.map { $0.turns == 0 && timers.due(of: $0.timer) > now } ?? true
        let differs = wanted.symmetricDifference(saga.raised)
        if isCaughtUp, !differs.isDisjoint(with: .ofRecords) {
            return "\(name) has raised \(saga.raised.reasons), not \(wanted.reasons)"
        }
        if wanted.contains(.undoFailing) {
            if !saga.raised.contains(.undoFailing), saga.undoWatch == nil {
                return "\(name) has an undo that fails unwatched"
            }
        } else if saga.raised.contains(.undoFailing) {
            return "\(name) has raised an undo that does not fail"
        }
        if wanted.contains(.noParticipant) != saga.raised.contains(.noParticipant), !isLookedAt {
            return "\(name) waits for a participant or not, and is not looked at"
        }
        return nil
    }

    private func flightFault(
        _ task: TaskProgress, _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) -> String? {
        guard case .inFlight(let flight) = task.place, let token = task.token else { return nil }
        let key = AttemptKey(
            saga: saga.facts.start, step: step, direction: direction, token: token)
        if flight.session.attempts[key] == nil { return "\(key) flies without a slot" }
        if !flight.session.isConnected, !flight.isHandedOut { return "\(key) is not withdrawn" }
        if case .ended = flight.session.state { return "\(key) flies with a session that ended" }
        var end = flight.deadline
        if let heartbeat = saga.resolved(step).heartbeat {
            end = min(end, max(flight.beatAt, resumedAt) + heartbeat)
        }
        return timers.due(of: flight.timer) > end ? "\(key) is looked at too late" : nil
    }

    /// No root saga has an older statement than the one that is stated anew next.
    private func statementFault(_ oldest: JournalPosition?) -> String? {
        guard life != nil, let next = nextToRestate else { return nil }
        return oldest == next.statedAt
            ? nil : "\(next.facts.start) is stated anew before what was stated earlier"
    }

    private func slotFault(_ attached: [SessionInstance]) -> String? {
        for session in attached {
            let undoing = session.attempts.count(where: { $0.tableKey.direction == .compensation })
            if session.undoing != undoing { return "\(session.id) undoes \(session.undoing)" }
            if Int(session.running) != session.attempts.count - undoing {
                return "\(session.id) runs \(session.running)"
            }
            for direction in [Direction.action, .compensation]
            where session.hasFreeSlot(direction) && hasRoom(for: direction) {
                for queue in session.queues
                where lanes[queue.lane(direction).index].waiting > 0 {
                    return "\(session.id) has a slot, and a task of \(queue.handler) waits"
                }
            }
        }
        return nil
    }

    private func hasRoom(for direction: Direction) -> Bool {
        switch direction {
        case .action: space.takesForwardWork
        case .compensation: space.takesRecords
        }
    }

    private func timerFault(
        _ attached: [SessionInstance], ofSagas sagaTimers: Int
    ) -> String? {
        if space.takesForwardWork, timers.keptCount > 0 {
            return "\(timers.keptCount) timers wait for room that is there"
        }
        let silences = sessions.count
        let graces = instances.values.count { record in
            if case .lost? = record.session?.state { true } else { false }
        }
        let reopenings = attached.reduce(0) { total, session in
            total + session.closed.values.count { $0 != nil }
        }
        let gate = recovery?.timer == nil ? 0 : 1
        let attention =
            (attentionWalk == nil ? 0 : 1) + (attentionLog.timer == nil ? 0 : 1)
        let wanted =
            silences + graces + reopenings + gate + attention + counts.waiting + counts.inFlight
            + waitingCalls.count + sagaTimers
        return timers.count == wanted ? nil : "\(timers.count) timers, \(wanted) wanted"
    }
}

extension SagaInstance {
    /// What was remembered of its course and is not so when all is looked at anew.
    fileprivate var courseFault: String? {
        let blocked = steps.indices.contains {
            steps[$0].state == .failed && !resolved(StepIndex($0)).isOptional
        }
        if blocked != hasFailedRequiredStep { return "\(facts.start) counts failed steps wrongly" }
        if hasEndedForward() != steps.indices.allSatisfy({ isForwardEnd(StepIndex($0)) }) {
            return "\(facts.start) is not done where it says so"
        }
        guard state == .compensating, !isHalted, var way = wayBack else { return nil }
        let due = way.advance { self.undoStanding(of: $0) }
        var anew = WayBack(facts.definition)
        let dueAnew = anew.advance { self.undoStanding(of: $0) }
        return due == dueAnew && way.settled == anew.settled
            ? nil : "\(facts.start) goes back otherwise than it should: \(due), \(dueAnew)"
    }

    /// How many timers its limits have.
    fileprivate var timers: Int {
        var count = (timer == nil ? 0 : 1) + (undoWatch == nil ? 0 : 1)
        for step in steps { count += step.action.limitTimers + step.undo.limitTimers }
        return count
    }

    /// Whether nothing of it goes on, waits or is timed.
    fileprivate var isAtRest: Bool {
        timer == nil && undoWatch == nil && raised == []
            && steps.allSatisfy { $0.action.isAtRest && $0.undo.isAtRest }
    }

    fileprivate var hasCurrentTask: Bool {
        steps.contains { $0.action.isCurrent || $0.undo.isCurrent }
    }
}

extension TaskProgress {
    /// How many timers its limits have.
    fileprivate var limitTimers: Int {
        guard let fields else { return 0 }
        var count = 0
        if let extras = fields.extras {
            if extras.startTimer != nil { count += 1 }
            if extras.closeTimer != nil { count += 1 }
        }
        if case .deferred(.some) = fields.place { count += 1 }
        return count
    }

    fileprivate var isAtRest: Bool {
        guard !isUntouched else { return true }
        guard !isCurrent, extras?.startTimer == nil, extras?.closeTimer == nil else { return false }
        return if case .idle = place { true } else { false }
    }
}

extension Engine.Counts {
    fileprivate var annotations: [Int] {
        [queued, inFlight, waiting, fromEarlierLife, deferred, held, children]
    }

    fileprivate mutating func count(_ task: TaskProgress) {
        switch task.place {
        case .idle: break
        case .waiting: waiting += 1
        case .queued: queued += 1
        case .inFlight: inFlight += 1
        case .fromEarlierLife: fromEarlierLife += 1
        case .deferred: deferred += 1
        case .held: held += 1
        case .child: children += 1
        }
    }
}
