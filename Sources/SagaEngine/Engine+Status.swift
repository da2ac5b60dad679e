internal import SagaModel

/// Sagas as they are shown.
extension Engine {
    /// A saga with at least what is asked for.
    func status(of saga: SagaInstance, _ view: SagaView = SagaView()) -> SagaStatus {
        let facts = saga.facts
        return SagaStatus(
            id: facts.id, namespace: facts.definition.namespace, definition: facts.definition.name,
            version: facts.definition.version, key: facts.key, keyIsRandom: facts.keyIsRandom,
            state: saga.state, attention: [], startedAt: facts.startedAt,
            endedAt: saga.endedAt, observedAt: stamp, principal: facts.principal,
            labels: facts.isPlain
                ? [:]
                : Dictionary(
                    facts.labels.map { ($0.name, $0.value) },
                    uniquingKeysWith: { first, _ in first }),
            // The summary names the current ones; of an ended saga only who asks is shown them.
            steps: view.steps || !saga.state.isEnded
                ? saga.stepIndices.map { status(of: $0, in: saga, view) } : [],
            failure: saga.failure, compensationFailure: saga.compensationFailure,
            input: facts.input,
            output: output(of: saga), stateSince: saga.stateSince,
            attentionDetails: attention(of: saga), digest: facts.definition.digest,
            more: more(of: saga, view))
    }

    func row(of saga: SagaInstance) -> SagaRow {
        let facts = saga.facts
        let current = saga.stepIndices.first {
            saga.steps[$0.rawValue].action.isCurrent || saga.steps[$0.rawValue].undo.isCurrent
        }
        let step =
            current.map { facts.definition.steps[$0.rawValue].name }
            ?? (saga.state == .failed ? parking(of: saga)?.fault.step ?? "" : "")
        return SagaRow(
            id: facts.id, definition: facts.definition.name, version: facts.definition.version,
            key: facts.keyIsRandom ? "" : facts.key, state: saga.state,
            attention: attention(of: saga), step: step, startedAt: facts.startedAt,
            endedAt: saga.endedAt, stateSince: saga.stateSince, isSuspended: saga.isSuspended,
            start: facts.start)
    }

    /// What only some sagas have; nil for most.
    private func more(of saga: SagaInstance, _ view: SagaView) -> SagaMore? {
        let facts = saga.facts
        if facts.isPlain, facts.definition.timeout == nil, !saga.hasParticulars { return nil }
        var more = SagaMore()
        more.startAt = facts.startAt?.until
        more.runningSince = facts.startAt == nil ? nil : saga.running?.at
        if facts.definition.timeout != nil, saga.state == .running, !saga.isHalted,
            !saga.isPivotPassed
        {
            more.deadline = timeoutWait(of: saga)?.until
        }
        more.parent = facts.parent.flatMap { parent in
            order.find(parent.saga).map {
                SagaParent(saga: $0.facts.id, step: $0.resolved(parent.step).name)
            }
        }
        more.replaces = facts.replaces
        guard saga.hasParticulars else { return more }
        let particulars = saga.particulars
        more.suspension = particulars.suspension.map { suspension in
            SagaSuspension(
                by: suspension.by, step: suspension.step.map { saga.resolved($0).name } ?? "",
                reason: suspension.reason, since: suspension.since)
        }
        more.parking = parking(of: saga)
        more.cancelRequest = particulars.cancelAsked.map { asked in
            CancelRequest(
                by: asked.principal, reason: asked.reason, at: asked.at,
                waitsForPivot: saga.state == .running && isPivotUndecided(saga))
        }
        more.sentBackBy = sentBackBy(saga)
        if saga.state == .abandoned { more.abandonedBy = saga.lastEntry(of: .abandon) }
        more.left = particulars.left.map { item in
            LeftEffect(
                step: saga.resolved(item.step).name, isKnown: item.knowledge == .done)
        }
        more.replacedBy = particulars.replacedBy
        if view.history { more.verbs = saga.verbEntries }
        return more
    }

    private func parking(of saga: SagaInstance) -> SagaParking? {
        saga.particulars.parking.map { parking in
            let shown =
                parking.direction == .compensation ? saga.compensationFailure : saga.failure
            return SagaParking(
                reason: parking.reason,
                fault: shown
                    ?? saga.fault(
                        at: parking.step, parking.direction, parking.failure, parking.since),
                direction: parking.direction, since: parking.since)
        }
    }

    /// The verb because of which a saga goes back, if a person gave one.
    private func sentBackBy(_ saga: SagaInstance) -> VerbEntry? {
        guard let reason = saga.backReason, reason.step == nil else { return nil }
        switch reason.failure.code {
        case BackWish.Cause.cancelled.code: return saga.cancelEntry
        case BackWish.Cause.compensate.code: return saga.lastEntry(of: .compensate)
        default: return nil  // open set: codes of what nobody asked for
        }
    }
}

extension SagaInstance {
    /// What people told it, the oldest first.
    fileprivate var verbEntries: [VerbEntry] {
        ([cancelEntry].compactMap(\.self) + particulars.verbs.map { entry($0) })
            .enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
    }

    /// The last verb of a kind, for a step or for the saga.
    func lastEntry(of verb: Verb, for step: StepIndex? = nil) -> VerbEntry? {
        particulars.verbs.last { $0.verb == verb && $0.step == step }.map { entry($0) }
    }

    private func entry(_ given: VerbGiven) -> VerbEntry {
        VerbEntry(
            verb: given.verb, step: given.step.map { resolved($0).name } ?? "",
            by: given.principal, reason: given.reason, at: given.at)
    }

    /// The wish to cancel it, if a person had it: a parent is no person.
    fileprivate var cancelEntry: VerbEntry? {
        guard let asked = particulars.cancelAsked, !asked.isByParent else { return nil }
        return VerbEntry(
            verb: .cancel, step: "", by: asked.principal, reason: asked.reason, at: asked.at)
    }
}
