package import SagaModel

/// What the engine counts by definition and handler, for metrics.
///
/// Annotations of this life, which decide nothing: replaying counts nothing. Only so many names get
/// a place of their own, the first that are met; all others share one, so that no peer makes a
/// scrape grow without a bound.
final class EngineMeters {
    private let limit: Int
    private var byDefinition: [DefinitionTable.Name: DefinitionTally] = [:]
    private var byHandler: [HandlerRef: HandlerTally] = [:]
    private(set) var definitions: [DefinitionTally] = []
    private(set) var handlers: [HandlerTally] = []
    private let otherDefinitions: DefinitionTally
    private let otherHandlers: HandlerTally
    /// Sessions that did not return.
    var sessionsLost: UInt64 = 0

    /// The name that all share which have no place of their own.
    static let other = "other"

    /// Counts for so many definitions and so many handlers apart.
    init(limit: Int) {
        self.limit = limit
        otherDefinitions = DefinitionTally(limit, Self.other)
        otherHandlers = HandlerTally(limit, Self.other)
    }

    /// Where sagas of a definition are counted, all its versions together.
    func tally(of registered: DefinitionTable.Registered) -> DefinitionTally {
        if let known = registered.tally { return known }
        let definition = registered.definition
        let name = DefinitionTable.Name(namespace: definition.namespace, name: definition.name)
        let label = Self.label(definition.namespace, definition.name)
        let tally: DefinitionTally
        if let known = byDefinition[name] {
            tally = known
        } else if definitions.count < limit, label != Self.other {
            tally = DefinitionTally(definitions.count, label)
            definitions.append(tally)
            byDefinition[name] = tally
        } else {
            tally = otherDefinitions
        }
        registered.tally = tally
        return tally
    }

    /// Where attempts of a handler are counted, for both of its queues.
    func tally(of queue: HandlerQueue) -> HandlerTally {
        if let known = queue.tally { return known }
        let label = Self.label(queue.handler.namespace, queue.handler.handler)
        let tally: HandlerTally
        if let known = byHandler[queue.handler] {
            tally = known
        } else if handlers.count < limit, label != Self.other {
            tally = HandlerTally(handlers.count, label)
            handlers.append(tally)
            byHandler[queue.handler] = tally
        } else {
            tally = otherHandlers
        }
        queue.tally = tally
        return tally
    }

    /// Those with a place of their own, then what all others share: places are indices.
    var definitionFigures: [DefinitionFigures] {
        definitions.map(\.figures) + missing(definitions.count).map { DefinitionFigures($0) }
            + [otherDefinitions.figures]
    }

    /// The same of handlers.
    var handlerFigures: [HandlerFigures] {
        handlers.map(\.figures) + missing(handlers.count).map { HandlerFigures($0) }
            + [otherHandlers.figures]
    }

    /// Places that nobody has yet have no name.
    private func missing(_ taken: Int) -> [String] { Array(repeating: "", count: limit - taken) }

    private static func label(_ namespace: String, _ name: String) -> String {
        namespace == "default" ? name : "\(namespace)/\(name)"
    }
}

/// What is counted of one definition.
final class DefinitionTally {
    /// Its place among all.
    let index: Int
    var figures: DefinitionFigures

    init(_ index: Int, _ label: String) {
        self.index = index
        figures = DefinitionFigures(label)
    }

    /// A saga has ended.
    func countEnd(_ state: SagaState, after duration: Duration) {
        guard let place = DefinitionFigures.endStates.firstIndex(of: state) else { return }
        figures.durations[place].count(duration.microseconds)
    }
}

/// What is counted of one handler.
final class HandlerTally {
    /// Its place among all.
    let index: Int
    var figures: HandlerFigures

    init(_ index: Int, _ label: String) {
        self.index = index
        figures = HandlerFigures(label)
    }

    func update(_ direction: Direction, _ change: (inout DirectionFigures) -> Void) {
        switch direction {
        case .action: change(&figures.action)
        case .compensation: change(&figures.compensation)
        }
    }
}

/// Where the engine counts.
extension Engine {
    /// An attempt ends.
    func countEnd(of end: AttemptEnd, next: TaskNext, handedOutAt: Instant?) {
        guard let queue = end.saga.registered.queues[end.step.rawValue] else { return }
        let kind = end.outcome.kind
        let isOver = if case .over = next { true } else { false }
        let isRetried = !isOver && (kind == .retry || kind == .unknown)
        let took = handedOutAt.map { [stamp] handedOut in stamp - handedOut }
        meters.tally(of: queue).update(end.direction) {
            $0.count(kind, took: took, isRetried: isRetried)
        }
    }

    /// A task that waited is handed out.
    func countWait(of entry: Lane.Entry, since: Instant) {
        let wait = now - since
        meters.tally(of: queue(of: entry.step, in: entry.saga)).update(entry.direction) {
            $0.countWait(wait)
        }
    }

    /// A saga has started.
    func countStart(of saga: SagaInstance) {
        meters.tally(of: saga.registered).figures.started += 1
    }

    /// A saga has ended.
    func countEnd(of saga: SagaInstance) {
        meters.tally(of: saga.registered)
            .countEnd(saga.state, after: saga.stateSince - saga.facts.startedAt)
    }
}

/// What metrics show.
extension Engine {
    /// What was counted, and what waits now. It looks at each queue and at each session.
    package mutating func figures() -> EngineFigures {
        for queue in queuesInOrder { _ = meters.tally(of: queue) }
        var handlers = meters.handlerFigures
        for queue in queuesInOrder {
            let place = meters.tally(of: queue).index
            for lane in [queue.actions.index, queue.undos.index] where lanes[lane].waiting > 0 {
                handlers[place].queued += UInt64(lanes[lane].waiting)
                let oldest = [handlers[place].oldestDueAt, lanes[lane].oldestDue()]
                handlers[place].oldestDueAt = oldest.compactMap(\.self).min()
            }
        }
        addSlots(to: &handlers)
        return EngineFigures(
            status: status(), sessionsLost: meters.sessionsLost,
            definitions: meters.definitionFigures, handlers: handlers)
    }

    private func addSlots(to handlers: inout [HandlerFigures]) {
        // The session that was counted last for a handler: it may serve both of its queues, and
        // several handlers may share a place.
        var counted = Array(repeating: -1, count: handlers.count)
        for (number, session) in sessions.all.enumerated() where session.takesTasks {
            let slots = UInt64(session.hello.slots)
            for queue in session.queues {
                let place = meters.tally(of: queue).index
                guard counted[place] != number else { continue }
                counted[place] = number
                handlers[place].slots += slots
                handlers[place].freeSlots += slots - min(UInt64(session.running), slots)
            }
        }
    }

    /// Looks at some sagas more, from the newest to the oldest.
    ///
    /// - Parameters:
    ///   - before: where to go on; nil at the newest.
    ///   - looks: about how many sagas and steps to look at.
    ///   - figures: gets what is found.
    /// - Returns: where to go on; nil if there are no older ones.
    package func look(
        before: JournalPosition?, looks: Int, into figures: inout SagaFigures
    ) -> JournalPosition? {
        var left = looks
        return order.newestFirst(before: before, looks: looks) { saga in
            left -= 1
            guard !saga.state.isEnded else { return left > 0 }
            left -= saga.steps.count
            figures.addLive(saga.state, of: meters.tally(of: saga.registered).index)
            if saga.raised != [] || saga.state == .failed {
                left -= 16
                for item in attention(of: saga) { figures.addAttention(item) }
            }
            addExposed(of: saga, into: &figures)
            return left > 0
        }
    }

    /// Adds the effects of a live saga that are done, or may be, and are not undone.
    private func addExposed(of saga: SagaInstance, into figures: inout SagaFigures) {
        for (index, step) in saga.steps.enumerated() {
            let isExposed =
                switch step.state {
                case .succeeded, .compensating, .compensationFailed: true
                case .failed: step.knowledge == .inDoubt
                case .pending, .scheduled, .running, .skipped, .compensated: false
                }
            guard isExposed, let queue = saga.registered.queues[index] else { continue }
            figures.addExposed(
                since: step.action.endedAt ?? saga.facts.startedAt,
                of: meters.tally(of: queue).index)
        }
    }
}
