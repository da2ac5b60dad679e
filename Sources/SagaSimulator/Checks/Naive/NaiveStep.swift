internal import Saga
internal import SagaModel

/// A step as the naive model sees it: what the definition says of it, and what has happened.
struct NaiveStep {
    enum Forward: Equatable {
        case pending
        case current
        case succeeded
        case failed
        case skipped
    }

    enum Undo: Equatable {
        case none
        case current
        case done
        case failed
    }

    enum Place {
        case before
        case pivot
        case after
    }

    // What the definition says.
    let written: StepDefinition
    /// The places of the steps that it waits for, and of those that wait for it.
    var after: [Int]
    var dependants: [Int] = []
    var place = Place.before

    // What has happened.
    var forward = Forward.pending
    var undo = Undo.none
    /// What there is to undo, once its action failed or its saga goes back.
    var knowledge: UndoKnowledge?
    var output: Payload?
    var action = NaiveTask()
    var compensation = NaiveTask()
    /// The newest child saga that ran it.
    var child: NaiveSaga?

    init(_ written: StepDefinition, after: [Int]) {
        self.written = written
        self.after = after
    }

    var isOptional: Bool { written.onFailure == .continue }
    var isCompensated: Bool { written.isCompensated ?? true }

    var runsChild: Bool {
        if case .saga = written.work { true } else { false }
    }

    /// An optional step that may have run and failed is undone before anything follows.
    var owesUndo: Bool {
        forward == .failed && undo == .none && isOptional && isCompensated && knowledge == .inDoubt
    }

    /// Whether those that wait for it may run.
    var isForwardEnd: Bool {
        switch (forward, undo) {
        case (_, .done), (.succeeded, .none), (.skipped, .none): true
        case (.failed, .none): isOptional && !owesUndo
        case (_, .current), (_, .failed), (.pending, _), (.current, _): false
        }
    }

    /// The state under which it is shown.
    var state: StepState {
        switch (undo, forward) {
        case (.current, _): .compensating
        case (.done, _): .compensated
        case (.failed, _): .compensationFailed
        case (.none, .pending): .pending
        case (.none, .current): .scheduled
        case (.none, .succeeded): .succeeded
        case (.none, .failed): .failed
        case (.none, .skipped): .skipped
        }
    }
}

/// One direction of a step in the naive model.
struct NaiveTask {
    /// How many attempts were opened.
    var attempts: UInt32 = 0
    /// Whether the newest one is open; else it has ended, and a wait may run.
    var isOpen = false
    /// The life that opened it.
    var epoch = Epoch.none
    var isDeferred = false
    /// How many failures count.
    var failures: UInt32 = 0
    /// An attempt ended otherwise than declined.
    var mayHaveRun = false
    /// An attempt ended unknown, so that it may still run.
    var endedUnknown = false
    /// An attempt returned, whatever became of its output.
    var hasReturned = false

    mutating func open(_ epoch: Epoch) {
        attempts += 1
        isOpen = true
        isDeferred = false
        self.epoch = epoch
    }

    mutating func close() {
        isOpen = false
        isDeferred = false
    }
}
