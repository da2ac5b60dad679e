import SagaModel

@testable import SagaEngine

/// The participants: sessions come and go, attempts run by the participant rule.
extension RandomWorld {
    func lose(_ place: Int) {
        guard let session = instances[place].session else { return }
        if chance(30) { rig.step(.draining(session)) }
        rig.step(.sessionEnded(session))
        instances[place].session = nil
        if chance(30) {
            instances[place].running = []
            instances[place].results = []
        }
        // Now and then nobody comes back in time.
        if chance(35) { pass(.seconds(12)) }
    }

    func attach(_ place: Int) {
        sessions += 1
        let session = SessionID(sessions)
        let instance = instances[place]
        let isComplete = isHealed || chance(70)
        let running = instance.running.filter { _ in isComplete || chance(50) }
        let holding = instance.results.map(\.attempt).filter { _ in isComplete || chance(50) }
        instances[place].session = session
        rig.step(
            .hello(
                session,
                Hello(
                    participant: ParticipantName(
                        namespace: "default", name: "all", instance: instance.name),
                    protocolVersion: 1, sdkVersion: "", serviceVersion: "",
                    handlers: instance.handlers.map {
                        HandlerOffer(name: $0, hasCompensation: isHealed || chance(80))
                    }, slots: UInt32(1 + random.next() % 3), undoSlots: 1, running: running,
                    holdingResults: holding, epochsMet: [])))
    }

    func send(_ place: Int) {
        guard let session = instances[place].session, !instances[place].results.isEmpty else {
            return
        }
        let result = instances[place].results[pick(instances[place].results.count)]
        rig.step(.result(session, result))
        if chance(10) { rig.step(.result(session, result)) }
    }

    func run(_ place: Int) {
        guard !instances[place].running.isEmpty else { return }
        let attempt = instances[place].running.remove(at: pick(instances[place].running.count))
        let outcome =
            attempt.task.direction == .action ? runAction(attempt) : runUndo(attempt)
        instances[place].results.append(TaskResult(attempt: attempt, outcome: outcome))
        if chance(60) { send(place) }
    }

    /// What the SDK's stores answer an attempt that comes too late; a sound coordinator has a newer
    /// one.
    static let fenced = AttemptOutcome.hold(reason: "fenced")

    func runAction(_ attempt: TaskAttempt) -> AttemptOutcome {
        switch rows[attempt.task] {
        case .done: return .succeeded(.empty)
        case .undone, .never: return Self.fenced
        case .barred(let token) where attempt.token <= token: return Self.fenced
        case .barred, nil: break
        }
        let busy = AttemptOutcome.retry(Failure(code: "busy", message: ""), after: nil)
        switch isHealed ? 0 : random.next() % 100 {
        case 0..<60:
            rows[attempt.task] = .done
            return .succeeded(.empty)
        case 60..<70:
            rows[attempt.task] = .barred(attempt.token)
            return .failed(Failure(code: "no", message: ""))
        case 70..<78: return busy
        case 78..<86:
            rows[attempt.task] = .done
            return busy
        case 86..<92:
            rows[attempt.task] = .done
            return .refused(OutputRefused(reason: "too large", size: 9, limit: 5))
        case 92..<94: return .declined(.noSlot)
        case 94: return .notYet(after: .seconds(2))
        case 95, 96:
            deferred.append(attempt)
            return .deferred(within: chance(50) ? .seconds(20) : nil)
        case 97: return .hold(reason: "look")
        default: return .declined(.handlerUnknown)
        }
    }

    func runUndo(_ attempt: TaskAttempt) -> AttemptOutcome {
        let action = TaskRef(
            saga: attempt.task.saga, step: attempt.task.step, direction: .action)
        if !isHealed {
            if chance(20) { return .retry(Failure(code: "busy", message: ""), after: nil) }
            if undosMayFail, chance(20) { return .failed(Failure(code: "stuck", message: "")) }
            if chance(5) { return .declined(.draining) }
            if chance(3) { return .notYet(after: .seconds(1)) }
            if chance(3) { return .hold(reason: "look") }
        }
        switch rows[action] {
        case .done: rows[action] = .undone
        case .undone: break
        case .barred, .never, nil: rows[action] = .never
        }
        return .succeeded(.empty)
    }

    func take(_ order: TaskOrder, _ session: SessionID) {
        let steps = order.saga.definition.steps
        if order.direction == .compensation {
            for later in order.saga.definition.dependants(of: order.step)
            where steps[later.rawValue].isCompensated
                && rows[order.saga.task(later, .action)] == .done
                && !byHand.contains(order.saga.task(later, .action))
                && rig.engine.sagas[order.saga.id]?.steps[later.rawValue].state
                    != .compensationFailed
            {
                found.append("\(order.task) is undone before \(later)")
            }
            if steps[order.step.rawValue].place == .pivot { found.append("the pivot is undone") }
        } else if [.undone, .never].contains(rows[order.task]) {
            found.append("\(order.task) goes forward after its undo")
        }
        for place in instances.indices where instances[place].session == session {
            instances[place].running.append(TaskAttempt(task: order.task, token: order.token))
        }
    }

    /// A handler that is told to stop may give up before it did anything.
    func stop(_ attempt: TaskAttempt, _ session: SessionID) {
        for place in instances.indices where instances[place].session == session {
            guard instances[place].running.contains(attempt), chance(50) else { continue }
            instances[place].running.removeAll { $0 == attempt }
            instances[place].results.append(
                TaskResult(
                    attempt: attempt,
                    outcome: .retry(Failure(code: "stopped", message: ""), after: nil)))
        }
    }
}

extension ResolvedDefinition {
    /// All steps that wait for one, directly or not.
    fileprivate func dependants(of step: StepIndex) -> Set<StepIndex> {
        var found: Set<StepIndex> = []
        var open = steps[step.rawValue].dependants
        while let next = open.popLast() {
            if found.insert(next).inserted { open += steps[next.rawValue].dependants }
        }
        return found
    }
}
