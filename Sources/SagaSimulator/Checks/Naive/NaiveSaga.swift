internal import Saga
internal import SagaModel

/// A second, naive model of a saga, written from the project's semantics alone: a straight-line
/// interpreter that is told what happened and says what must have followed.
///
/// It knows nothing of queues, sessions, timers and records' consequences. What only the
/// coordinator can know, whether an attempt has left it, the model takes from what was seen to
/// leave, and then allows the coordinator to be more careful than that.
final class NaiveSaga {
    let id: SagaID
    let start: JournalPosition
    let definition: SagaDefinition
    let input: Payload
    var steps: [NaiveStep]
    var state: SagaState
    var isSuspended = false
    /// Whether it has gone back: it never goes forward again.
    var hasGoneBack = false
    var wish: Wish?
    /// What the rest of the group says of its going back.
    var told: WentBack?
    /// The reasons why a person should look at it, as they were told.
    private(set) var attention: Set<AttentionReason> = []
    /// What it does not agree with.
    private(set) var objections: [String] = []
    unowned let world: any NaiveSurroundings

    /// Who wants it to go back.
    enum Wish {
        case cancelled
        case timeout
        case compensate
        case parent
    }

    init(
        _ started: SagaStarted, at position: JournalPosition, _ definition: SagaDefinition,
        _ world: any NaiveSurroundings
    ) {
        id = started.id
        start = position
        self.definition = definition
        self.world = world
        input = started.input
        state = started.startAt == nil ? .running : .pending
        steps = Self.steps(of: definition)
    }

    private static func steps(of definition: SagaDefinition) -> [NaiveStep] {
        let names = definition.steps.map(\.name)
        var steps = definition.steps.enumerated().map { place, step in
            let before = step.after ?? (place == 0 ? [] : [names[place - 1]])
            return NaiveStep(step, after: before.compactMap { names.firstIndex(of: $0) })
        }
        for place in steps.indices {
            for before in steps[place].after { steps[before].dependants.append(place) }
        }
        guard let pivot = steps.firstIndex(where: { $0.written.isPivot == true }) else {
            return steps
        }
        steps[pivot].place = .pivot
        var line = steps[pivot].dependants
        while let next = line.popLast() {
            steps[next].place = .after
            line += steps[next].dependants
        }
        return steps
    }

    /// Reasons for attention came and went: each is told once.
    func attend(to changed: AttentionChanged) {
        for reason in changed.cleared where attention.remove(reason) == nil {
            object("\(reason.label) is cleared and was not raised")
        }
        for item in changed.raised where !attention.insert(item.reason).inserted {
            object("\(item.reason.label) is raised twice")
        }
    }

    func object(_ text: String) { objections.append("\(id): \(text)") }

    /// Nothing is opened or handed out.
    var isHalted: Bool { isSuspended || state == .failed }

    var pivot: Int? { steps.firstIndex { $0.place == .pivot } }

    // MARK: - Forward

    /// Does all that follows now.
    func settle() {
        guard !isHalted else { return }
        switch state {
        case .running: goForward()
        case .compensating: continueBack()
        case .pending, .failed, .completed, .compensated, .abandoned: break
        }
    }

    private func goForward() {
        if leavesForward() { return }
        openReady()
        if leavesForward() { return }
        for place in steps.indices where steps[place].owesUndo { openUndo(place) }
        if steps.allSatisfy(\.isForwardEnd) { state = .completed }
    }

    private func leavesForward() -> Bool {
        if let wish, mayFollow(wish) {
            goBack()
            return true
        }
        if steps.contains(where: { $0.forward == .failed && $0.child?.state == .abandoned }) {
            state = .failed
            return true
        }
        if let blocking = steps.first(where: { $0.forward == .failed && !$0.isOptional }) {
            switch blocking.place {
            case .before: goBack()
            case .pivot where blocking.knowledge == .nothing: goBack()
            case .pivot, .after: state = .failed
            }
            return true
        }
        guard steps.contains(where: { $0.undo == .failed }) else { return false }
        state = .failed
        return true
    }

    /// Steps that wait for nothing more begin, are skipped or fail.
    private func openReady() {
        while let place = steps.firstIndex(where: { step in
            step.forward == .pending && step.undo == .none
                && step.after.allSatisfy { steps[$0].isForwardEnd }
        }) {
            switch readiness(of: place) {
            case .skipped: steps[place].forward = .skipped
            case .fails:
                steps[place].forward = .failed
                steps[place].knowledge = .nothing
            case .runs:
                steps[place].forward = .current
                if steps[place].written.delay ?? .zero == .zero { openAction(place) }
            }
        }
    }

    func openAction(_ place: Int) {
        steps[place].forward = .current
        steps[place].action.open(world.epoch)
    }

    // MARK: - The pivot

    /// Whether there is no way back any more.
    var isPivotPassed: Bool {
        guard let pivot = pivot.map({ steps[$0] }) else { return false }
        return switch pivot.forward {
        case .succeeded, .skipped: true
        case .current, .failed: pivot.action.hasReturned
        case .pending: false
        }
    }

    /// Whether a wish sends it back now: not past the pivot, and not while nobody knows whether it
    /// happened, but for an operator who decides that it did not.
    private func mayFollow(_ wish: Wish) -> Bool {
        guard !isPivotPassed else { return false }
        guard wish != .compensate, let place = pivot else { return true }
        let pivot = steps[place]
        return switch pivot.forward {
        case .pending, .succeeded, .skipped: true
        case .failed: pivot.knowledge == .nothing
        case .current where mayHaveRun(place): false
        // It may just have left.
        case .current: !pivot.action.isOpen || told != nil
        }
    }

    /// Whether the action of a current step certainly counts as one that may have run.
    func mayHaveRun(_ place: Int) -> Bool {
        let task = steps[place].action
        if task.mayHaveRun { return true }
        guard task.isOpen else { return false }
        return task.isDeferred || steps[place].runsChild || task.epoch < world.epoch
            || isUnderWay(place)
    }

    /// Whether an attempt of this life has certainly been handed out, and nothing was heard of it.
    func isUnderWay(_ place: Int) -> Bool {
        let task = steps[place].action
        guard task.isOpen, !task.isDeferred, task.epoch == world.epoch else { return false }
        return world.hasLeft(
            TaskRef(saga: id, step: steps[place].written.name, direction: .action), task.attempts)
    }
}

/// What the naive model knows beside its saga.
protocol NaiveSurroundings: AnyObject {
    /// The life that writes.
    var epoch: Epoch { get }
    /// Whether an attempt was seen to leave the coordinator.
    func hasLeft(_ task: TaskRef, _ attempt: UInt32) -> Bool
    /// Settles a saga that goes on after it stood still, once waits that were over meanwhile have
    /// ended.
    func settleLater(_ saga: NaiveSaga)
}
