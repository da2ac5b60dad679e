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
    /// - Parameters:
    ///   - record: the record.
    ///   - position: its number.
    ///   - saga: the start record of the saga it is about.
    /// - Throws: `ReplayFailure` if it does not fit what came before it.
    package mutating func replay(
        _ record: Record, at position: JournalPosition, saga: JournalPosition
    ) throws(ReplayFailure) {
        try apply(record, at: position, saga: saga)
        output.opened.removeAll(keepingCapacity: true)
    }

    /// The only function that changes what the journal knows: copies the record's consequences, and
    /// evaluates nothing.
    mutating func apply(
        _ record: Record, at position: JournalPosition, saga owner: JournalPosition
    ) throws(ReplayFailure) {
        guard position > lastPosition else {
            throw ReplayFailure(position: position, reason: "it comes after \(lastPosition)")
        }
        switch record {
        case .lifeBegan(let life):
            guard life.epoch > lastEpoch else {
                throw ReplayFailure(position: position, reason: "epoch \(life.epoch) is not new")
            }
            lastEpoch = life.epoch
        case .definitionRegistered(let stored):
            let definition = ResolvedDefinition(stored, position: position)
            definitions.add(definition)
            makeQueues(for: definition)
        case .keyTaken(let taken):
            keys[taken.key] = KeyEntry(saga: taken.saga, request: taken.request, until: nil)
        case .sagaStarted(let started): try apply(started, at: position)
        case .sessionAttached(let attached):
            instances[attached.participant, default: InstanceOnRecord(generation: 0)].generation =
                attached.generation
        case .sessionEnded(let ended): instances[ended.participant] = nil
        case .attemptEnded, .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded:
            guard let saga = sagasByStart[owner] else {
                throw ReplayFailure(position: position, reason: "there is no saga at \(owner)")
            }
            try apply(record, to: saga, at: position)
        }
        lastPosition = position
    }

    private mutating func apply(
        _ started: SagaStarted, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard let registered = definitions.find(started.definition) else {
            throw ReplayFailure(
                position: position, reason: "there is no definition at \(started.definition)")
        }
        let facts = SagaFacts(started, at: position, definition: registered.definition)
        let saga = SagaInstance(facts)
        sagas[facts.id] = saga
        sagasByStart[position] = saga
        order.append(saga)
        registered.liveSagas += 1
        counts.live += 1
        open(started.opened, of: saga, by: position, at: started.at)
    }

    private mutating func apply(
        _ record: Record, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        switch record {
        case .attemptEnded(let ended): apply(ended, to: saga, at: position)
        case .waitEnded(let ended):
            saga.update(ended.opened.step, ended.opened.direction) { $0.wait = nil }
            counts.current -= 1
            open([ended.opened], of: saga, by: position, at: ended.at)
        case .wentBack(let back):
            try move(saga, to: .compensating, at: position)
            apply(back, to: saga, at: position)
        case .sagaParked(let parked):
            try move(saga, to: .failed, at: position)
            counts.parked += 1
            saga.compensationFailure = saga.fault(
                at: parked.step, .compensation, parked.failure, parked.at)
        case .sagaEnded(let ended):
            try move(saga, to: ended.state, at: position)
            apply(ended, to: saga)
        case .cancelAsked, .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted,
            .sessionAttached, .sessionEnded:
            break
        }
    }

    private func move(
        _ saga: SagaInstance, to state: SagaState, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard saga.state.mayBecome(state) else {
            throw ReplayFailure(
                position: position, reason: "\(saga.state.label) cannot become \(state.label)")
        }
        saga.state = state
    }

    private mutating func apply(
        _ ended: AttemptEnded, to saga: SagaInstance, at position: JournalPosition
    ) {
        let isDeclined = if case .declined = ended.outcome { true } else { false }
        let isUnknown = if case .unknown = ended.outcome { true } else { false }
        saga.update(ended.step, ended.direction) { task in
            task.token = nil
            task.failures = ended.failures
            task.mayHaveRun = task.mayHaveRun || !isDeclined
            task.endedUnknown = task.endedUnknown || isUnknown
            task.instance = ended.instance.isEmpty ? task.instance : ended.instance
            task.handedOutAt = ended.handedOutAt ?? task.handedOutAt
            if let failure = ended.outcome.failure {
                task.lastFailure = failure
                task.failingSince = task.failingSince ?? ended.at
            }
        }
        counts.current -= 1
        if case .succeeded(let output) = ended.outcome, ended.direction == .action {
            saga.steps[ended.step.rawValue].output = output
        }
        if let knowledge = ended.undo { saga.steps[ended.step.rawValue].knowledge = knowledge }
        switch ended.next {
        case .over(let state):
            saga.steps[ended.step.rawValue].state = state
            saga.update(ended.step, ended.direction) { $0.endedAt = ended.at }
        case .again(let number):
            let opened = Opened(step: ended.step, direction: ended.direction, number: number)
            open([opened], of: saga, by: position, at: ended.at)
        case .waits(let wait):
            saga.update(ended.step, ended.direction) { $0.wait = wait }
            counts.current += 1
        }
        open(ended.opened, of: saga, by: position, at: ended.at)
    }

    private mutating func apply(
        _ back: WentBack, to saga: SagaInstance, at position: JournalPosition
    ) {
        saga.backReason = back.reason
        let step = back.reason.step
        saga.failure =
            step.map { saga.fault(at: $0, .action, back.reason.failure, back.at) }
            ?? SagaFault(
                step: "", failure: back.reason.failure, attempt: 0, instance: "", at: back.at)
        for item in back.steps {
            saga.steps[item.step.rawValue].knowledge = item.knowledge
            if item.knowledge != .awaited { close(item.step, of: saga, as: .failed, at: back.at) }
        }
        for step in back.withdrawn { close(step, of: saga, as: .pending, at: back.at) }
        open(back.opened, of: saga, by: position, at: back.at)
    }

    /// Ends the action of a step that is still current.
    private mutating func close(
        _ step: StepIndex, of saga: SagaInstance, as state: StepState, at instant: Instant
    ) {
        guard saga.steps[step.rawValue].action.isCurrent else { return }
        counts.current -= 1
        saga.steps[step.rawValue].state = state
        saga.update(step, .action) { task in
            task.token = nil
            task.wait = nil
            task.endedAt = instant
        }
    }

    private mutating func apply(_ ended: SagaEnded, to saga: SagaInstance) {
        saga.endedAt = ended.at
        saga.outputOf = ended.outputOf
        counts.live -= 1
        definitions.find(saga.facts.definition.position)?.liveSagas -= 1
        if let hash = saga.facts.keyHash, let until = ended.keyUntil {
            keys[hash]?.until = until
        }
        self.ended.append(saga)
        while self.ended.count > limits.endedKept, let oldest = self.ended.popFirst() {
            sagas[oldest.facts.id] = nil
            sagasByStart[oldest.facts.start] = nil
            order.drop(oldest)
            counts.dropped += 1
            newestDropped = max(newestDropped ?? oldest.facts.id, oldest.facts.id)
        }
    }

    /// Opens attempts: each is due under a new token of this epoch.
    private mutating func open(
        _ opened: [Opened], of saga: SagaInstance, by position: JournalPosition,
        at instant: Instant
    ) {
        for item in opened {
            let token = Token(epoch: lastEpoch, number: item.number)
            saga.steps[item.step.rawValue].state =
                item.direction == .action ? .scheduled : .compensating
            saga.update(item.step, item.direction) { task in
                task.token = token
                task.attempts = item.number
                task.openedBy = position
                task.dueAt = task.dueAt ?? instant
            }
            counts.current += 1
            output.opened.append(
                Output.OpenedTask(saga: saga, step: item.step, direction: item.direction))
        }
    }
}

extension AttemptOutcome {
    /// What went wrong, for people; nil if nothing did.
    var failure: Failure? {
        switch self {
        case .succeeded, .declined: nil
        case .failed(let failure), .retry(let failure, _): failure
        case .refused(let refused):
            Failure(
                code: "output-refused",
                message: refused.limit > 0
                    ? "The output was \(refused.reason): \(refused.size) bytes, limit "
                        + "\(refused.limit)"
                    : "The output was \(refused.reason)")
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
