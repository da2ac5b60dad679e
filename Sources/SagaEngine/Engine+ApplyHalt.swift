internal import SagaModel

/// Records by which a saga stands still or goes on again, and verbs.
extension Engine {
    mutating func applyHalt(
        _ record: Record, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        switch record {
        case .sagaParked(let parked): try apply(parked, to: saga, at: position)
        case .sagaUnparked(let unparked): try apply(unparked, to: saga, at: position)
        case .sagaSuspended(let suspended):
            guard !saga.isSuspended else {
                throw ReplayFailure(position: position, reason: "the saga is suspended already")
            }
            if let step = suspended.step { try check(step, of: saga, at: position) }
            saga.isSuspended = true
            saga.updateParticulars { more in
                more.suspension = SagaParticulars.Suspension(
                    by: suspended.by, step: suspended.step, reason: suspended.reason,
                    since: suspended.at)
                more.stopped = suspended.stopped
            }
        case .sagaResumed(let resumed):
            guard saga.isSuspended else {
                throw ReplayFailure(position: position, reason: "the saga is not suspended")
            }
            saga.isSuspended = false
            saga.updateParticulars { $0.suspension = nil }
            restart(resumed.limits, of: saga)
        case .verbGiven(let given):
            if let step = given.step { try check(step, of: saga, at: position) }
            saga.updateParticulars { more in
                if more.verbs.count == SagaParticulars.verbsKept { more.verbs.removeFirst() }
                more.verbs.append(given)
                if given.verb == .compensate {
                    more.wish = BackWish(cause: .compensate, message: given.reason)
                }
            }
        case .sagaBegan(let began):
            try move(saga, to: .running, at: began.at, by: position)
            saga.updateParticulars { more in
                more.running = SagaInstance.Running(position: position, at: began.at)
            }
            try open(began.opened, of: saga, by: position, at: began.at)
        case .sagaTimedOut(let over):
            saga.updateParticulars { more in
                more.timedOutAt = over.at
                more.wish = more.wish ?? .timeout
            }
        case .attentionChanged(let changed): try apply(changed, to: saga, at: position)
        case .limitsSet(let set): begin(set.limits, of: saga)
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .sessionAttached,
            .sessionEnded, .attemptEnded, .waitEnded, .cancelAsked, .wentBack, .sagaEnded,
            .stepsMoved, .taskDeferred, .stepSettled, .engineRestated, .definitionRestated,
            .keysRestated, .sagaRestated:
            break
        }
    }

    private mutating func apply(
        _ parked: SagaParked, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        try check(parked.step, of: saga, at: position)
        try move(saga, to: .failed, at: parked.at, by: position)
        counts.parked += 1
        let fault = saga.fault(at: parked.step, parked.direction, parked.failure, parked.at)
        saga.updateParticulars { more in
            switch parked.direction {
            case .action: more.failure = fault
            case .compensation: more.compensationFailure = fault
            }
            more.parking = SagaParticulars.Parking(
                step: parked.step, direction: parked.direction, reason: parked.reason,
                failure: parked.failure, since: parked.at)
            more.stopped = parked.stopped
        }
    }

    private mutating func apply(
        _ unparked: SagaUnparked, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        try move(saga, to: unparked.state, at: unparked.at, by: position)
        counts.parked -= 1
        saga.updateParticulars { more in
            more.parking = nil
            more.compensationFailure = nil
            if unparked.state == .running { more.failure = nil }
        }
        restart(unparked.limits, of: saga)
        // An undo that failed counts as settled no more.
        saga.forgetWayBack()
        for item in unparked.opened {
            try check(item.step, of: saga, at: position)
            saga.update(item.step, item.direction) { $0.countAnew() }
            if item.direction == .action { saga.steps[item.step.rawValue].knowledge = nil }
            saga.updateParticulars { more in
                more.limits.removeAll { $0.limit.step == item.step }
            }
        }
        try open(unparked.opened, of: saga, by: position, at: unparked.at)
    }

    private mutating func apply(
        _ changed: AttentionChanged, to saga: SagaInstance, at position: JournalPosition
    ) throws(ReplayFailure) {
        let before = saga.raised
        for item in changed.raised {
            if let step = item.step { try check(step, of: saga, at: position) }
            saga.raised.insert(AttentionSet(item.reason))
        }
        for reason in changed.cleared { saga.raised.remove(AttentionSet(reason)) }
        guard before.contains(.noParticipant) != saga.raised.contains(.noParticipant) else {
            return
        }
        counts.withoutParticipant += saga.raised.contains(.noParticipant) ? 1 : -1
    }

    /// Limits of time run again with what was left of them.
    private func restart(_ limits: [RunningLimit], of saga: SagaInstance) {
        saga.updateParticulars { $0.stopped = [] }
        begin(limits, of: saga)
    }

    /// Limits of time run.
    private func begin(_ limits: [RunningLimit], of saga: SagaInstance) {
        saga.updateParticulars { more in
            for running in limits {
                if case .deferral(let step, let direction) = running.limit {
                    saga.update(step, direction) { task in
                        guard task.isDeferred else { return }
                        task.updateExtras { $0.deferral?.until = running.wait }
                    }
                    continue
                }
                more.limits.removeAll { $0.limit == running.limit }
                more.limits.append(running)
            }
        }
    }

    /// A saga that has ended is neither suspended nor parked.
    func lift(_ saga: SagaInstance) {
        saga.isSuspended = false
        saga.updateParticulars { more in
            more.suspension = nil
            more.parking = nil
            more.stopped = []
            more.limits = []
            more.wish = nil
        }
    }

    /// A child that was completed is undone: it lives again.
    mutating func revive(_ saga: SagaInstance) {
        counts.live += 1
        saga.registered.liveSagas += 1
    }
}

extension TaskFields {
    /// An attempt ended: copies what its record says.
    func apply(_ ended: AttemptEnded) {
        token = nil
        let counts = ended.failures > failures
        failures = ended.failures
        var returned = false
        switch ended.outcome {
        case .declined: break
        case .succeeded, .refused:
            mayHaveRun = true
            returned = true
        case .unknown:
            mayHaveRun = true
            endedUnknown = true
        case .failed, .retry, .notYet, .deferred, .hold: mayHaveRun = true
        }
        hasReturned = hasReturned || returned
        instance = ended.instance.isEmpty ? instance : ended.instance
        handedOutAt = ended.handedOutAt ?? handedOutAt
        let isPlainEnd = if case .succeeded = ended.outcome { true } else { false }
        // What only this life has set must not decide what is kept.
        let hasProgress = ended.progress != nil && !PlantedBug.keepsProgressByChance.isPlanted
        guard !isPlainEnd || extras != nil || hasProgress else { return }
        updateExtras { extras in
            extras.deferral = nil
            if let progress = ended.progress { extras.progress = progress }
            if let failure = ended.outcome.failure {
                extras.lastFailure = failure
                extras.failingSince = extras.failingSince ?? ended.at
            }
            guard !isPlainEnd else { return }
            extras.history.add(
                AttemptOnRecord(
                    token: ended.token, instance: ended.instance, handedOutAt: ended.handedOutAt,
                    endedAt: ended.at, outcome: ended.outcome, counts: counts))
        }
    }

    /// The task is no longer current; when an attempt that did not end was handed out is not on
    /// record.
    func close(at instant: Instant) {
        token = nil
        handedOutAt = nil
        wait = nil
        endedAt = instant
        if isDeferred { updateExtras { $0.deferral = nil } }
    }

    /// An operator has it tried again: its failures and times are counted anew.
    func countAnew() {
        failures = 0
        if failingSince != nil { updateExtras { $0.failingSince = nil } }
        endedAt = nil
        dueAt = nil
    }
}
