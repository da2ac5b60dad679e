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
            let (name, version) = (stored.written.name, stored.written.version)
            guard definitions.find(stored.namespace, name, version) == nil else {
                throw ReplayFailure(
                    position: position, reason: "definition \(name) v\(version) is there already")
            }
            let definition = ResolvedDefinition(stored, position: position)
            definitions.add(definition)
            makeQueues(for: definition)
        case .keyTaken(let taken):
            keys.take(
                taken.key, KeyEntry(saga: taken.saga, request: taken.request, until: nil))
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
        guard sagas[started.id] == nil else {
            throw ReplayFailure(position: position, reason: "saga \(started.id) is there already")
        }
        let facts = SagaFacts(started, at: position, definition: registered.definition)
        let saga = SagaInstance(facts)
        sagas[facts.id] = saga
        sagasByStart[position] = saga
        order.append(saga)
        registered.liveSagas += 1
        counts.live += 1
        try open(started.opened, of: saga, by: position, at: started.at)
    }

    private mutating func apply(
        _ record: Record, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        switch record {
        case .attemptEnded(let ended): try apply(ended, to: saga, at: position)
        case .waitEnded(let ended):
            try check(ended.opened.step, of: saga, at: position)
            guard saga.task(ended.opened.step, ended.opened.direction).wait != nil else {
                throw ReplayFailure(position: position, reason: "no wait is there to end")
            }
            saga.update(ended.opened.step, ended.opened.direction) { $0.wait = nil }
            counts.current -= 1
            try open([ended.opened], of: saga, by: position, at: ended.at)
        case .wentBack(let back):
            if let step = back.reason.step { try check(step, of: saga, at: position) }
            try move(saga, to: .compensating, at: position)
            try apply(back, to: saga, at: position)
        case .sagaParked(let parked):
            try check(parked.step, of: saga, at: position)
            try move(saga, to: .failed, at: position)
            counts.parked += 1
            saga.compensationFailure = saga.fault(
                at: parked.step, .compensation, parked.failure, parked.at)
        case .sagaEnded(let ended):
            if let step = ended.outputOf { try check(step, of: saga, at: position) }
            try move(saga, to: ended.state, at: position)
            apply(ended, to: saga)
        case .cancelAsked:
            guard !saga.state.isEnded else {
                throw ReplayFailure(position: position, reason: "the saga has ended")
            }
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted,
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

    private func move(
        _ step: StepIndex, of saga: SagaInstance, to state: StepState, at position: JournalPosition
    ) throws(ReplayFailure) {
        let before = saga.steps[step.rawValue].state
        guard before.mayBecome(state) else {
            throw ReplayFailure(
                position: position,
                reason: "step \(step.rawValue) is \(before) and cannot become \(state)")
        }
        saga.steps[step.rawValue].state = state
    }

    private func check(
        _ step: StepIndex, of saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard saga.steps.indices.contains(step.rawValue) else {
            throw ReplayFailure(position: position, reason: "there is no step \(step.rawValue)")
        }
    }

    private mutating func apply(
        _ ended: AttemptEnded, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        try check(ended.step, of: saga, at: position)
        guard saga.task(ended.step, ended.direction).token == ended.token else {
            throw ReplayFailure(
                position: position, reason: "attempt \(ended.token.number) is not the current one")
        }
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
            try move(ended.step, of: saga, to: state, at: position)
            saga.update(ended.step, ended.direction) { $0.endedAt = ended.at }
        case .again(let number):
            let opened = Opened(step: ended.step, direction: ended.direction, number: number)
            try open([opened], of: saga, by: position, at: ended.at)
        case .waits(let wait):
            saga.update(ended.step, ended.direction) { $0.wait = wait }
            counts.current += 1
        }
        try open(ended.opened, of: saga, by: position, at: ended.at)
    }

    private mutating func apply(
        _ back: WentBack, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        for step in back.steps.map(\.step) + back.withdrawn {
            try check(step, of: saga, at: position)
        }
        saga.backReason = back.reason
        let step = back.reason.step
        saga.failure =
            step.map { saga.fault(at: $0, .action, back.reason.failure, back.at) }
            ?? SagaFault(
                step: "", failure: back.reason.failure, attempt: 0, instance: "", at: back.at)
        for item in back.steps {
            saga.steps[item.step.rawValue].knowledge = item.knowledge
            guard item.knowledge != .awaited else { continue }
            try close(item.step, of: saga, as: .failed, by: position, at: back.at)
        }
        for step in back.withdrawn {
            try close(step, of: saga, as: .pending, by: position, at: back.at)
        }
        try open(back.opened, of: saga, by: position, at: back.at)
    }

    /// Ends the action of a step that is still current.
    private mutating func close(
        _ step: StepIndex, of saga: SagaInstance, as state: StepState,
        by position: JournalPosition, at instant: Instant
    ) throws(ReplayFailure) {
        guard saga.steps[step.rawValue].action.isCurrent else { return }
        try move(step, of: saga, to: state, at: position)
        counts.current -= 1
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
            keys.end(hash, at: until)
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
    ) throws(ReplayFailure) {
        for item in opened {
            try check(item.step, of: saga, at: position)
            let before = saga.task(item.step, item.direction)
            guard !before.isCurrent, item.number == before.attempts + 1 else {
                throw ReplayFailure(
                    position: position,
                    reason: "attempt \(item.number) cannot follow \(before.attempts)")
            }
            try move(
                item.step, of: saga,
                to: item.direction == .action ? .scheduled : .compensating, at: position)
            let token = Token(epoch: lastEpoch, number: item.number)
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
