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
        for saga in order.kept {
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
            for step in saga.stepIndices {
                for direction in [Direction.action, .compensation] {
                    let task = saga.task(step, direction)
                    guard task.hasItsPlace else { return "\(saga.facts.start) \(step): no place" }
                    found.count(task)
                    if let fault = flightFault(task, saga, step, direction) { return fault }
                }
            }
        }
        if found.annotations != counts.annotations {
            return "counts \(counts.annotations), found \(found.annotations)"
        }
        for queue in queuesInOrder {
            for lane in [lanes[queue.actions.index], lanes[queue.undos.index]] {
                laneFlights += lane.inFlight
                found.queued -= lane.waiting
                if lane.stored > 2 * lane.waiting + 200 { return "stale entries in a lane" }
            }
        }
        if laneFlights != counts.inFlight { return "lanes fly \(laneFlights)" }
        if found.queued != 0 { return "lanes wait otherwise by \(found.queued)" }
        return slotFault() ?? statementFault() ?? timerFault(ofSagas: sagaTimers)
    }

    /// Of a saga that stands still nothing is queued or about to be handed out, and no limit runs.
    private func stillnessFault(_ saga: SagaInstance) -> String? {
        for step in saga.stepIndices {
            for direction in [Direction.action, .compensation] {
                let task = saga.task(step, direction)
                switch task.place {
                case .queued where saga.isHalted: return "\(saga.facts.start) stands and is queued"
                case .inFlight(let flight) where saga.isHalted && !flight.isHandedOut:
                    return "\(saga.facts.start) stands and is handed out"
                case .held where !saga.isHalted: return "\(saga.facts.start) is held and runs"
                case .deferred(let timer?) where saga.isHalted:
                    return "\(saga.facts.start) stands and \(timer) runs"
                case .idle, .waiting, .queued, .inFlight, .fromEarlierLife, .deferred, .held,
                    .child:
                    break
                }
                if saga.isHalted, task.extras?.startTimer != nil || task.extras?.closeTimer != nil {
                    return "\(saga.facts.start) stands and a limit runs"
                }
                if !task.isCurrent, task.extras?.startTimer != nil || task.extras?.closeTimer != nil
                {
                    return "\(saga.facts.start) \(step) is over and a limit runs"
                }
            }
        }
        if saga.state == .running, !saga.isHalted, saga.timer == nil, timeoutWait(of: saga) != nil {
            return "\(saga.facts.start) has a timeout and no timer"
        }
        return saga.isHalted && saga.timer != nil ? "\(saga.facts.start) stands, timed" : nil
    }

    /// What a person should look at is raised, or will be.
    private func attentionFault(_ saga: SagaInstance) -> String? {
        guard !saga.isQuarantined else { return nil }
        let name = "\(saga.facts.start)"
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
    private func statementFault() -> String? {
        guard life != nil, let next = nextToRestate else { return nil }
        let oldest = order.kept.filter { $0.facts.parent == nil }.map(\.statedAt).min()
        return oldest == next.statedAt
            ? nil : "\(next.facts.start) is stated anew before what was stated earlier"
    }

    private func slotFault() -> String? {
        for session in sessions.all {
            let undoing = session.attempts.all.count { $0.tableKey.direction == .compensation }
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

    private func timerFault(ofSagas sagaTimers: Int) -> String? {
        if space.takesForwardWork, timers.keptCount > 0 {
            return "\(timers.keptCount) timers wait for room that is there"
        }
        let silences = sessions.count
        let graces = instances.values.count { record in
            if case .lost? = record.session?.state { true } else { false }
        }
        let reopenings = sessions.all.reduce(0) { total, session in
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
        let blocked = stepIndices.contains {
            steps[$0.rawValue].state == .failed && !resolved($0).isOptional
        }
        if blocked != hasFailedRequiredStep { return "\(facts.start) counts failed steps wrongly" }
        if hasEndedForward() != stepIndices.allSatisfy({ isForwardEnd($0) }) {
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
        for step in steps {
            for task in [step.action, step.undo] {
                if task.extras?.startTimer != nil { count += 1 }
                if task.extras?.closeTimer != nil { count += 1 }
                if case .deferred(.some) = task.place { count += 1 }
            }
        }
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
