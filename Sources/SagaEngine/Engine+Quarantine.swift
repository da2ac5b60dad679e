package import SagaModel

/// Sagas that cannot be replayed: each is set aside, so that the others start; every start tries it
/// again, and `abandon` ends it.
extension Engine {
    /// What is counted, before a record that may not fit.
    struct Standing {
        let counts: Counts
        let current: Int
        let isParked: Bool
        let isLive: Bool

        init(_ counts: Counts, _ saga: SagaInstance?) {
            self.counts = counts
            current = saga.map(\.currentTasks) ?? 0
            isParked = saga?.state == .failed
            isLive = saga.map { !$0.state.isEnded } ?? false
        }
    }

    /// Takes a record of a saga that is set aside; false if its saga is not.
    ///
    /// Only its key and its end by a person count: nothing else of it means anything any more.
    mutating func replayAside(
        _ record: Record, at position: JournalPosition, saga owner: JournalPosition
    ) throws(ReplayFailure) -> Bool {
        guard quarantined[owner] != nil, position > lastPosition else { return false }
        // Its key stays taken: whoever starts it again is told of it.
        if case .keyTaken(let taken) = record { take(taken) }
        if case .sagaEnded(let ended) = record, ended.state == .abandoned {
            try endAside(owner, ended, at: position)
        }
        lastPosition = position
        return true
    }

    /// Sets a saga aside whose record does not fit.
    mutating func setAside(
        _ owner: JournalPosition, _ record: Record?, _ before: Standing, _ failure: ReplayFailure
    ) {
        let id = record?.statesWhole?.id
        quarantined[owner] = QuarantinedSaga(
            id: id ?? order.find(owner)?.facts.id, position: owner,
            message: "record \(failure.position): \(failure.reason)")
        counts = before.counts
        counts.current -= before.current
        if before.isParked { counts.parked -= 1 }
        guard let saga = order.find(owner) else { return }
        if !before.isLive { counts.live += 1 }
        saga.setAside()
    }

    /// Takes a record whose bytes do not say what it is while recovering, before `begin`: its saga
    /// is set aside, so that the others start.
    ///
    /// - Parameters:
    ///   - position: its number.
    ///   - owner: the start record of the saga it is about; its own number if it is that one.
    ///   - statesWhole: whether it states its saga as a whole, anew.
    ///   - reason: what is wrong with it, for people.
    /// - Throws: `ReplayFailure` if it is about no saga, or about one that was never started.
    package mutating func replayUnreadable(
        at position: JournalPosition, saga owner: JournalPosition, statesWhole: Bool = false,
        reason: String
    ) throws(ReplayFailure) {
        if statements.oldest == .none { statements.oldest = position }
        if isPassed(owner), !statesWhole, quarantined[owner] == nil, position > lastPosition {
            // What it says is in what states the saga anew, or the saga is gone.
            statements.passed[owner] = true
            lastPosition = position
            return
        }
        let isKnown =
            owner == position || order.find(owner) != nil || quarantined[owner] != nil
            || statesWhole && isPassed(owner)
        guard owner != .none, isKnown, position > lastPosition else {
            throw ReplayFailure(position: position, reason: reason)
        }
        if quarantined[owner] == nil {
            setAside(
                owner, nil, Standing(counts, order.find(owner)),
                ReplayFailure(position: position, reason: reason))
        }
        lastPosition = position
    }

    /// A person gave a saga up that is set aside: its steps are unknown.
    mutating func abandonAside(_ saga: SagaInstance) {
        let left = saga.stepIndices.map { StepToUndo(step: $0, knowledge: .inDoubt) }
        clearAttention(of: saga)
        emit(
            .sagaEnded(
                SagaEnded(
                    state: .abandoned, outputOf: nil, left: left,
                    keyUntil: saga.facts.keyHash.map { _ in
                        now + saga.facts.definition.keyRetention
                    }, at: stamp)),
            saga: saga)
        countEnd(of: saga)
        answerWaiters(of: saga)
        childEnded(saga)
    }

    /// The end of a saga that is set aside.
    mutating func endAside(
        _ owner: JournalPosition, _ ended: SagaEnded, at position: JournalPosition
    ) throws(ReplayFailure) {
        quarantined[owner] = nil
        guard let saga = order.find(owner) else { return }
        saga.state = .abandoned
        saga.stateSince = ended.at
        try applyEnd(ended, to: saga, at: position)
    }
}

extension SagaInstance {
    /// How many of its tasks are current.
    fileprivate var currentTasks: Int {
        steps.reduce(0) { $0 + ($1.action.isCurrent ? 1 : 0) + ($1.undo.isCurrent ? 1 : 0) }
    }

    /// Nothing of it is current, and nothing of it is done but by a person.
    fileprivate func setAside() {
        isQuarantined = true
        if state.isEnded || state == .pending { state = .running }
        for place in steps.indices {
            steps[place].action = TaskProgress()
            steps[place].undo = TaskProgress()
        }
    }
}
