internal import SagaModel

/// One saga in the engine: what the journal says of it, and beside that the annotations of this
/// life.
///
/// A class, since tasks in queues, timers and sessions point at it; only the engine's thread ever
/// touches it.
final class SagaInstance {
    // In the order that takes the least room: millions of these live.
    let facts: SagaFacts
    /// The queue that each step waits in, shared with all sagas of the definition; nil for a child.
    let queues: [HandlerQueue?]
    var steps: [StepProgress]
    private var box: ParticularsBox?
    /// Annotation: calls that wait for its end.
    var waiters: [Waiter] = []
    /// Since when it is in its state.
    var stateSince: Instant
    /// The step whose output is the saga's, once completed.
    var outputOf: StepIndex?
    var state: SagaState
    /// Whether nothing new of it is dispatched.
    var isSuspended = false
    /// Whether it could not be replayed, so that only a person can end it.
    var isQuarantined = false
    /// Annotation: the timer of its timeout, or of its start while it is pending.
    var timer: TimerID?

    init(_ facts: SagaFacts, queues: [HandlerQueue?]) {
        self.facts = facts
        self.queues = queues
        state = facts.startAt == nil ? .running : .pending
        stateSince = facts.startedAt
        steps = Array(repeating: StepProgress(), count: facts.definition.steps.count)
    }

    /// What made a saga run.
    struct Running: Equatable {
        let position: JournalPosition
        let at: Instant
    }

    /// A call that waits for the saga's end.
    struct Waiter {
        let call: CallID
        /// When its patience is over; nil once it is.
        var timer: TimerID?
        /// For a start that waits: whether the saga was there before. Nil for a plain await.
        let startedExisting: Bool?
        /// Whether a parked saga is waited for further.
        let untilEnded: Bool
    }

    private final class ParticularsBox {
        var value = SagaParticulars()
    }

    /// What only few sagas have.
    var particulars: SagaParticulars { box?.value ?? SagaParticulars() }

    /// Whether it has anything that only few have.
    var hasParticulars: Bool { box != nil }

    /// The record that made it run, and when; nil while it is pending.
    var running: Running? {
        guard facts.startAt != nil else {
            return Running(position: facts.start, at: facts.startedAt)
        }
        return box?.value.running
    }

    var endedAt: Instant? { state.isEnded ? stateSince : nil }

    /// Why it goes back, once it does.
    var backReason: BackReason? { box?.value.backReason }

    /// What made it go back, or parked it on its way forward, as it is shown.
    var failure: SagaFault? { box?.value.failure }

    /// The undo that failed for good, as it is shown.
    var compensationFailure: SagaFault? { box?.value.compensationFailure }

    func updateParticulars(_ change: (inout SagaParticulars) -> Void) {
        let box = self.box ?? ParticularsBox()
        change(&box.value)
        self.box = box
    }

    /// Whether nothing new is opened or handed out: suspended, or parked.
    var isHalted: Bool { isSuspended || state == .failed || isQuarantined }

    func resolved(_ step: StepIndex) -> ResolvedStep { facts.definition.steps[step.rawValue] }

    func task(_ step: StepIndex, _ direction: Direction) -> TaskProgress {
        switch direction {
        case .action: steps[step.rawValue].action
        case .compensation: steps[step.rawValue].undo
        }
    }

    func update<Result>(
        _ step: StepIndex, _ direction: Direction, _ change: (TaskFields) -> Result
    ) -> Result {
        switch direction {
        case .action: change(steps[step.rawValue].action.own())
        case .compensation: change(steps[step.rawValue].undo.own())
        }
    }

    var stepIndices: [StepIndex] { steps.indices.map(StepIndex.init) }

    /// Whether a step counts as ended on the way forward: its dependants may run.
    func isForwardEnd(_ step: StepIndex) -> Bool {
        switch steps[step.rawValue].state {
        case .succeeded, .skipped: true
        case .failed: resolved(step).isOptional && !owesUndo(step)
        case .compensated: true
        case .pending, .scheduled, .running, .compensating, .compensationFailed: false
        }
    }

    /// Whether a failed optional step is to be undone by itself before anything else follows.
    func owesUndo(_ step: StepIndex) -> Bool {
        let progress = steps[step.rawValue]
        return progress.state == .failed && progress.knowledge == .inDoubt
            && resolved(step).isOptional && resolved(step).isCompensated
    }

    /// Whether the saga is past its point of no return.
    var isPivotPassed: Bool {
        guard let pivot = facts.definition.pivot else { return false }
        let progress = steps[pivot.rawValue]
        return switch progress.state {
        case .succeeded, .skipped: true
        case .failed, .scheduled, .running: progress.action.hasReturned
        case .pending, .compensating, .compensated, .compensationFailed: false
        }
    }
}

/// A step of a saga in the engine.
struct StepProgress: Equatable {
    /// What the journal says; running is shown for a scheduled step whose attempt is in flight.
    var state: StepState = .pending
    /// What is known of the step: once its action failed, or once the saga goes back.
    var knowledge: UndoKnowledge?
    var action = TaskProgress()
    var undo = TaskProgress()
    var output: Payload?

    /// How the step stands on the way back.
    var undoStanding: UndoStanding {
        switch knowledge {
        case nil, .nothing: .nothingLeft
        case .awaited: .underWay
        case .done, .inDoubt:
            switch state {
            case .compensated: .nothingLeft
            case .compensating: .underWay
            case .compensationFailed: .failed
            case .pending, .scheduled, .running, .succeeded, .failed, .skipped: .toDo
            }
        }
    }
}
