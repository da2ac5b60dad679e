internal import Saga
internal import SagaEngine
internal import SagaModel

/// All sagas of a world in the naive model, told of by the journal, and compared with the engine
/// after each group.
final class NaiveSagas: NaiveSurroundings {
    private(set) var epoch = Epoch.none
    private var definitions: [JournalPosition: SagaDefinition] = [:]
    private var sagas: [JournalPosition: NaiveSaga] = [:]
    private var byID: [SagaID: JournalPosition] = [:]
    /// The newest attempt of each task that was seen to leave the coordinator.
    private var left: [TaskRef: UInt32] = [:]
    /// Attempts to which somebody has given an answer.
    private var answered: Set<TaskAttempt> = []
    private var group: [FollowedRecord] = []
    private var toSettle: [NaiveSaga] = []

    /// An attempt leaves the coordinator.
    func leaves(_ attempt: TaskAttempt) {
        left[attempt.task] = max(left[attempt.task] ?? 0, attempt.token.number)
    }

    func hasLeft(_ task: TaskRef, _ attempt: UInt32) -> Bool { left[task] ?? 0 >= attempt }

    /// Somebody gives an answer to an attempt, or pretends to.
    func answers(_ attempt: TaskAttempt) { answered.insert(attempt) }

    func settleLater(_ saga: NaiveSaga) { toSettle.append(saga) }

    /// Settles one saga that goes on, before a record of it that says how; others that go on in the
    /// same group have not come to that yet.
    private func settle(_ start: JournalPosition) {
        guard let due = toSettle.first(where: { $0.start == start }) else { return }
        toSettle.removeAll { $0.start == start }
        due.settle()
    }

    private func settleAll() {
        guard !toSettle.isEmpty else { return }
        let sagas = toSettle
        toSettle.removeAll(keepingCapacity: true)
        for saga in sagas { saga.settle() }
    }

    /// Takes the next record of the journal.
    ///
    /// - Returns: what the model does not agree with.
    func take(_ record: FollowedRecord, _ engine: borrowing Engine) -> String? {
        group.append(record)
        guard !record.continues else { return nil }
        defer { group.removeAll(keepingCapacity: true) }
        var touched: [JournalPosition] = []
        for item in group {
            if !item.record.comesWithGoingOn { settle(item.saga) }
            takeOne(item)
            if item.saga != .none, !touched.contains(item.saga) { touched.append(item.saga) }
        }
        settleAll()
        for start in touched {
            guard let saga = sagas[start] else { continue }
            saga.told = nil
            if let difference = difference(saga, engine) {
                return "\(difference); the group: \(group.map(\.record))"
            }
        }
        return nil
    }

    private func takeOne(_ item: FollowedRecord) {
        switch item.record {
        case .lifeBegan(let life): epoch = life.epoch
        case .definitionRegistered(let stored): definitions[item.position] = stored.filled
        case .sagaStarted(let started):
            guard let definition = started.inline?.filled ?? definitions[started.definition] else {
                return
            }
            let saga = NaiveSaga(started, at: item.position, definition, self)
            sagas[item.position] = saga
            byID[started.id] = item.position
            if let parent = started.parent {
                sagas[parent.saga]?.steps[parent.step.rawValue].child = saga
            }
            tell(saga)
            saga.take(item.record)
        // The follower compares what is stated anew with what there is.
        case .keyTaken, .sessionAttached, .sessionEnded, .engineRestated, .definitionRestated,
            .keysRestated, .sagaRestated:
            break
        case .attemptEnded, .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded,
            .stepsMoved, .taskDeferred, .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked,
            .stepSettled, .sagaBegan, .sagaTimedOut, .attentionChanged, .limitsSet:
            guard let saga = sagas[item.saga] else { return }
            tell(saga)
            if case .attentionChanged(let changed) = item.record { saga.attend(to: changed) }
            if case .attemptEnded(let ended) = item.record {
                checkAnswer(ended, of: saga)
                checkChild(ended, of: saga)
            }
            saga.take(item.record)
        }
    }

    /// Tells a saga what the group says of its going back, which is once at most.
    private func tell(_ saga: NaiveSaga) {
        for item in group where item.saga == saga.start {
            if case .wentBack(let back) = item.record { saga.told = back }
        }
    }

    /// What ends an attempt was said of that very attempt.
    private func checkAnswer(_ ended: AttemptEnded, of saga: NaiveSaga) {
        let step = saga.steps[ended.step.rawValue]
        if case .unknown = ended.outcome { return }
        guard !step.runsChild else { return }
        let task = TaskRef(saga: saga.id, step: step.written.name, direction: ended.direction)
        if !answered.contains(TaskAttempt(task: task, token: ended.token)) {
            saga.object("attempt \(ended.token) of \(step.written.name) was answered by nobody")
        }
    }

    /// What a child's end means for the step that ran it.
    private func checkChild(_ ended: AttemptEnded, of saga: NaiveSaga) {
        let step = saga.steps[ended.step.rawValue]
        guard step.runsChild, let child = step.child else { return }
        let fits: Bool =
            switch (child.state, ended.outcome) {
            case (.completed, .succeeded): ended.direction == .action
            case (.compensated, .failed): ended.direction == .action
            case (.compensated, .succeeded): ended.direction == .compensation
            case (.abandoned, .unknown(.childAbandoned)): ended.direction == .action
            case (.abandoned, .failed): ended.direction == .compensation
            default: false  // open set: pairs
            }
        if !fits {
            saga.object("its child is \(child.state.label), and the step is \(ended.outcome)")
        }
    }

    private func difference(_ saga: NaiveSaga, _ engine: borrowing Engine) -> String? {
        if let objection = saga.objections.first { return objection }
        guard let standing = engine.standing(at: saga.start) else { return nil }
        if standing.state != saga.state {
            return "\(saga.id) is \(standing.state.label) and should be \(saga.state.label)"
        }
        if saga.attention.contains(.parked) != (saga.state == .failed) {
            return "\(saga.id) is \(saga.state.label), and parking is told otherwise"
        }
        guard !saga.state.isEnded else {
            return saga.attention.isEmpty ? nil : "\(saga.id) has ended and needs attention"
        }
        if standing.isSuspended != saga.isSuspended {
            return "\(saga.id) \(standing.isSuspended ? "is" : "is not") suspended"
        }
        for (there, here) in zip(engine.stepStandings(at: saga.start), saga.steps) {
            let name = "\(here.written.name) of \(saga.id)"
            if there.state != here.state {
                return "\(name) is \(there.state) and should be \(here.state)"
            }
            if here.isCompensated, here.knowledge != there.knowledge, saga.hasGoneBack {
                let (found, wanted) = (there.knowledge, here.knowledge)
                return "\(name) is known as \(found.text) and should be \(wanted.text)"
            }
            let isCurrent = here.forward == .current && here.undo == .none
            if there.isActionCurrent != isCurrent || there.actions != here.action.attempts {
                return "\(name) has \(there.actions) attempts, not \(here.action.attempts)"
            }
            let isUndone = here.undo == .current
            if there.isUndoCurrent != isUndone || there.undos != here.compensation.attempts {
                return "\(name) has \(there.undos) undos, not \(here.compensation.attempts)"
            }
        }
        return nil
    }
}

extension Record {
    /// Whether it may stand between the word that a saga goes on and what follows from that.
    fileprivate var comesWithGoingOn: Bool {
        switch self {
        case .sagaResumed, .sagaUnparked, .waitEnded, .stepSettled: true
        // A wait that is over may have been one for a child.
        case .sagaStarted: true
        // Neither says anything of how the saga goes on.
        case .attentionChanged, .limitsSet, .engineRestated, .definitionRestated, .keysRestated,
            .sagaRestated:
            true
        case .lifeBegan, .definitionRegistered, .keyTaken, .attemptEnded,
            .cancelAsked, .wentBack, .sagaParked, .sagaEnded, .sessionAttached, .sessionEnded,
            .stepsMoved, .taskDeferred, .sagaSuspended, .verbGiven, .sagaBegan, .sagaTimedOut:
            false
        }
    }
}

extension UndoKnowledge? {
    fileprivate var text: String { map { "\($0)" } ?? "untouched" }
}
