internal import SagaModel

/// Records that state something anew.
///
/// What is known already stays as it is: such a record says nothing new. What is not known had its
/// beginning freed, and is put in place.
extension Engine {
    mutating func apply(
        _ restated: EngineRestated, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard lastEpoch == .none || lastEpoch == restated.epoch else {
            throw ReplayFailure(
                position: position, reason: "epoch \(restated.epoch) where \(lastEpoch) is")
        }
        lastEpoch = restated.epoch
        counts.dropped = max(counts.dropped, restated.dropped)
        if let newest = restated.newestDropped {
            newestDropped = max(newestDropped ?? newest, newest)
        }
        statements.epoch = position
        statements.engine = position
    }

    mutating func apply(
        _ restated: DefinitionRestated, at position: JournalPosition
    ) throws(ReplayFailure) {
        if let known = definitions.find(restated.position) {
            guard known.definition.digest == restated.definition.digest else {
                throw ReplayFailure(
                    position: position, reason: "the definition is another one than it was")
            }
            known.statedAt = position
            return
        }
        let definition = ResolvedDefinition(restated.definition, position: restated.position)
        guard restated.position < position,
            definitions.find(definition.namespace, definition.name, definition.version) == nil
        else {
            throw ReplayFailure(position: position, reason: "the definition is there already")
        }
        definitions.add(definition, queues: makeQueues(for: definition)).statedAt = position
    }

    mutating func apply(_ restated: KeysRestated) {
        for item in restated.keys {
            keys.restate(
                item.taken.key,
                KeyEntry(
                    saga: item.taken.saga, request: item.taken.request, until: item.until,
                    mayBeReplaced: item.mayBeReplaced))
            if item.start != .none, order.find(item.start) == nil {
                statements.passedKeys[item.start] = (item.taken.key, item.taken.saga)
            }
        }
    }

    mutating func apply(
        _ restated: SagaRestated, at position: JournalPosition, saga owner: JournalPosition,
        known: SagaInstance?
    ) throws(ReplayFailure) {
        if let saga = known ?? order.find(owner) {
            try takeAgain(restated, of: saga, at: position)
            saga.statedAt = position
            return
        }
        guard owner != .none, owner < position, sagas[restated.started.id] == nil else {
            throw ReplayFailure(
                position: position, reason: "saga \(restated.started.id) is there already")
        }
        let registered = try definition(of: restated.started, at: owner)
        let parent = restated.started.parent.flatMap { order.find($0.saga) }
        if restated.started.parent != nil, parent == nil {
            throw ReplayFailure(position: position, reason: "the parent is not there")
        }
        let facts = SagaFacts(
            restated.started, at: owner, definition: registered.definition,
            children: parent?.facts.children)
        let saga = SagaInstance(facts, registered)
        for step in restated.namedSteps { try check(step, of: saga, at: position) }
        saga.restore(restated)
        saga.statedAt = position
        statements.passed[owner] = nil
        statements.passedKeys[owner] = nil
        sagas.insert(saga)
        order.insert(saga)
        count(saga)
        guard saga.state.isEnded, facts.parent == nil else { return }
        statements.endedInDisorder = true
        ended.append(EndedSaga(saga: saga, end: restated.endedBy))
    }

    /// A saga that is known is stated anew.
    private func takeAgain(
        _ restated: SagaRestated, of saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        guard life == nil else { return }
        if limits.checksRestatements, saga.restated(endedBy: restated.endedBy) != restated {
            throw ReplayFailure(
                position: position, reason: "saga \(saga.facts.start) is not what it was")
        }
        for index in saga.stepIndices {
            for direction in [Direction.action, .compensation] {
                saga.task(index, direction).fields?.forgetHandingOut()
            }
        }
    }

    private mutating func count(_ saga: SagaInstance) {
        for step in saga.steps {
            counts.current += (step.action.isCurrent ? 1 : 0) + (step.undo.isCurrent ? 1 : 0)
        }
        guard !saga.state.isEnded else { return }
        counts.live += 1
        saga.registered.liveSagas += 1
        if saga.state == .failed { counts.parked += 1 }
        if saga.raised.contains(.noParticipant) { counts.withoutParticipant += 1 }
    }
}

/// A replay of a journal whose old end was freed.
extension Engine {
    /// Whether a record is to be passed over: the beginning of what it is about was freed, and it
    /// was stated anew later on, or has ended.
    ///
    /// Nothing else is passed over: what is about a saga whose start should be there is refused.
    mutating func passesOver(
        _ record: Record, at position: JournalPosition, saga owner: JournalPosition
    ) -> Bool {
        guard statements.isFreed, position > lastPosition else { return false }
        switch record {
        case .sagaStarted(let started):
            guard lacksGround(started) else { return false }
            pass(started, start: position, hasEnded: false)
            return true
        case .sagaRestated(let restated):
            guard order.find(owner) == nil, quarantined[owner] == nil,
                lacksGround(restated.started)
            else { return false }
            pass(restated.started, start: owner, hasEnded: restated.state.isEnded)
            return true
        case .sessionEnded(let ended): return instances[ended.participant] == nil
        case .lifeBegan, .definitionRegistered, .keyTaken, .sessionAttached, .engineRestated,
            .definitionRestated, .keysRestated:
            return false
        case .attemptEnded, .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded,
            .stepsMoved, .taskDeferred, .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked,
            .stepSettled, .sagaBegan, .sagaTimedOut, .attentionChanged, .limitsSet:
            guard owner != .none, order.find(owner) == nil, quarantined[owner] == nil,
                isPassed(owner)
            else { return false }
            note(record, ofPassed: owner)
            return true
        }
    }

    /// Whether nothing is known of a saga since its beginning was freed.
    func isPassed(_ start: JournalPosition) -> Bool {
        statements.isFreed && start != .none && order.find(start) == nil
            && (start < statements.oldest || statements.passed[start] != nil)
    }

    /// Whether what a saga runs by, runs for, or was opened in is not known.
    private func lacksGround(_ started: SagaStarted) -> Bool {
        if lastEpoch == .none { return true }
        if let parent = started.parent, isPassed(parent.saga) { return true }
        return started.inline == nil && started.definition < statements.oldest
            && definitions.find(started.definition) == nil
    }

    private mutating func pass(_ started: SagaStarted, start: JournalPosition, hasEnded: Bool) {
        statements.passed[start] = hasEnded
        if let hash = started.keyHash { statements.passedKeys[start] = (hash, started.id) }
    }

    private mutating func note(_ record: Record, ofPassed owner: JournalPosition) {
        switch record {
        case .sagaEnded(let end):
            statements.passed[owner] = true
            guard let (key, saga) = statements.passedKeys[owner], let until = end.keyUntil else {
                return
            }
            keys.end(
                key, of: saga, at: until,
                mayBeReplaced: end.state == .compensated || end.state == .abandoned)
        // A child that was completed is undone.
        case .wentBack: statements.passed[owner] = false
        case .attemptEnded, .waitEnded, .cancelAsked, .sagaParked, .stepsMoved, .taskDeferred,
            .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked, .stepSettled, .sagaBegan,
            .sagaTimedOut, .attentionChanged, .limitsSet:
            statements.passed[owner] = statements.passed[owner] ?? false
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .sessionAttached,
            .sessionEnded, .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            break
        }
    }

    /// Ends a replay: everything is in its order, and nothing that lives is missing.
    ///
    /// - Throws: `ReplayFailure` if a saga was passed over that was neither stated anew nor ended:
    ///   its records were freed too early.
    package mutating func endReplay() throws(ReplayFailure) {
        if let lost = statements.passed.filter({ !$0.value }).keys.min() {
            throw ReplayFailure(
                position: lost,
                reason: "the saga that began there lives, and its records were freed")
        }
        settleReplay()
    }

    /// Puts what came out of order in its order.
    mutating func settleReplay() {
        statements.passed = [:]
        statements.passedKeys = [:]
        order.settle()
        if statements.endedInDisorder {
            statements.endedInDisorder = false
            ended = .init(ended.sorted { $0.end < $1.end })
            dropBeyondKept()
        }
    }
}

extension SagaRestated {
    /// Every step that it names.
    fileprivate var namedSteps: [StepIndex] {
        var named = steps.map(\.step)
        if let outputOf { named.append(outputOf) }
        guard let rare else { return named }
        named += [rare.suspension?.step, rare.parking?.step, rare.backReason?.step]
            .compactMap(\.self)
        named += rare.stopped.compactMap(\.limit.step) + rare.limits.compactMap(\.limit.step)
        named += rare.verbs.compactMap(\.step) + rare.found.map(\.step) + rare.left.map(\.step)
        return named
    }
}
