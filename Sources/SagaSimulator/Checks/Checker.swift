internal import Saga
internal import SagaCoordinator
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
    private let definitions: [String: SagaDefinition]

    init(_ definitions: [SagaDefinition]) {
        self.definitions = Dictionary(
            definitions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Notes that something is broken.
    mutating func fail(_ now: WorldTime, _ text: String) {
        // One fault breaks the same rule again and again.
        guard violations.count < 20 else { return }
        violations.append("at \(now.microseconds) us: \(text)")
    }

    // MARK: - Promises to clients

    /// A client was told that its saga has started.
    mutating func acknowledged(_ saga: SagaID) {
        guard isKnown.updateValue(true, forKey: saga) == nil else { return }
        sagas.append(saga)
    }

    /// A client was told that its saga has ended or parked.
    mutating func sawEnd(_ saga: SagaID, _ state: SagaState, _ now: WorldTime) {
        if let before = ends[saga], before.isEnded, before != state {
            fail(now, "\(saga) was \(before.label) and is \(state.label)")
        }
        ends[saga] = state
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
    mutating func handedOut(_ task: ReceivedTask, _ business: Business, _ now: WorldTime) {
        let reference = task.attempt.task
        let token = task.attempt.token
        if let newest = newestToken[reference] {
            if token == newest { fail(now, "\(task.idempotencyKey) is handed out twice") }
            // An older one may only have been long on its way.
        }
        newestToken[reference] = max(newestToken[reference] ?? token, token)
        guard task.undo != nil, let definition = definitions[task.definition],
            let place = definition.steps.firstIndex(where: { $0.name == reference.step })
        else { return }
        for later in definition.steps[(place + 1)...] where later.isCompensated ?? true {
            if business.row(reference.saga, later.name) == .done {
                fail(now, "\(reference.step) of \(reference.saga) is undone before \(later.name)")
            }
        }
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
        for saga in sagas {
            guard let (state, name) = coordinator.standing(of: saga),
                let definition = definitions[name]
            else { continue }
            switch state {
            case .completed:
                for step in definition.steps where business.row(saga, step.name) != .done {
                    fail(now, "\(saga) is COMPLETED, and \(step.name) is not done")
                }
            case .compensated:
                for step in definition.steps where step.isCompensated ?? true {
                    if business.row(saga, step.name) == .done {
                        fail(now, "\(saga) is COMPENSATED, and \(step.name) is not undone")
                    }
                }
            case .failed:
                let isDue = definition.steps.contains { business.refusedUndo(saga, $0.name) }
                if !isDue { fail(now, "\(saga) is parked, and no undo was refused") }
            case .pending, .running, .compensating, .abandoned:
                fail(now, "\(saga) is stuck: \(state.label)")
            }
        }
    }
}
