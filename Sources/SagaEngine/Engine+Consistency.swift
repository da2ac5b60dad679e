internal import SagaModel

extension Engine {
    /// What the engine counts and what is there, compared, and whether each task that goes on has
    /// its one cause of progress; nil if all is well. It looks at everything: for tests and
    /// simulations.
    package func inconsistency() -> String? {
        if orphans != 0 { return "\(orphans) orphans" }
        var found = Counts()
        var laneFlights = 0
        for saga in order.kept {
            if saga.state.isEnded || saga.state == .failed {
                guard !saga.hasCurrentTask else { return "\(saga.facts.start) ended and goes on" }
            } else if !saga.hasCurrentTask {
                return "nothing moves saga \(saga.facts.start) on"
            }
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
            for lane in [queue.actions, queue.undos] {
                laneFlights += lane.inFlight
                found.queued -= lane.waiting
                if lane.stored > 2 * lane.waiting + 200 { return "stale entries in a lane" }
            }
        }
        if laneFlights != counts.inFlight { return "lanes fly \(laneFlights)" }
        if found.queued != 0 { return "lanes wait otherwise by \(found.queued)" }
        return slotFault() ?? timerFault()
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
        return nil
    }

    private func slotFault() -> String? {
        for session in sessions.values {
            let undoing = session.attempts.values.count { $0.direction == .compensation }
            if session.undoing != undoing { return "\(session.id) undoes \(session.undoing)" }
            if Int(session.running) != session.attempts.count - undoing {
                return "\(session.id) runs \(session.running)"
            }
            for direction in [Direction.action, .compensation]
            where session.hasFreeSlot(direction) {
                for queue in session.queues
                where queue.withLane(direction, { $0.waiting }) > 0 {
                    return "\(session.id) has a slot, and a task of \(queue.handler) waits"
                }
            }
        }
        return nil
    }

    private func timerFault() -> String? {
        let silences = sessions.count
        let graces = instances.values.count { record in
            if case .lost? = record.session?.state { true } else { false }
        }
        let reopenings = sessions.values.reduce(0) { total, session in
            total + session.closed.values.count { $0 != nil }
        }
        let gate = recovery?.timer == nil ? 0 : 1
        let wanted =
            silences + graces + reopenings + gate + counts.waiting + counts.inFlight
            + waitingCalls.count
        return timers.count == wanted ? nil : "\(timers.count) timers, \(wanted) wanted"
    }
}

extension SagaInstance {
    fileprivate var hasCurrentTask: Bool {
        steps.contains { $0.action.isCurrent || $0.undo.isCurrent }
    }
}

extension Engine.Counts {
    fileprivate var annotations: [Int] { [queued, inFlight, waiting, fromEarlierLife] }

    fileprivate mutating func count(_ task: TaskProgress) {
        switch task.place {
        case .idle: break
        case .waiting: waiting += 1
        case .queued: queued += 1
        case .inFlight: inFlight += 1
        case .fromEarlierLife: fromEarlierLife += 1
        }
    }
}
