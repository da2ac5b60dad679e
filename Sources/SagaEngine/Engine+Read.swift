internal import SagaModel

/// What is looked up and not changed.
extension Engine {
    mutating func get(_ call: CallID, _ selector: SagaSelector, _ view: SagaView) {
        guard let saga = find(call, selector) else { return }
        reply(call, .saga(status(of: saga, view)))
    }

    /// Answers at once if the saga has ended or parked, else when it does or the time is over.
    mutating func awaitEnd(
        _ call: CallID, _ selector: SagaSelector, _ time: Duration, untilEnded: Bool,
        _ view: SagaView
    ) {
        guard let saga = find(call, selector) else { return }
        wait(call, for: saga, time, startedExisting: nil, untilEnded: untilEnded, view)
    }

    mutating func wait(
        _ call: CallID, for saga: SagaInstance, _ patience: Duration, startedExisting: Bool?,
        untilEnded: Bool, _ view: SagaView
    ) {
        var waiter = SagaInstance.Waiter(
            call: call, timer: nil, startedExisting: startedExisting, untilEnded: untilEnded,
            view: view)
        if waiter.isReached(saga.state) {
            answer(waiter, with: status(of: saga, view))
            return
        }
        guard waitingCalls.count < limits.waitingCalls else {
            refuse(call, tooManyWaiting())
            return
        }
        waitingCalls.insert(WaitingCall(tableKey: call, saga: saga))
        waiter.timer = timers.set(.patienceOver(saga, call), at: now + patience)
        saga.waiters.append(waiter)
    }

    func tooManyWaiting() -> Refusal {
        Refusal(
            .resourceExhausted, reason: "WAITING_CALLS",
            "\(limits.waitingCalls) calls wait for sagas, which is the limit; ask again later")
    }

    mutating func answerWaiters(of saga: SagaInstance) {
        guard !saga.waiters.isEmpty else { return }
        var waiters: [SagaInstance.Waiter] = []
        swap(&waiters, &saga.waiters)
        let view = waiters.reduce(waiters[0].view) { $0.union($1.view) }
        if !saga.state.isEnded {
            saga.waiters = waiters.filter { !$0.isReached(saga.state) }
            waiters.removeAll { !$0.isReached(saga.state) }
        }
        guard let last = waiters.popLast() else { return }
        let status = status(of: saga, view)
        for waiter in waiters { endWaiting(waiter, with: status) }
        endWaiting(last, with: status)
    }

    private mutating func endWaiting(
        _ waiter: SagaInstance.Waiter, with status: consuming SagaStatus
    ) {
        waitingCalls.remove(waiter.call)
        if let timer = waiter.timer { timers.remove(timer) }
        answer(waiter, with: status)
    }

    private mutating func answer(
        _ waiter: SagaInstance.Waiter, with status: consuming SagaStatus
    ) {
        if let existing = waiter.startedExisting {
            let definition = DefinitionVersion(
                name: status.definition, version: status.version)
            let id = status.id
            reply(waiter.call, .started(id, existing: existing, definition, status))
        } else {
            reply(waiter.call, .saga(status))
        }
    }

    mutating func callEnded(_ call: CallID) {
        guard let waiter = takeWaiter(call) else { return }
        if let timer = waiter.timer { timers.remove(timer) }
    }

    /// A call has waited long enough: it is told how the saga stands.
    mutating func patienceOver(_ call: CallID, for saga: SagaInstance) {
        guard let waiter = takeWaiter(call) else {
            preconditionFailure("a timer for a call that does not wait")
        }
        answer(waiter, with: status(of: saga, waiter.view))
    }

    private mutating func takeWaiter(_ call: CallID) -> SagaInstance.Waiter? {
        guard let saga = waitingCalls.remove(call)?.saga,
            let place = saga.waiters.firstIndex(where: { $0.call == call })
        else { return nil }
        return saga.waiters.remove(at: place)
    }

    /// Finds the saga that a request names; answers the call if there is none.
    mutating func find(_ call: CallID, _ selector: SagaSelector) -> SagaInstance? {
        switch selector {
        case .id(let namespace, let id):
            if let saga = sagas[id], saga.facts.definition.namespace == namespace { return saga }
            if let newest = newestDropped, id <= newest {
                refuse(call, dropped(id))
            } else {
                refuse(
                    call,
                    Refusal(
                        .notFound, reason: "SAGA_UNKNOWN",
                        "no saga \(id) in namespace \(namespace)", saga: id))
            }
        case .key(let namespace, let definition, let key, let hash):
            if let entry = keys.find(hash, now: now) {
                if let saga = sagas[entry.saga] { return saga }
                refuse(call, dropped(entry.saga))
            } else if definitions.find(namespace, definition, nil) == nil {
                refuse(call, unknownDefinition(definition, in: namespace))
            } else {
                refuse(
                    call,
                    Refusal(
                        .notFound, reason: "SAGA_UNKNOWN",
                        "no saga \(definition)/\(key) in namespace \(namespace)"))
            }
        }
        return nil
    }

    func dropped(_ saga: SagaID) -> Refusal {
        Refusal(
            .notFound, reason: "DROPPED",
            "saga \(saga) is not kept any more: it has ended, or never was; the newest "
                + "\(limits.endedKept) ended sagas can be shown", saga: saga)
    }

    mutating func showDefinition(
        _ call: CallID, _ namespace: String, _ name: String, _ version: UInt32?
    ) {
        if let registered = definitions.find(namespace, name, version) {
            reply(call, .definition(status(of: registered)))
        } else if let version, let latest = definitions.find(namespace, name, nil) {
            refuse(
                call,
                Refusal(
                    .notFound, reason: "DEFINITION_VERSION_UNKNOWN",
                    "definition \(name) has no version \(version) in namespace \(namespace); the "
                        + "latest is v\(latest.definition.version)"))
        } else {
            refuse(call, unknownDefinition(name, in: namespace))
        }
    }

    mutating func listDefinitions(_ call: CallID, _ namespace: String) {
        let all = definitions.all.filter { $0.definition.namespace == namespace }
            .sorted {
                ($0.definition.name, $0.definition.version)
                    < ($1.definition.name, $1.definition.version)
            }
        reply(call, .definitions(all.map { status(of: $0) }))
    }

    private func status(of registered: DefinitionTable.Registered) -> DefinitionStatus {
        DefinitionStatus(
            definition: registered.definition, isLatest: definitions.isLatest(registered),
            liveSagas: registered.liveSagas)
    }

    func status() -> EngineStatus {
        EngineStatus(
            epoch: lastEpoch, live: counts.live, parked: counts.parked,
            endedKept: UInt64(ended.count), endedDropped: counts.dropped, started: counts.started,
            completed: counts.completed, compensated: counts.compensated,
            definitions: UInt64(definitions.all.count), keys: UInt64(keys.count),
            sessions: UInt64(sessions.count), queued: UInt64(counts.queued),
            inFlight: UInt64(counts.inFlight), staleResults: counts.staleResults,
            resultsWithoutTask: counts.resultsWithoutTask, orphans: UInt64(max(0, orphans)),
            observedAt: now, since: lifeBeganAt,
            quarantined: quarantined.keys.sorted().prefix(100).compactMap { quarantined[$0] },
            quarantinedCount: UInt64(quarantined.count),
            epochBehind: behind.keys.sorted().compactMap { behind[$0] })
    }
}

extension SagaInstance.Waiter {
    /// Whether a saga in this state is what is waited for.
    func isReached(_ state: SagaState) -> Bool {
        state.isEnded || (state == .failed && !untilEnded)
    }
}
