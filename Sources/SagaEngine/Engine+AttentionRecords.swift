internal import SagaModel

/// When reasons for attention come and go: each is on record once, however often the coordinator
/// is started meanwhile.
///
/// Most follow from a record, and are on record in its group. An undo is watched by a timer of its
/// saga once it fails; those who wait for a participant are found by `AttentionWalk`. A saga in
/// which nothing fails and that waits for nobody costs no more than a look at each of its records.
extension Engine {
    /// Notes a saga whose reasons may change by a record that is about to be applied.
    mutating func noteTrouble(_ record: borrowing Record, of saga: SagaInstance) {
        var hasFailed = false
        switch record {
        case .attemptEnded(let ended):
            hasFailed = ended.outcome.isFailure
            guard hasFailed || !saga.raised.isEmpty || saga.timedOutAt != nil else { return }
        case .sagaParked, .sagaSuspended, .sagaTimedOut: break
        case .attentionChanged, .sagaEnded, .sagaStarted, .engineRestated, .definitionRestated,
            .keysRestated, .sagaRestated:
            return
        case .lifeBegan, .definitionRegistered, .keyTaken, .waitEnded, .cancelAsked, .wentBack,
            .sessionAttached, .sessionEnded, .stepsMoved, .taskDeferred, .sagaResumed,
            .verbGiven, .sagaUnparked, .stepSettled, .sagaBegan, .limitsSet:
            guard !saga.raised.isEmpty || saga.timedOutAt != nil else { return }
        }
        noteTrouble(of: saga, hasFailed: hasFailed)
    }

    /// Notes a saga whose reasons may have changed.
    mutating func noteTrouble(of saga: SagaInstance, hasFailed: Bool = false) {
        if let last = output.troubled.last, last.saga === saga {
            if hasFailed { output.troubled[output.troubled.count - 1].hasFailed = true }
        } else {
            output.troubled.append(Output.Troubled(saga: saga, hasFailed: hasFailed))
        }
    }

    /// Records what has changed for the sagas that were noted in this group.
    mutating func reviewTroubled() {
        var troubled: [Output.Troubled] = []
        swap(&troubled, &output.troubled)
        for item in troubled {
            review(item.saga, looksForPivot: item.hasFailed)
            if item.hasFailed { watchUndo(of: item.saga) }
        }
    }

    /// Records the reasons of a saga that came and went.
    ///
    /// - Parameters:
    ///   - also: reasons that begin with time, which has come.
    ///   - looksForPivot: whether a step past the pivot may have begun to fail.
    mutating func review(
        _ saga: SagaInstance, raising also: AttentionSet = [], looksForPivot: Bool = false
    ) {
        guard !saga.isQuarantined, !saga.state.isEnded else { return }
        let wanted = wantedAttention(of: saga, raising: also, looksForPivot: looksForPivot)
        let (raised, cleared) = (
            wanted.subtracting(saga.raised), saga.raised.subtracting(wanted)
        )
        guard raised != [] || cleared != [] else { return }
        // What is raised is shown from now on, so that it can be described.
        let details = raised.reasons.compactMap { attention($0, of: saga) }
        emit(
            .attentionChanged(
                AttentionChanged(
                    raised: details.map { saga.raised(by: $0) }, cleared: cleared.reasons,
                    at: stamp)),
            saga: saga)
        for attention in details { log(attention, of: saga) }
    }

    /// A saga is about to end: nothing of it needs attention any more.
    mutating func clearAttention(of saga: SagaInstance) {
        if let watch = saga.undoWatch {
            timers.remove(watch.timer)
            saga.undoWatch = nil
        }
        guard !saga.raised.isEmpty else { return }
        emit(
            .attentionChanged(
                AttentionChanged(raised: [], cleared: saga.raised.reasons, at: stamp)),
            saga: saga)
    }

    /// The reasons there are for a live saga; of those that begin with time, those that were raised
    /// and are there still, and those whose time has come.
    func wantedAttention(
        of saga: SagaInstance, raising also: AttentionSet = [], looksForPivot: Bool
    ) -> AttentionSet {
        var wanted: AttentionSet = saga.state == .failed ? .parked : []
        if saga.isHeld { wanted.insert(.held) }
        if saga.timedOutAt != nil, saga.isPivotPassed { wanted.insert(.timeoutPastPivot) }
        if looksForPivot || saga.raised.contains(.pastPivotFailing), failsPastPivot(saga) {
            wanted.insert(.pastPivotFailing)
        }
        let timed = saga.raised.union(also)
        if timed.contains(.undoFailing), hasFailingUndo(saga) { wanted.insert(.undoFailing) }
        if timed.contains(.noParticipant), waitsForNobody(saga) { wanted.insert(.noParticipant) }
        return wanted
    }

    /// Sets a timer for the undo that has failed for longest, unless there is one or attention is
    /// raised already.
    private mutating func watchUndo(of saga: SagaInstance) {
        guard !saga.state.isEnded, !saga.isQuarantined, saga.undoWatch == nil,
            !saga.raised.contains(.undoFailing),
            let (step, since) = longestFailingUndo(of: saga)
        else { return }
        let wait = Wait(until: since + limits.attentionAfter, duration: limits.attentionAfter)
        saga.undoWatch = UndoWatch(
            timer: timers.set(.undoFailsLong(saga), at: end(of: wait)), step: step, since: since)
    }

    /// An undo has been failing for long, if it still does.
    mutating func undoFailsLong(_ saga: SagaInstance) {
        guard let watch = saga.undoWatch else {
            preconditionFailure("saga \(saga.facts.id) has a timer for no undo")
        }
        saga.undoWatch = nil
        let undo = saga.steps[watch.step.rawValue].undo
        if undo.isCurrent, undo.failingSince == watch.since {
            review(saga, raising: .undoFailing)
        } else {
            watchUndo(of: saga)
        }
    }

    /// A life begins: undos are watched on; and what an earlier binary did not raise is looked for.
    mutating func takeUpAttention(of saga: SagaInstance) {
        guard !saga.isQuarantined else { return }
        watchUndo(of: saga)
        let wanted = wantedAttention(of: saga, looksForPivot: saga.hasPivot)
        if wanted != saga.raised { look(at: now) }
    }
}

extension SagaInstance {
    var hasPivot: Bool { facts.definition.pivot != nil }

    fileprivate func raised(by attention: Attention) -> RaisedAttention {
        RaisedAttention(
            attention.reason,
            step: attention.step.isEmpty ? nil : facts.definition.index(of: attention.step),
            direction: attention.direction)
    }
}

extension AttemptOutcome {
    /// Whether something went wrong.
    fileprivate var isFailure: Bool {
        switch self {
        case .succeeded, .declined, .notYet, .deferred: false
        case .failed, .retry, .refused, .hold, .unknown: true
        }
    }
}
