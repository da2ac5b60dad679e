internal import SagaModel

/// Where current tasks are: each has exactly one place, which moves it on.
extension Engine {
    /// Puts the tasks that a record opened into their queues, and takes out what was set for those
    /// that it ended.
    mutating func placeOpened() {
        if !output.closed.isEmpty { clearClosed() }
        guard output.opened.count != 1 else {
            place(output.opened.removeLast())
            return
        }
        guard !output.opened.isEmpty else { return }
        var opened: [Output.OpenedTask] = []
        swap(&opened, &output.opened)
        for task in opened { place(task) }
    }

    private mutating func place(_ task: Output.OpenedTask) {
        let step = task.saga.resolved(task.step)
        guard step.child == nil else {
            placeChild(task.saga, task.step, task.direction)
            return
        }
        enqueue(task.saga, task.step, task.direction)
        if task.direction == .action, step.hasScheduleLimits {
            startLimits(task.step, of: task.saga)
        }
    }

    private mutating func clearClosed() {
        for task in output.closed where task.direction == .action {
            stopLimits(task.step, of: task.saga)
        }
        output.closed.removeAll(keepingCapacity: true)
    }

    /// Keeps a task of a saga that stands still: a person is its cause of progress.
    mutating func hold(_ saga: SagaInstance, _ step: StepIndex, _ direction: Direction) {
        saga.update(step, direction) { $0.place = .held }
        counts.held += 1
    }

    mutating func enqueue(_ saga: SagaInstance, _ step: StepIndex, _ direction: Direction) {
        let task = saga.own(step, direction)
        guard let token = task.token else {
            preconditionFailure("only an open attempt can be queued")
        }
        let queue = queue(of: step, in: saga)
        let isFirst = !task.mayHaveRun
        let entry = Lane.Entry(
            order: isFirst ? saga.facts.start : task.openedBy, step: step, direction: direction,
            token: token, saga: saga)
        lanes[queue.lane(direction).index].add(entry, isFirst: isFirst)
        if queue.sessions.isEmpty { isUnserved() }
        task.place = .queued(since: now)
        counts.queued += 1
        markDirty(queue)
    }

    mutating func setWait(
        _ until: Instant, _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) {
        let timer = timers.set(.waitOver(saga, step, direction), at: until)
        saga.update(step, direction) { $0.place = .waiting(timer) }
        counts.waiting += 1
    }

    /// Takes a task from its place, before a record changes it.
    mutating func unplace(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction, timerFired: Bool = false
    ) {
        let task = saga.own(step, direction)
        switch task.place {
        case .idle: preconditionFailure("a task without a place cannot leave it")
        case .waiting(let timer):
            if !timerFired { timers.remove(timer) }
            counts.waiting -= 1
        case .queued:
            lanes[queue(of: step, in: saga).lane(direction).index].withdrawn()
            counts.queued -= 1
        case .inFlight(let flight):
            if !timerFired { timers.remove(flight.timer) }
            lanes[queue(of: step, in: saga).lane(direction).index].landed(isFirst: !task.mayHaveRun)
            counts.inFlight -= 1
        case .fromEarlierLife: counts.fromEarlierLife -= 1
        case .deferred(let timer):
            if !timerFired, let timer { timers.remove(timer) }
            counts.deferred -= 1
        case .held: counts.held -= 1
        case .child: counts.children -= 1
        }
        task.place = .idle
    }

    func queue(of step: StepIndex, in saga: SagaInstance) -> HandlerQueue {
        guard let queue = saga.registered.queues[step.rawValue] else {
            preconditionFailure("step \(step.rawValue) is run by no handler")
        }
        return queue
    }

    private func queueKey(_ handler: HandlerRef, _ needsCompensation: Bool) -> QueueKey {
        QueueKey(handler: handler, needsCompensation: needsCompensation)
    }

    /// Makes the queues of the handlers that a definition is the first to name; what participants
    /// merely offer has none, so that their number is bounded by the definitions.
    ///
    /// - Returns: the queue of each step; nil for a child saga.
    mutating func makeQueues(for definition: ResolvedDefinition) -> [HandlerQueue?] {
        definition.steps.map { step in
            guard step.child == nil else { return nil }
            let handler = HandlerRef(namespace: definition.namespace, handler: step.handler)
            for needsCompensation in [false, true] {
                let key = queueKey(handler, needsCompensation)
                guard queues[key] == nil else { continue }
                let queue = HandlerQueue(
                    handler: handler, needsCompensation: needsCompensation,
                    actions: addLane(), undos: addLane())
                queues[key] = queue
                queuesInOrder.append(queue)
            }
            return queues[queueKey(handler, step.isCompensated)]
        }
    }

    /// Whether any task waits in a queue.
    func hasWaiting(_ queue: HandlerQueue) -> Bool {
        lanes[queue.actions.index].waiting > 0 || lanes[queue.undos.index].waiting > 0
    }

    private mutating func addLane() -> LaneID {
        lanes.append(Lane())
        return LaneID(index: lanes.count - 1)
    }

    mutating func markDirty(_ queue: HandlerQueue) {
        guard !queue.isDirty else { return }
        queue.isDirty = true
        dirtyQueues.append(queue)
    }

    mutating func markDirty(_ session: SessionInstance) {
        guard !session.isDirty else { return }
        session.isDirty = true
        dirtySessions.append(session)
    }

    /// Live tasks without a cause of progress; 0, or the engine has a bug.
    var orphans: Int {
        counts.current - counts.queued - counts.inFlight - counts.waiting - counts.fromEarlierLife
            - counts.deferred - counts.held - counts.children
    }

    /// In debug builds: each current task of a live saga has a place, and a saga that goes on has
    /// such a task or stands still.
    func checkCauses(of saga: SagaInstance) {
        assert(
            saga.state.isEnded || saga.isHalted || saga.state == .pending
                || saga.steps.contains { $0.action.isCurrent || $0.undo.isCurrent },
            "saga \(saga.facts.id) is \(saga.state.label) and nothing moves it on")
        assert(
            saga.steps.allSatisfy { $0.action.hasItsPlace && $0.undo.hasItsPlace },
            "saga \(saga.facts.id) has a task without a cause of progress")
    }
}
