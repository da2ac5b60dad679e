internal import Logging
internal import Saga
internal import SagaCoordinator
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

// Participants: the SDK's sessions, each in a process of its own that may crash.
extension TestWorld {
    /// Starts a process that serves handlers.
    func startProcess(_ name: ParticipantName, _ handlers: [String: Handler]) {
        let process = TestProcess(name, handlers)
        processes.append(process)
        act(process) { $0.start(now: $1, into: &$2) }
    }

    /// Ends a process: what its handlers still do, nobody hears of. Another one follows.
    func crash(_ process: TestProcess) {
        guard process.isAlive else { return }
        process.isAlive = false
        processes.removeAll { $0 === process }
        if let stream = process.stream { hangUp(stream, .connectionLost) }
        for id in process.runs.values.sorted(by: { $0.rawValue < $1.rawValue }) {
            if let task = runs[id]?.task { task.cancel() } else { runs[id] = nil }
        }
        later(TestLimits.processRestart.microseconds) {
            $0.startProcess(process.name, process.handlers)
        }
    }

    // MARK: - Sessions

    /// Lets a session do something, and carries out what it wants.
    func act(
        _ process: TestProcess,
        _ body: (inout ParticipantSession, RPCInstant, inout [SessionAction]) -> Void
    ) {
        guard process.isAlive else { return }
        var actions: [SessionAction] = []
        body(&process.session, time.rpc, &actions)
        for action in actions { perform(action, process) }
        guard process.isAlive, let wake = process.session.nextWake?.elapsed else { return }
        let due = max(wake, time.elapsed + 1)
        if let planned = process.wakesAt, planned <= due { return }
        process.wakesAt = due
        timers.add(at: due) { self.wake(process, due) }
    }

    private func wake(_ process: TestProcess, _ due: Int64) {
        guard process.wakesAt == due else { return }
        process.wakesAt = nil
        act(process) { $0.tick(now: $1, draw: Self.draw(), into: &$2) }
    }

    private static func draw() -> Double { .random(in: 0..<1) }

    private func perform(_ action: SessionAction, _ process: TestProcess) {
        switch action {
        case .open:
            process.streams += 1
            let stream = process.streams
            post { $0.open(process, stream: stream) }
        case .close:
            process.streams += 1
            if let stream = process.stream { hangUp(stream, .cancelled) }
            process.stream = nil
        case .leave:
            process.streams += 1
            if let stream = process.stream { coordinator?.service.halfClosed(stream) }
            process.stream = nil
        case .send(let message): say(message, process)
        case .run(let place, let task, let lineage): take(task, at: place, lineage, process)
        case .cancel(let place, let reason): cancel(process.runs[place.rawValue], for: reason)
        case .note: break
        case .end(let end):
            process.isAlive = false
            logger.warning("a participant of the test has left", metadata: ["end": "\(end)"])
        }
    }

    private func open(_ process: TestProcess, stream: Int) {
        guard process.isAlive, process.streams == stream, let coordinator else { return }
        let call = begin(.session(process, stream: stream))
        switch coordinator.service.opened(call, Self.request(Self.attach)) {
        case .accept:
            process.stream = call
            act(process) { $0.opened(now: $1, into: &$2) }
        case .refuse(let status): finished(call, status)
        }
    }

    private static let attach = "/saga.v1.ParticipantService/Attach"

    private func say(_ message: ParticipantMessage, _ process: TestProcess) {
        guard let call = process.stream else { return }
        let bytes = process.encode(message)
        post { world in
            guard world.calls[call] != nil, let service = world.coordinator?.service else { return }
            service.message(call, bytes.span)
            service.turnEnded()
        }
    }

    /// The coordinator spoke to a process.
    func told(_ bytes: [UInt8], _ process: TestProcess, stream: Int) {
        guard process.streams == stream else { return }
        do throws(CodecFailure) {
            let message = try ParticipantCodec.decodeResponse(
                bytes.span, limits: CodecLimits(), arena: &decoding)
            act(process) { $0.received(message, now: $1, draw: Self.draw(), into: &$2) }
        } catch {
            preconditionFailure("the coordinator sent what is no message: \(error)")
        }
    }

    /// The stream of a process has ended.
    func disconnected(_ process: TestProcess, stream: Int, _ end: StreamEnd) {
        guard process.streams == stream else { return }
        process.stream = nil
        act(process) { $0.disconnected(end, now: $1, draw: Self.draw(), into: &$2) }
    }

    // MARK: - Handlers

    private func take(
        _ task: ReceivedTask, at place: AttemptPlace, _ lineage: SagaID, _ process: TestProcess
    ) {
        guard let handler = process.handlers[task.handler] else {
            preconditionFailure("the session took a task of \(task.handler), which is not served")
        }
        lastRun += 1
        let id = RunID(rawValue: lastRun)
        let facts = AttemptFacts(
            task, lineage: lineage, namespace: process.name.namespace,
            deadline: task.startToClose.map { .now + $0 }, ended: process.session.ended,
            logger: logger,
            onSign: { [weak self] facts in self?.submit { $0.signed(id, facts) } })
        let fault = faults.strike(task)
        runs[id] = HandlerRun(
            process: process, place: place, handler: handler, facts: facts, fault: fault)
        process.runs[place.rawValue] = id
        switch fault?.kind {
        case .throw(let error): post { $0.answer(id, AttemptOutcome(thrown: error)) }
        case .crashBefore: post { $0.crash(process) }
        case .delay(let duration): later(duration.microseconds) { $0.call(id) }
        case .throwAfter, .loseReply, .crash, nil: call(id)
        }
    }

    /// Calls the handler of a run.
    private func call(_ id: RunID) {
        guard let run = runs[id] else { return }
        busyRuns += 1
        let (context, handler, logger) = (HandlerContext(run.facts), run.handler, handlerLogger)
        let task = Task(executorPreference: executor) {
            let outcome = await RunID.$current.withValue(id) {
                await context.run(handler, logger: logger)
            }
            guard let outcome else {
                preconditionFailure("the session took a task that \(handler.name) has no half for")
            }
            self.submit { $0.returned(id, outcome) }
        }
        if run.facts.isCancelled { task.cancel() }
        runs[id]?.phase = .atWork(task)
    }

    /// A handler has ended.
    private func returned(_ id: RunID, _ outcome: AttemptOutcome) {
        guard let run = runs[id] else { return }
        if run.waits == 0 { busyRuns -= 1 }
        runs[id]?.phase = .lost(outcome)
        guard run.process.isAlive else {
            runs[id] = nil
            tellIdle()
            return
        }
        switch run.fault?.kind {
        case .throwAfter(let error):
            if case .succeeded = outcome {
                answer(id, AttemptOutcome(thrown: error))
            } else {
                answer(id, outcome)
            }
        case .loseReply: if run.facts.isCancelled { answer(id, outcome) }
        case .crash: crash(run.process)
        case .throw, .delay, .crashBefore, nil: answer(id, outcome)
        }
    }

    private func answer(_ id: RunID, _ outcome: AttemptOutcome) {
        guard let run = runs.removeValue(forKey: id) else { return }
        run.process.runs[run.place.rawValue] = nil
        act(run.process) { session, _, actions in
            session.finished(run.place, outcome, into: &actions)
        }
        tellIdle()
    }

    private func cancel(_ id: RunID?, for reason: CancellationReason) {
        guard let id, let run = runs[id] else { return }
        run.facts.cancelled(for: reason)
        switch run.phase {
        case .held: break
        case .atWork(let task): task.cancel()
        // What got lost need not be waited for any more; as late as it comes, it does not count.
        case .lost(let outcome): post { $0.answer(id, outcome) }
        }
    }

    private func signed(_ id: RunID, _ facts: AttemptFacts) {
        let progress = facts.takeSign()
        guard let run = runs[id] else { return }
        act(run.process) { session, now, actions in
            session.signed(
                run.place, progress: progress, timeout: facts.heartbeatTimeout, now: now,
                into: &actions)
        }
    }
}
