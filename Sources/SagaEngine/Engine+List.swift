package import SagaModel

/// Lists and counts of sagas, a bounded number of them a turn.
extension Engine {
    mutating func list(_ call: CallID, _ request: ListRequest) {
        var rows: [SagaRow] = []
        let filter = request.filter
        let wanted = max(1, min(Int(request.pageSize), limits.pageRows))
        let parent = filter.parent.flatMap { sagas[$0]?.facts.start }
        func visit(_ saga: SagaInstance) -> Bool {
            if filter.matches(saga, childOf: parent) {
                let row = row(of: saga)
                if filter.takes(row.attention) { rows.append(row) }
            }
            return rows.count < wanted
        }
        let next =
            request.isOldestFirst
            ? order.oldestFirst(after: request.cursor, looks: limits.pageLooks, visit)
            : order.newestFirst(before: request.cursor, looks: limits.pageLooks, visit)
        let page = SagaPage(
            rows: rows, next: next, observedAt: stamp, droppedUpTo: droppedUpTo)
        reply(call, .page(page))
    }

    mutating func count(_ call: CallID, _ request: CountRequest) {
        var counts = SagaCounts(observedAt: stamp)
        let filter = request.filter
        if request.endedAfter != .none, droppedUpTo > request.endedAfter {
            refuse(call, .archiveBehind)
            return
        }
        let parent = filter.parent.flatMap { sagas[$0]?.facts.start }
        // What the archive has counted: all that ended up to its position.
        let counted = Set(
            ended.prefix { $0.end <= request.endedAfter }.map { $0.saga.facts.start })
        counts.next = order.newestFirst(before: request.cursor, looks: limits.pageLooks) { saga in
            guard !counted.contains(root(of: saga).facts.start),
                filter.matches(saga, childOf: parent)
            else { return true }
            if filter.wantsAttention, !filter.takes(attention(of: saga)) { return true }
            counts.add(request.group.values(of: saga))
            return true
        }
        reply(call, .counts(counts))
    }

    private func root(of saga: SagaInstance) -> SagaInstance {
        var root = saga
        while let parent = root.facts.parent, let found = order.find(parent.saga) { root = found }
        return root
    }
}

extension Refusal {
    /// Sagas have left memory that the archive does not have yet: neither a list nor a count would
    /// be whole.
    package static let archiveBehind = Refusal(
        .unavailable, reason: "ARCHIVE_BEHIND",
        "sagas that ended have left memory before the archive had them: lists and counts are "
            + "whole again when it has caught up; see sagactl archive stat")
}

extension SagaFilter {
    /// Whether a saga is meant, but for its attention.
    ///
    /// - Parameter parent: the start of the saga whose children are meant, if it is there.
    fileprivate func matches(_ saga: SagaInstance, childOf parent: JournalPosition?) -> Bool {
        let facts = saga.facts
        return facts.definition.namespace == namespace
            && (states.isEmpty || states.contains(saga.state))
            && (definition.isEmpty || facts.definition.name == definition)
            && (version ?? facts.definition.version) == facts.definition.version
            && (!isSuspended || saga.isSuspended)
            && (!wantsAttention || !saga.state.isEnded)
            && (key.isEmpty || (facts.key == key && !facts.keyIsRandom))
            && labels.allSatisfy { facts.labels.contains($0) }
            && started.contains(facts.startedAt)
            && (ended.isAll || saga.endedAt.map(ended.contains) ?? false)
            && (handler.isEmpty || facts.definition.handlers.contains(handler))
            && (participant.map { wanted in saga.shownInstances.contains { wanted.takes($0) } }
                ?? true)
            && (failureCode.isEmpty || saga.failureCodes.contains(failureCode))
            && (self.parent == nil || (parent != nil && facts.parent?.saga == parent))
    }

    fileprivate var wantsAttention: Bool { needsAttention || !attention.isEmpty }

    /// Whether a saga is wanted that a person should look at for these reasons.
    fileprivate func takes(_ found: [Attention]) -> Bool {
        guard wantsAttention else { return true }
        return attention.isEmpty
            ? !found.isEmpty : found.contains { attention.contains($0.reason) }
    }
}

extension SagaGroup {
    fileprivate func values(of saga: SagaInstance) -> [String] {
        let facts = saga.facts
        switch self {
        case .state: return [saga.state.label]
        case .definition: return [facts.definition.name]
        case .version: return ["\(facts.definition.name)@\(facts.definition.version)"]
        case .failureCode: return Set(saga.failureCodes).sorted()
        case .participant:
            return Set(saga.shownInstances.map { String($0.prefix { $0 != "/" }) }).sorted()
        case .handler: return facts.definition.handlers
        case .label(let name):
            return facts.labels.first { $0.name == name }.map { [$0.value] } ?? []
        }
    }
}

extension SagaInstance {
    /// The instances that its tasks show, attempts that are over among them.
    var shownInstances: [String] {
        steps.flatMap { step in
            [step.action, step.undo].flatMap { task in
                [task.instance] + (task.extras?.history.kept.map(\.instance) ?? [])
            }
        }.filter { !$0.isEmpty }
    }

    /// The codes of what went wrong: of the saga's failures, and of the last error of each task.
    var failureCodes: [String] {
        [failure?.failure.code, compensationFailure?.failure.code].compactMap(\.self)
            + steps.flatMap { step in
                [step.action.lastFailure?.code, step.undo.lastFailure?.code].compactMap(\.self)
            }
    }
}

extension ResolvedDefinition {
    /// The handlers that its steps run, each once, sorted; child sagas are none.
    fileprivate var handlers: [String] {
        Set(steps.filter { $0.child == nil }.map(\.handler)).sorted()
    }
}
