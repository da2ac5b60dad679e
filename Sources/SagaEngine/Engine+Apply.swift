internal import DequeModule
package import SagaModel

/// A record that does not fit what came before it: the journal is not one that this engine could
/// have written.
package struct ReplayFailure: Error, Equatable {
    /// Where the record stands.
    package let position: JournalPosition
    /// What does not fit.
    package let reason: String
}

extension Engine {
    /// Applies a record of the journal while recovering, before `begin`.
    ///
    /// A record of a saga that does not fit what came before it sets that saga aside, so that the
    /// others start.
    ///
    /// - Parameters:
    ///   - record: the record.
    ///   - position: its number.
    ///   - saga: the start record of the saga it is about.
    /// - Throws: `ReplayFailure` if it is about no saga and does not fit what came before it.
    package mutating func replay(
        _ record: Record, at position: JournalPosition, saga: JournalPosition
    ) throws(ReplayFailure) {
        if statements.oldest == .none { statements.oldest = position }
        if passesOver(record, at: position, saga: saga) {
            if let stamp = record.stamp { newestStamp = max(newestStamp, stamp) }
            lastPosition = position
        } else if try !replayAside(record, at: position, saga: saga) {
            let before = Standing(counts, order.find(saga))
            do throws(ReplayFailure) {
                try apply(record, at: position, saga: saga)
            } catch {
                let owner = record.isStart ? position : saga
                guard order.find(saga) != nil || record.statesWhole != nil, position > lastPosition
                else { throw error }
                setAside(owner, record, before, error)
                lastPosition = position
            }
        }
        output.opened.removeAll(keepingCapacity: true)
        output.closed.removeAll(keepingCapacity: true)
    }

    /// The only function that changes what the journal knows: copies the record's consequences, and
    /// evaluates nothing.
    ///
    /// - Parameter known: the saga, where it need not be looked up by its start record.
    mutating func apply(
        _ record: Record, at position: JournalPosition, saga owner: JournalPosition,
        known: SagaInstance? = nil
    ) throws(ReplayFailure) {
        guard lastPosition < position else {
            throw ReplayFailure(position: position, reason: "it comes after \(lastPosition)")
        }
        switch record {
        case .lifeBegan(let life):
            try apply(life, at: position)
            statements.epoch = position
        case .definitionRegistered(let stored):
            let (name, version) = (stored.written.name, stored.written.version)
            guard definitions.find(stored.namespace, name, version) == nil else {
                throw ReplayFailure(
                    position: position, reason: "definition \(name) v\(version) is there already")
            }
            let definition = ResolvedDefinition(stored, position: position)
            definitions.add(definition, queues: makeQueues(for: definition)).statedAt = position
        case .keyTaken(let taken): take(taken)
        case .sagaStarted(let started): try apply(started, at: position)
        case .sessionAttached(let attached):
            instances[attached.participant, default: InstanceOnRecord(generation: 0)].generation =
                attached.generation
        case .sessionEnded(let ended):
            guard instances[ended.participant]?.generation == ended.generation else {
                throw ReplayFailure(
                    position: position, reason: "\(ended.participant) has no such session")
            }
            instances[ended.participant] = nil
        case .engineRestated(let restated): try apply(restated, at: position)
        case .definitionRestated(let restated): try apply(restated, at: position)
        case .keysRestated(let restated): apply(restated)
        case .sagaRestated(let restated):
            try apply(restated, at: position, saga: owner, known: known)
        case .attemptEnded, .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded,
            .stepsMoved, .taskDeferred, .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked,
            .stepSettled, .sagaBegan, .sagaTimedOut, .attentionChanged, .limitsSet:
            guard let saga = known ?? order.find(owner) else {
                throw ReplayFailure(position: position, reason: "there is no saga at \(owner)")
            }
            if saga.isQuarantined {
                if case .sagaEnded(let ended) = record { try endAside(owner, ended, at: position) }
            } else {
                try apply(record, to: saga, at: position)
            }
        }
        if let stamp = record.stamp { newestStamp = max(newestStamp, stamp) }
        lastPosition = position
    }

    private mutating func apply(
        _ life: LifeBegan, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard life.epoch > lastEpoch else {
            throw ReplayFailure(position: position, reason: "epoch \(life.epoch) is not new")
        }
        // Of the oldest record that is kept nobody knows what came before it.
        let isFirst = lastPosition == .none
        if let gap = life.gapAfter {
            guard isFirst || gap == lastPosition, gap < position,
                position == life.epoch.firstPosition,
                life.epoch.incarnation > lastEpoch.incarnation
            else {
                throw ReplayFailure(
                    position: position,
                    reason: "epoch \(life.epoch) names a gap behind \(gap.rawValue), "
                        + "and it stands behind \(lastPosition.rawValue)")
            }
            lastGap = RecordGap(after: gap, before: position)
        } else if !isFirst, position != lastPosition.next {
            throw ReplayFailure(
                position: position, reason: "no restore is named for the gap in front of it")
        }
        lastEpoch = life.epoch
    }

    mutating func take(_ taken: KeyTaken) {
        keys.take(taken.key, KeyEntry(saga: taken.saga, request: taken.request, until: nil))
    }

    private mutating func apply(
        _ started: SagaStarted, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard sagas[started.id] == nil else {
            throw ReplayFailure(position: position, reason: "saga \(started.id) is there already")
        }
        let registered = try definition(of: started, at: position)
        let parent = started.parent.flatMap { order.find($0.saga) }
        if started.parent != nil, parent == nil {
            throw ReplayFailure(position: position, reason: "the parent is not there")
        }
        let facts = SagaFacts(
            started, at: position, definition: registered.definition,
            children: parent?.facts.children)
        let saga = SagaInstance(facts, registered)
        saga.statedAt = position
        sagas.insert(saga)
        order.append(saga)
        registered.liveSagas += 1
        counts.live += 1
        if let old = started.replaces.flatMap({ sagas[$0] }) {
            old.updateParticulars { $0.replacedBy = facts.id }
        }
        try open(started.opened, of: saga, by: position, at: started.at)
    }

    /// What a saga runs by: a registered definition, or its own.
    mutating func definition(
        of started: SagaStarted, at position: JournalPosition
    ) throws(ReplayFailure) -> DefinitionTable.Registered {
        if let inline = started.inline {
            let definition = ResolvedDefinition(
                DefinitionRegistered(
                    namespace: inline.namespace, written: inline.written, filled: inline.filled,
                    digest: inline.digest, principal: started.principal, at: started.at),
                position: position)
            return DefinitionTable.Registered(definition, queues: makeQueues(for: definition))
        }
        guard let registered = definitions.find(started.definition) else {
            throw ReplayFailure(
                position: position, reason: "there is no definition at \(started.definition)")
        }
        return registered
    }
}

extension Record {
    /// The start of the saga that it states as a whole.
    var statesWhole: SagaStarted? {
        if case .sagaStarted(let started) = self { return started }
        if case .sagaRestated(let restated) = self { return restated.started }
        return nil
    }
}

extension AttemptOutcome {
    /// What went wrong, for people; nil if nothing did.
    var failure: Failure? {
        switch self {
        case .succeeded, .declined, .notYet, .deferred: nil
        case .failed(let failure), .retry(let failure, _): failure
        case .refused(let refused):
            Failure(
                code: "output-refused",
                message: refused.limit > 0
                    ? "The output was \(refused.reason): \(refused.size) bytes, limit "
                        + "\(refused.limit)"
                    : "The output was \(refused.reason)")
        case .hold(let reason): Failure(code: "hold", message: reason)
        case .unknown(let cause): Failure(code: cause.code, message: cause.message)
        }
    }
}

extension UnknownCause {
    /// The failure code under which people see it.
    var code: String {
        switch self {
        case .timedOut: "timed-out"
        case .sessionLost: "participant-lost"
        case .forgotten: "participant-forgot"
        case .coordinatorRestarted: "coordinator-restarted"
        case .scheduleToClose: "schedule-to-close"
        case .heartbeatMissed: "heartbeat-missed"
        case .deferralOver: "deferral-over"
        case .cancelGraceOver: "cancel-grace-over"
        case .childAbandoned: "child-abandoned"
        }
    }

    var message: String {
        switch self {
        case .timedOut: "No answer within startToClose; the outcome is unknown"
        case .sessionLost: "The participant was lost and did not return; the outcome is unknown"
        case .forgotten: "The participant returned without this attempt; the outcome is unknown"
        case .coordinatorRestarted:
            "The coordinator was started again and nobody named this attempt; the outcome is "
                + "unknown"
        case .scheduleToClose:
            "The time for all attempts, scheduleToClose, is over; the outcome is unknown"
        case .heartbeatMissed:
            "The handler's heartbeats failed to come; the outcome is unknown"
        case .deferralOver:
            "Nobody answered within the time of the deferral; the outcome is unknown"
        case .cancelGraceOver:
            "The attempt was told to stop and did not answer in time; the outcome is unknown"
        case .childAbandoned: "The child saga was abandoned; what it did is not undone"
        }
    }
}

extension SagaInstance {
    /// What went wrong at a step, as it is shown.
    func fault(
        at step: StepIndex, _ direction: Direction, _ failure: Failure, _ instant: Instant
    ) -> SagaFault {
        let task = task(step, direction)
        return SagaFault(
            step: facts.definition.steps[step.rawValue].name, failure: failure,
            attempt: task.attempts, instance: task.instance, at: instant)
    }
}
