internal import SagaModel

/// A saga as one record says it, and back: together they lose nothing that the journal knows.
extension SagaInstance {
    /// All that the journal says of the saga.
    ///
    /// - Parameter endedBy: the record that ended it; none while it lives, and for a child.
    func restated(endedBy: JournalPosition) -> SagaRestated {
        var record = SagaRestated(started: facts.restated, state: state, stateSince: stateSince)
        record.outputOf = outputOf
        record.raised = raised.reasons
        record.endedBy = endedBy
        for index in stepIndices {
            let step = steps[index.rawValue]
            var restated = RestatedStep(index, step.state)
            restated.knowledge = step.knowledge
            restated.action = step.action.fields?.restated
            restated.undo = step.undo.fields?.restated
            restated.output = step.output
            if restated != RestatedStep(index, .pending) { record.steps.append(restated) }
        }
        let more = particulars
        if more != SagaParticulars() { record.rare = more.restated }
        return record
    }

    /// Takes over what a record says, of a saga of which nothing but the facts is known.
    func restore(_ record: SagaRestated) {
        state = record.state
        stateSince = record.stateSince
        outputOf = record.outputOf
        for reason in record.raised { raised.insert(AttentionSet(reason)) }
        for step in record.steps {
            move(step.step, to: step.state)
            let progress = steps[step.step.rawValue]
            progress.knowledge = step.knowledge
            progress.output = step.output
            if let action = step.action { progress.own(.action).restore(action) }
            if let undo = step.undo { progress.own(.compensation).restore(undo) }
        }
        guard let rare = record.rare else { return }
        isSuspended = rare.suspension != nil
        updateParticulars { $0 = SagaParticulars(rare) }
    }

    /// About how many bytes its restated record has, rather too many than too few.
    var restatedBytes: Int {
        var count = 512 + facts.input.bytes.count
        if facts.definition.position == facts.start { count += 512 * (1 + steps.count) }
        for step in steps {
            guard !step.action.isUntouched || !step.undo.isUntouched || step.output != nil else {
                continue
            }
            count += 64 + (step.output?.bytes.count ?? 0)
            count += (step.action.fields?.restatedBytes ?? 0)
            count += (step.undo.fields?.restatedBytes ?? 0)
        }
        guard hasParticulars else { return count }
        let more = particulars
        count += 512 + (more.output?.bytes.count ?? 0)
        count += more.verbs.reduce(0) { $0 + 96 + $1.reason.utf8.count }
        count += more.found.values.reduce(0) { $0 + 16 + $1.utf8.count }
        count += (more.stopped.count + more.limits.count + more.left.count) * 48
        for failure in [
            more.failure?.failure, more.compensationFailure?.failure, more.parking?.failure,
            more.backReason?.failure,
        ] {
            count += failure?.restatedBytes ?? 0
        }
        return count
    }

    /// The child sagas that it ran, of all its steps.
    var children: [SagaID] { steps.flatMap { $0.action.extras?.children ?? [] } }
}

extension Failure {
    fileprivate var restatedBytes: Int {
        32 + code.utf8.count + message.utf8.count + (details?.bytes.count ?? 0)
    }
}

extension SagaFacts {
    /// The start record, without the attempts that it opened.
    fileprivate var restated: SagaStarted {
        let isInline = definition.position == start
        return SagaStarted(
            id: id, definition: isInline ? .none : definition.position, key: key,
            keyIsRandom: keyIsRandom, keyHash: keyHash, input: input, labels: labels,
            traceContext: traceContext, principal: principal, at: startedAt, opened: [],
            startAt: startAt,
            inline: isInline
                ? InlineDefinition(
                    namespace: definition.namespace, written: definition.written,
                    filled: definition.filled, digest: definition.digest) : nil,
            parent: parent, children: children, replaces: replaces)
    }
}

extension TaskFields {
    /// About how many bytes it takes in a restated record.
    fileprivate var restatedBytes: Int {
        guard let extras else { return 160 }
        return 224 + (extras.progress?.bytes.count ?? 0) + (extras.lastFailure?.restatedBytes ?? 0)
            + extras.history.kept.reduce(0) { $0 + 96 + ($1.outcome.failure?.restatedBytes ?? 0) }
            + extras.children.count * 24
    }

    fileprivate var restated: RestatedTask {
        var task = RestatedTask()
        task.token = token
        task.mayHaveRun = mayHaveRun
        task.endedUnknown = endedUnknown
        task.hasReturned = hasReturned
        task.wait = wait
        task.attempts = attempts
        task.failures = failures
        task.dueAt = dueAt
        // When an attempt that goes on was handed out is on record only once it is deferred.
        task.handedOutAt = token == nil || isDeferred ? handedOutAt : nil
        task.endedAt = endedAt
        task.instance = instance
        task.openedBy = openedBy
        guard let extras else { return task }
        task.isDeferred = isDeferred
        task.deferredUntil = extras.deferral?.until
        task.progress = extras.progress
        task.lastFailure = extras.lastFailure
        task.failingSince = extras.failingSince
        task.endedAttempts = extras.history.count
        task.firstAttempt = extras.history.first
        task.lastAttempts = extras.history.last
        task.children = extras.children
        return task
    }

    fileprivate func restore(_ task: RestatedTask) {
        token = task.token
        mayHaveRun = task.mayHaveRun
        endedUnknown = task.endedUnknown
        hasReturned = task.hasReturned
        wait = PlantedBug.restatesNoWaits.isPlanted ? nil : task.wait
        attempts = task.attempts
        failures = task.failures
        dueAt = task.dueAt
        handedOutAt = task.handedOutAt
        endedAt = task.endedAt
        instance = task.instance
        openedBy = task.openedBy
        var past = TaskExtras()
        past.deferral =
            task.isDeferred ? TaskExtras.Deferral(until: task.deferredUntil) : nil
        past.progress = task.progress
        past.lastFailure = task.lastFailure
        past.failingSince = task.failingSince
        past.history = AttemptHistory(
            first: task.firstAttempt, last: task.lastAttempts, count: task.endedAttempts)
        past.children = task.children
        if past != TaskExtras() { extras = past }
    }

    /// When an attempt that goes on was handed out is forgotten, as far as no record says so.
    func forgetHandingOut() {
        if token != nil, !isDeferred { handedOutAt = nil }
    }
}

extension SagaParticulars {
    fileprivate var restated: RestatedRarities {
        var rare = RestatedRarities()
        rare.suspension = suspension.map {
            SagaSuspended(by: $0.by, step: $0.step, reason: $0.reason, stopped: [], at: $0.since)
        }
        rare.parking = parking.map {
            SagaParked(
                step: $0.step, direction: $0.direction, reason: $0.reason, failure: $0.failure,
                at: $0.since)
        }
        rare.cancelAsked = cancelAsked
        rare.wish = wish.map { RestatedWish(cause: $0.cause, message: $0.message) }
        rare.running = running.map { RestatedBegin(position: $0.position, at: $0.at) }
        rare.backReason = backReason
        rare.failure = failure
        rare.compensationFailure = compensationFailure
        rare.timedOutAt = timedOutAt
        rare.stopped = stopped
        rare.limits = limits
        rare.verbs = PlantedBug.restatesNoVerbs.isPlanted ? [] : verbs
        rare.found = found.sorted { $0.key < $1.key }.map {
            FoundByCondition(step: $0.key, text: $0.value)
        }
        rare.output = output
        rare.left = left
        rare.replacedBy = replacedBy
        return rare
    }

    fileprivate init(_ rare: RestatedRarities) {
        suspension = rare.suspension.map {
            Suspension(by: $0.by, step: $0.step, reason: $0.reason, since: $0.at)
        }
        parking = rare.parking.map {
            Parking(
                step: $0.step, direction: $0.direction, reason: $0.reason, failure: $0.failure,
                since: $0.at)
        }
        cancelAsked = rare.cancelAsked
        wish = rare.wish.map { BackWish(cause: $0.cause, message: $0.message) }
        running = rare.running.map { SagaInstance.Running(position: $0.position, at: $0.at) }
        backReason = rare.backReason
        failure = rare.failure
        compensationFailure = rare.compensationFailure
        timedOutAt = rare.timedOutAt
        stopped = rare.stopped
        limits = rare.limits
        verbs = rare.verbs
        for item in rare.found { found[item.step] = item.text }
        output = rare.output
        left = rare.left
        replacedBy = rare.replacedBy
    }
}
