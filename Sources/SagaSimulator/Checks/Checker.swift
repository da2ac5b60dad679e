internal import Saga
internal import SagaCoordinator
internal import SagaEngine
internal import SagaModel

/// Holds what happens against what was promised.
struct Checker {
    /// What was broken, with its time.
    private(set) var violations: [String] = []
    /// Sagas whose start was acknowledged, in order.
    private(set) var sagas: [SagaID] = []
    private var isKnown: [SagaID: Bool] = [:]
    private var ends: [SagaID: SagaState] = [:]
    private var newestToken: [TaskRef: Token] = [:]
    /// The attempt of a task whose success was taken.
    private var completed: [TaskRef: Token] = [:]
    private var byHand: [Business.StepKey: Bool] = [:]
    private var undoneByHand: [Business.StepKey: Bool] = [:]
    /// Steps whose action a handler has begun.
    private var hasBegun: [Business.StepKey: Bool] = [:]
    private var abandoned: [SagaID: Bool] = [:]
    private var sentBack: [SagaID: Bool] = [:]
    private let graphs: [String: SagaGraph]

    init(_ definitions: [SagaDefinition]) {
        graphs = Dictionary(
            definitions.map { ($0.name, SagaGraph($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Notes that something is broken.
    mutating func fail(_ now: WorldTime, _ text: String) {
        // One fault breaks the same rule again and again.
        guard violations.count < 20 else { return }
        violations.append("at \(now.microseconds) us: \(text)")
    }

    // MARK: - Promises to clients

    /// A client was told that its saga has started.
    mutating func acknowledged(_ saga: SagaID, _ definition: String) {
        guard isKnown.updateValue(true, forKey: saga) == nil else { return }
        sagas.append(saga)
    }

    /// A client was told that its saga has ended or parked.
    mutating func sawEnd(
        _ saga: SagaID, _ state: SagaState, onRecord: SagaState?, _ now: WorldTime
    ) {
        if state.isEnded, onRecord != state {
            fail(now, "\(saga) is seen \(state.label), and is not on record as that")
        }
        if let before = ends[saga], before.isEnded, before != state {
            fail(now, "\(saga) was \(before.label) and is \(state.label)")
        }
        ends[saga] = state
    }

    /// A deferred attempt was answered, and the answer was taken.
    mutating func completed(_ attempt: TaskAttempt, _ outcome: AttemptOutcome) {
        if case .succeeded = outcome { completed[attempt.task] = attempt.token }
    }

    /// A participant was told that its result is taken.
    mutating func taken(
        _ attempt: TaskAttempt, _ outcome: AttemptOutcome, isOpen: Bool, _ now: WorldTime
    ) {
        if case .deferred = outcome { return }
        if isOpen { fail(now, "\(attempt) is acknowledged, and its end is not on record") }
        completed(attempt, outcome)
    }

    /// The operator tells a saga something.
    mutating func gave(_ verb: Verb, _ saga: SagaID, _ step: String) {
        switch verb {
        case .skip: byHand[Business.StepKey(saga: saga, step: step)] = true
        case .markCompensated:
            byHand[Business.StepKey(saga: saga, step: step)] = true
            undoneByHand[Business.StepKey(saga: saga, step: step)] = true
        case .abandon: abandoned[saga] = true
        case .compensate: sentBack[saga] = true
        case .cancel, .suspend, .resume, .retry: break
        }
    }

    /// A life has begun: nothing that was acknowledged is gone.
    mutating func recovered<Output>(
        _ coordinator: SteppedCoordinator<Output>, _ now: WorldTime
    ) {
        for saga in sagas {
            guard let state = coordinator.standing(of: saga)?.state else {
                fail(now, "\(saga) was acknowledged and is gone")
                continue
            }
            if let end = ends[saga], end.isEnded, end != state {
                fail(now, "\(saga) was \(end.label) before the start and is \(state.label)")
            }
        }
        self.coordinator(coordinator, now)
    }

    /// What the engine counts is what is there, and everything that goes on has one cause.
    mutating func coordinator<Output>(
        _ coordinator: SteppedCoordinator<Output>, _ now: WorldTime
    ) {
        if let text = coordinator.inconsistency { fail(now, text) }
    }

    // MARK: - Promises to participants

    /// A participant got a task.
    ///
    /// - Parameter opened: how many attempts of it are durable.
    mutating func handedOut(
        _ task: ReceivedTask, _ business: Business, opened: UInt32?, _ now: WorldTime
    ) {
        let reference = task.attempt.task
        let token = task.attempt.token
        if let opened, opened < token.number {
            fail(now, "\(task.idempotencyKey) is handed out, and not on record")
        }
        // An older one may only have been long on its way.
        if token == newestToken[reference] {
            fail(now, "\(task.idempotencyKey) is handed out twice")
        }
        newestToken[reference] = max(newestToken[reference] ?? token, token)
        if let done = completed[reference], done < token {
            fail(now, "\(task.idempotencyKey) was answered, and is asked again")
        }
        guard let graph = graphs[task.definition], let place = graph.place(reference.step) else {
            fail(now, "\(task.idempotencyKey) is of no known step")
            return
        }
        if task.undo == nil {
            hasBegun[Business.StepKey(saga: reference.saga, step: reference.step)] = true
            forward(reference, graph, place, business, now)
        } else {
            back(reference, token, graph, place, business, now)
        }
    }

    /// Everything that a step waits for is done before it.
    private mutating func forward(
        _ task: TaskRef, _ graph: SagaGraph, _ place: Int, _ business: Business, _ now: WorldTime
    ) {
        for before in graph.steps where before.dependants.contains(place) {
            guard before.hasHandler, !before.mayBeLeftOut, !isByHand(task.saga, before.name),
                business.row(task.saga, before.name) != .done
            else { continue }
            // An action that is long on its way may come when its saga has gone back since.
            guard business.row(task.saga, before.name) != .undone else { continue }
            fail(now, "\(task.step) of \(task.saga) runs before \(before.name) is done")
        }
    }

    /// Everything that came after a step is undone before it, and nothing that has passed its
    /// pivot is undone.
    private mutating func back(
        _ reference: TaskRef, _ token: Token, _ graph: SagaGraph, _ place: Int,
        _ business: Business, _ now: WorldTime
    ) {
        // What an optional step left in doubt is undone while the saga goes on. It may have been by
        // a later attempt or by hand, with this one long on its way.
        guard token == newestToken[reference],
            !isUndoneByHand(reference.saga, reference.step)
        else { return }
        for later in graph.steps[place].dependants {
            let step = graph.steps[later]
            guard step.isCompensated, business.row(reference.saga, step.name) == .done,
                !isByHand(reference.saga, step.name),
                !business.refusedUndo(reference.saga, step.name)
            else { continue }
            fail(now, "\(reference.step) of \(reference.saga) is undone before \(step.name)")
        }
        if let pivot = graph.steps.first(where: \.isPivot),
            graph.steps[place].dependants.contains(where: { graph.steps[$0].isPivot }),
            business.row(reference.saga, pivot.name) == .done,
            // An operator may decide that it has not happened.
            sentBack[reference.saga] == nil
        {
            fail(now, "\(reference.saga) is undone past its pivot \(pivot.name)")
        }
    }

    private func isByHand(_ saga: SagaID, _ step: String) -> Bool {
        byHand[Business.StepKey(saga: saga, step: step)] != nil
    }

    private func isUndoneByHand(_ saga: SagaID, _ step: String) -> Bool {
        undoneByHand[Business.StepKey(saga: saga, step: step)] != nil
    }

    /// A token that is older than one that was handed out; nil if there is none.
    func staleToken(_ task: TaskRef) -> Token? {
        guard let newest = newestToken[task] else { return nil }
        if newest.number > 1 { return Token(epoch: newest.epoch, number: newest.number - 1) }
        guard newest.epoch > Epoch(1) else { return nil }
        return Token(epoch: Epoch(1), number: newest.number)
    }

    // MARK: - The end

    /// Everything has worked for long: every saga has ended as it should.
    mutating func ended<Output>(
        _ coordinator: SteppedCoordinator<Output>, _ business: Business, _ now: WorldTime
    ) {
        recovered(coordinator, now)
        var expected: Int64 = 0
        for standing in coordinator.standings {
            guard let graph = graphs[standing.definition] else {
                fail(now, "\(standing.id) runs by the unknown \(standing.definition)")
                continue
            }
            check(standing, graph, business, now)
            let steps = coordinator.inspect { $0.stepStandings(at: standing.start) }
            expected += book(standing, graph, steps, business, now)
        }
        if business.ledger.customer + business.ledger.services != 0 { fail(now, "money is gone") }
        if business.ledger.services != expected { fail(now, "the services hold another sum") }
    }

    /// What the services got for a saga by what the coordinator says of its steps.
    private mutating func book(
        _ standing: SagaStanding, _ graph: SagaGraph, _ steps: [StepStanding],
        _ business: Business, _ now: WorldTime
    ) -> Int64 {
        var sum: Int64 = 0
        for (step, there) in zip(graph.steps, steps) where step.hasHandler {
            let key = Business.StepKey(saga: standing.id, step: step.name)
            let isThere = business.ledger.isThere(key)
            let claimed = isByHand(standing.id, step.name) ? nil : there.movesMoney(step)
            if let claimed, claimed != isThere, standing.state != .abandoned {
                fail(now, "the money of \(step.name) of \(standing.id), which is \(there.state)")
            }
            if claimed ?? isThere { sum += Ledger.amount(key) }
        }
        return sum
    }

    private mutating func check(
        _ standing: SagaStanding, _ graph: SagaGraph, _ business: Business, _ now: WorldTime
    ) {
        let saga = standing.id
        for step in graph.steps where step.hasHandler && !isByHand(saga, step.name) {
            let row = business.row(saga, step.name)
            switch standing.state {
            case .completed where row != .done && !step.mayBeLeftOut:
                fail(now, "\(saga) is COMPLETED, and \(step.name) is not done")
            case .compensated where row == .done && step.isCompensated:
                fail(now, "\(saga) is COMPENSATED, and \(step.name) is not undone")
            case .compensated
            where row == nil && step.isCompensated
                && hasBegun[Business.StepKey(saga: saga, step: step.name)] != nil:
                fail(now, "\(saga) is COMPENSATED, and \(step.name) was left in doubt")
            case .pending, .running, .compensating, .failed, .completed, .compensated, .abandoned:
                break
            }
        }
        switch standing.state {
        case .pending, .running, .compensating, .failed:
            let more = standing.isSuspended ? ", suspended" : ""
            fail(now, "\(saga) is stuck: \(standing.state.label)\(more)")
        case .abandoned where abandoned.isEmpty: fail(now, "\(saga) was given up by nobody")
        case .completed, .compensated, .abandoned: break
        }
    }
}

extension StepStanding {
    /// Whether a step has moved its money and not moved it back, as the coordinator knows it; nil
    /// if it does not know.
    fileprivate func movesMoney(_ step: SagaGraph.Step) -> Bool? {
        switch state {
        case .succeeded: true
        case .pending, .skipped, .compensated: false
        // What is not undone is not looked into either.
        case .failed: knowledge == .nothing && step.isCompensated ? false : nil
        case .scheduled, .running, .compensating, .compensationFailed: nil
        }
    }
}
