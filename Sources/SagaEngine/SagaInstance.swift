internal import SagaModel

/// One saga in the engine: what the journal says of it, and beside that the annotations of this
/// life.
///
/// A class, since tasks in queues, timers and sessions point at it; only the engine's thread ever
/// touches it.
final class SagaInstance {
    let facts: SagaFacts
    var state: SagaState = .running
    var steps: [StepProgress]
    /// Why it goes back, once it does.
    var backReason: BackReason?
    /// What made it go back, as it is shown.
    var failure: SagaFault?
    /// The undo that failed for good, as it is shown.
    var compensationFailure: SagaFault?
    var endedAt: Instant?
    /// The step whose output is the saga's, once completed.
    var outputOf: StepIndex?

    /// Annotation: calls that wait for its end.
    var waiters: [Waiter] = []

    init(_ facts: SagaFacts) {
        self.facts = facts
        steps = Array(repeating: StepProgress(), count: facts.definition.steps.count)
    }

    /// A call that waits for the saga's end.
    struct Waiter {
        let call: CallID
        /// When its patience is over; nil once it is.
        var timer: TimerID?
        /// For a start that waits: whether the saga was there before. Nil for a plain await.
        let startedExisting: Bool?
    }

    func task(_ step: StepIndex, _ direction: Direction) -> TaskProgress {
        switch direction {
        case .action: steps[step.rawValue].action
        case .compensation: steps[step.rawValue].undo
        }
    }

    func update<Result>(
        _ step: StepIndex, _ direction: Direction, _ change: (inout TaskProgress) -> Result
    ) -> Result {
        switch direction {
        case .action: change(&steps[step.rawValue].action)
        case .compensation: change(&steps[step.rawValue].undo)
        }
    }

    var stepIndices: [StepIndex] { steps.indices.map(StepIndex.init) }

    /// The steps that become current when this one has ended: all else that they wait for has.
    func stepsReady(after ended: StepIndex) -> [StepIndex] {
        facts.definition.steps[ended.rawValue].dependants.filter { dependant in
            facts.definition.steps[dependant.rawValue].after.allSatisfy {
                $0 == ended || steps[$0.rawValue].state.isForwardEnd
            }
        }
    }

    /// How the way back stands.
    ///
    /// - Parameter assumed: steps for which something else is about to be recorded than stands here
    ///   now.
    func wayBack(assuming assumed: [StepIndex: UndoStanding] = [:]) -> WayBack {
        let resolved = facts.definition.steps
        var settled = Array(repeating: false, count: steps.count)
        var due: [StepIndex] = []
        for step in facts.definition.order.reversed() {
            let standing = assumed[step] ?? steps[step.rawValue].undoStanding
            let isNext = resolved[step.rawValue].dependants.allSatisfy { settled[$0.rawValue] }
            settled[step.rawValue] = standing == .nothingLeft && isNext
            if standing == .toDo, isNext { due.append(step) }
        }
        return WayBack(due: due, isOver: settled.allSatisfy { $0 })
    }

    /// What is to be done next on the way back.
    struct WayBack {
        /// Steps whose undo can be opened: all their dependants are settled.
        let due: [StepIndex]
        /// Every step is settled.
        let isOver: Bool
    }
}

/// How a step stands on the way back.
enum UndoStanding {
    /// Nothing is left to undo.
    case nothingLeft
    /// Its undo is to be opened when its dependants are settled.
    case toDo
    /// Its undo is open or failed, or an answer is awaited.
    case underWay
}

/// A step of a saga in the engine.
struct StepProgress: Equatable {
    /// What the journal says; running is shown for a scheduled step whose attempt is in flight.
    var state: StepState = .pending
    var action = TaskProgress()
    var undo = TaskProgress()
    /// What is known of the step, once the saga goes back.
    var knowledge: UndoKnowledge?
    var output: Payload?

    /// How the step stands on the way back.
    var undoStanding: UndoStanding {
        switch knowledge {
        case nil, .nothing: .nothingLeft
        case .awaited: .underWay
        case .done, .inDoubt:
            switch state {
            case .compensated: .nothingLeft
            case .compensating, .compensationFailed: .underWay
            case .pending, .scheduled, .running, .succeeded, .failed, .skipped: .toDo
            }
        }
    }
}

extension StepState {
    /// Dependants may run.
    var isForwardEnd: Bool {
        switch self {
        case .succeeded, .skipped: true
        case .pending, .scheduled, .running, .failed, .compensating, .compensated,
            .compensationFailed:
            false
        }
    }
}

/// One direction of a step in the engine.
struct TaskProgress {
    /// The attempt that is open: due, and neither ended nor waiting.
    var token: Token?
    /// The wait before the next attempt.
    var wait: Wait?
    /// How many attempts were opened.
    var attempts: UInt32 = 0
    /// How many failures count against maxAttempts.
    var failures: UInt32 = 0
    /// An attempt ended otherwise than declined: the task may have run.
    var mayHaveRun = false
    /// An attempt ended unknown: it may still run.
    var endedUnknown = false
    var dueAt: Instant?
    var handedOutAt: Instant?
    var endedAt: Instant?
    /// Since when it fails, for attention.
    var failingSince: Instant?
    var instance = ""
    var lastFailure: Failure?
    /// The record that opened the current attempt: its place in the line of repeated attempts.
    var openedBy = JournalPosition.none

    /// Annotation: when it got its place in a queue.
    var placedAt: Instant?
    /// Annotation: what moves the task on.
    var place: TaskPlace = .idle

    /// Whether its attempts stand in the line of first ones: all before were declined, if any.
    var isFirst: Bool { !mayHaveRun }

    /// Whether the task is due or under way.
    var isCurrent: Bool { token != nil || wait != nil }
}

extension TaskProgress: Equatable {
    /// Equal if the journal says the same of both; annotations do not count.
    static func == (left: TaskProgress, right: TaskProgress) -> Bool {
        left.token == right.token && left.wait == right.wait && left.attempts == right.attempts
            && left.failures == right.failures && left.mayHaveRun == right.mayHaveRun
            && left.endedUnknown == right.endedUnknown && left.dueAt == right.dueAt
            && left.endedAt == right.endedAt && left.failingSince == right.failingSince
            && left.instance == right.instance && left.lastFailure == right.lastFailure
            && left.openedBy == right.openedBy
    }
}

/// The one cause of progress of a current task.
enum TaskPlace {
    /// Not current.
    case idle
    /// Its wait runs. Can transition to: queued, idle.
    case waiting(TimerID)
    /// In its handler's queue. Can transition to: inFlight, idle.
    case queued
    /// Given to a session. Can transition to: waiting, queued, idle.
    case inFlight(Flight)
    /// Opened by an earlier life, and nobody has named it yet. Can transition to: queued, inFlight,
    /// idle.
    case fromEarlierLife

    struct Flight {
        let session: SessionInstance
        let timer: TimerID
        let at: Instant
        /// Whether it was released to the session: from then on it may have run.
        var isHandedOut: Bool
    }
}
