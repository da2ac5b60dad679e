internal import SagaModel

/// One saga in the engine: what the journal says of it, and beside that the annotations of this
/// life.
///
/// A class, since tasks in queues, timers and sessions point at it; only the engine's thread ever
/// touches it.
final class SagaInstance {
    // In the order that takes the least room: millions of these live.
    let facts: SagaFacts
    /// What all sagas of the definition share in the engine.
    let registered: DefinitionTable.Registered
    let steps: [StepProgress]
    /// Its newest full statement: its start, or a record that states it anew. Of a child that of
    /// its root may be newer.
    var statedAt = JournalPosition.none
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
    /// The reasons for attention that were told of.
    var raised = AttentionSet()
    /// How many of its steps stand so that something follows from it.
    private var tally = Tally()
    /// Annotation: how many of its first steps were seen to have ended on the way forward.
    private var endedUpTo: UInt16 = 0
    #if DEBUG
        /// How often a step was looked at to see what follows: tests of growth count it.
        var looks = 0
    #endif

    init(_ facts: SagaFacts, _ registered: DefinitionTable.Registered) {
        self.facts = facts
        self.registered = registered
        state = facts.startAt == nil ? .running : .pending
        stateSince = facts.startedAt
        steps = facts.definition.steps.map { _ in StepProgress() }
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
        /// What the answer carries.
        let view: SagaView
    }

    fileprivate struct Tally {
        var failed: UInt16 = 0
        var failedRequired: UInt16 = 0
        var failedUndos: UInt16 = 0
    }

    private final class ParticularsBox {
        var value = SagaParticulars()
        /// Annotation.
        var wayBack: WayBack?
        /// Annotation: the undo that fails, and has not yet for long.
        var undoWatch: UndoWatch?
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
    var failure: SagaFault? {
        guard let more = box?.value else { return nil }
        return more.failure ?? more.calledOff(in: state, at: stateSince)
    }

    /// The undo that failed for good, as it is shown.
    var compensationFailure: SagaFault? { box?.value.compensationFailure }

    func updateParticulars(_ change: (inout SagaParticulars) -> Void) {
        change(&(box ?? makeBox()).value)
    }

    /// What wants it to go back and has not yet led to it.
    var wish: BackWish? { box?.value.wish }

    /// How far it is on its way back; nil if that is to be found out.
    var wayBack: WayBack? { box?.wayBack }

    func forgetWayBack() { box?.wayBack = nil }

    /// Whether a step of it holds it for a person.
    var isHeld: Bool { box?.value.suspension?.step != nil }

    /// When a limit of time of it is over that ran again after it had stood still; nil if it never
    /// stood still.
    func restarted(_ limit: TimeLimit) -> Wait? {
        guard let box, !box.value.limits.isEmpty else { return nil }
        return box.value.limits.first { $0.limit == limit }?.wait
    }

    /// When its timeout was over.
    var timedOutAt: Instant? { box?.value.timedOutAt }

    /// The undo of which attention is raised when it still fails then.
    var undoWatch: UndoWatch? {
        get { box?.undoWatch }
        set {
            if newValue != nil || box != nil { (box ?? makeBox()).undoWatch = newValue }
        }
    }

    private func makeBox() -> ParticularsBox {
        let new = ParticularsBox()
        box = new
        return new
    }

    /// The steps whose undo can be opened now: all their dependants are settled.
    func undosDue(_ standing: (StepIndex) -> UndoStanding) -> [StepIndex] {
        let box = self.box ?? makeBox()
        var way = box.wayBack.take() ?? WayBack(facts.definition)
        defer { box.wayBack = way }
        #if DEBUG
            let before = way.looks
            defer { looks += way.looks - before }
        #endif
        return way.advance(standing)
    }

    /// Something about the undo of a step has changed.
    func noteUndo(of step: StepIndex) { box?.wayBack?.note(step) }

    /// What the journal says of a step changes to this.
    func move(_ step: StepIndex, to state: StepState) {
        let before = steps[step.rawValue].state
        if before.isFailure || state.isFailure {
            let isOptional = resolved(step).isOptional
            tally.count(before, isOptional: isOptional, -1)
            tally.count(state, isOptional: isOptional, 1)
        }
        steps[step.rawValue].state = state
        noteUndo(of: step)
    }

    /// Whether a step has failed, optional or not.
    var hasFailedStep: Bool { tally.failed > 0 }

    /// Whether a step has failed without which the saga cannot complete.
    var hasFailedRequiredStep: Bool { tally.failedRequired > 0 }

    /// Whether an undo has failed for good.
    var hasFailedUndo: Bool { tally.failedUndos > 0 }

    /// Whether nothing new is opened or handed out: suspended, or parked.
    var isHalted: Bool { isSuspended || state == .failed || isQuarantined }

    func resolved(_ step: StepIndex) -> ResolvedStep { facts.definition.steps[step.rawValue] }

    func task(_ step: StepIndex, _ direction: Direction) -> TaskProgress {
        switch direction {
        case .action: steps[step.rawValue].action
        case .compensation: steps[step.rawValue].undo
        }
    }

    /// The fields of a task, to change them.
    func own(_ step: StepIndex, _ direction: Direction) -> TaskFields {
        steps[step.rawValue].own(direction)
    }

    func update<Result>(
        _ step: StepIndex, _ direction: Direction, _ change: (TaskFields) -> Result
    ) -> Result {
        change(steps[step.rawValue].own(direction))
    }

    var stepIndices: [StepIndex] { steps.indices.map(StepIndex.init) }

    /// Whether all its steps count as ended.
    ///
    /// What ended stays so but for rare cases, so each look goes on where the one before stopped;
    /// before it says yes, it looks at all.
    func hasEndedForward() -> Bool {
        var seen = endedUpTo
        defer { endedUpTo = seen }
        return steps.indices.allHold(from: &seen) { isForwardEnd(StepIndex($0)) }
    }

    /// Whether all that a step waits for has ended.
    ///
    /// - Parameter ended: says of a step that its end is about to be recorded.
    func isReady(_ step: StepIndex, assuming ended: (StepIndex) -> Bool) -> Bool {
        let after = resolved(step).after
        // One that waits for few is looked at as it stands.
        guard after.count > 4 else { return after.allSatisfy { ended($0) || isForwardEnd($0) } }
        var seen = steps[step.rawValue].seen
        defer { steps[step.rawValue].seen = seen }
        return after.indices.allHold(from: &seen) { ended(after[$0]) || isForwardEnd(after[$0]) }
    }

    /// Whether a step counts as ended on the way forward: its dependants may run.
    func isForwardEnd(_ step: StepIndex) -> Bool {
        #if DEBUG
            looks += 1
        #endif
        return switch steps[step.rawValue].state {
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
            && !PlantedBug.leavesOptionalSteps.isPlanted
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

extension SagaInstance: IdentityTableElement {
    var tableKey: SagaID { facts.id }
}

extension SagaID: IdentityTableKey {
    /// The random half is enough.
    var bits: UInt64 { low }
}

/// A call that waits for a saga's end.
struct WaitingCall: IdentityTableElement {
    let tableKey: CallID
    let saga: SagaInstance
}

extension CallID: IdentityTableKey {
    var bits: UInt64 { rawValue }
}

/// A step of a saga in the engine.
///
/// A class with plain properties, as the fields of its tasks are: what is in a struct in a class
/// is guarded at each access, which costs more than the access.
final class StepProgress {
    /// What the journal says; running is shown for a scheduled step whose attempt is in flight.
    var state: StepState = .pending
    /// What is known of the step: once its action failed, or once the saga goes back.
    var knowledge: UndoKnowledge?
    var action = TaskProgress()
    var undo = TaskProgress()
    var output: Payload?
    /// Annotation: how many of those that it waits for were seen to have ended.
    var seen: UInt16 = 0

    /// The fields of a task, to change them.
    func own(_ direction: Direction) -> TaskFields {
        let task = direction == .action ? action : undo
        if let fields = task.fields { return fields }
        let new = TaskFields()
        switch direction {
        case .action: action = TaskProgress(fields: new)
        case .compensation: undo = TaskProgress(fields: new)
        }
        return new
    }

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

extension StepProgress: Equatable {
    /// Equal if the journal says the same of both; annotations do not count.
    static func == (left: StepProgress, right: StepProgress) -> Bool {
        left.state == right.state && left.knowledge == right.knowledge
            && left.action == right.action && left.undo == right.undo
            && left.output == right.output
    }
}

extension StepState {
    /// Whether something stands in the way.
    fileprivate var isFailure: Bool { self == .failed || self == .compensationFailed }
}

extension SagaInstance.Tally {
    fileprivate mutating func count(_ state: StepState, isOptional: Bool, _ change: Int) {
        switch state {
        case .failed:
            failed = UInt16(Int(failed) + change)
            if !isOptional { failedRequired = UInt16(Int(failedRequired) + change) }
        case .compensationFailed: failedUndos = UInt16(Int(failedUndos) + change)
        case .pending, .scheduled, .running, .succeeded, .skipped, .compensating, .compensated:
            break
        }
    }
}

extension Range<Int> {
    /// Whether something holds for all from 0, looked at from where a look before stopped; if it
    /// held for all once, each is looked at again.
    fileprivate func allHold(from seen: inout UInt16, _ holds: (Int) -> Bool) -> Bool {
        let start = Int(seen)
        if let place = self[Swift.min(start, count)...].first(where: { !holds($0) })
            ?? self[..<Swift.min(start, count)].first(where: { !holds($0) })
        {
            seen = UInt16(clamping: place)
            return false
        }
        seen = UInt16(clamping: count)
        return true
    }
}
