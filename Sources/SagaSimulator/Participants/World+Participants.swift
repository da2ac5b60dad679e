internal import Saga
internal import SagaCoordinator
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC

// Participants: the SDK's sessions, and handlers that the world runs.
extension World {
    /// Starts a process of a participant.
    func startProcess(_ place: Int) {
        let participant = participants[place]
        let process = ParticipantProcess(
            number: processes.count, place: place,
            ParticipantSession.Settings(
                participant: participant.name, sdkVersion: "", serviceVersion: "",
                handlers: participant.handlers.map {
                    HandlerOffer(name: $0, hasCompensation: participant.undoes)
                }, slots: participant.slots, undoSlots: 1, drain: .seconds(20)))
        processes.append(process)
        participants[place].process = process.number
        trace.note(now, "process", process.number)
        act(process) { $0.session.start(now: now.rpc, into: &$1) }
    }

    /// Ends a process; its handlers end with it.
    func kill(_ process: ParticipantProcess) {
        guard process.isAlive else { return }
        trace.note(now, "kill", process.number)
        process.isAlive = false
        if let stream = process.stream { breakCall(stream) }
        restartProcess(process)
    }

    private func restartProcess(_ process: ParticipantProcess) {
        guard participants[process.place].process == process.number else { return }
        let isLong = random.chance(0.2)
        queue.add(
            .processStarts(place: process.place),
            at: now + random.span(1_000...(isLong ? 20_000_000 : 1_000_000)))
    }

    /// A process is to be there again, unless one is.
    func processStarts(_ place: Int) {
        if let number = participants[place].process {
            let process = processes[number]
            if process.isAlive, !process.isEnded { return }
        }
        startProcess(place)
    }

    // MARK: - Sessions

    /// Lets a session do something, and carries out what it wants.
    func act(
        _ process: ParticipantProcess,
        _ body: (ParticipantProcess, inout [SessionAction]) -> Void
    ) {
        var actions: [SessionAction] = []
        body(process, &actions)
        for action in actions { perform(action, process) }
        guard process.isAlive, let wake = process.session.nextWake?.worldTime else { return }
        if let planned = process.wakesAt, planned <= wake, planned > now { return }
        process.wakesAt = max(wake, now + 1)
        queue.add(.sessionWakes(process: process.number), at: max(wake, now + 1))
    }

    private func perform(_ action: SessionAction, _ process: ParticipantProcess) {
        switch action {
        case .open:
            process.streams += 1
            queue.add(
                .streamOpens(process: process.number, stream: process.streams),
                at: now + random.span(200...5_000))
        case .close:
            process.streams += 1
            if let stream = process.stream { hangUp(stream) }
            process.stream = nil
        case .leave:
            process.streams += 1
            if let stream = process.stream { toCoordinator(stream, .halfClose) }
            process.stream = nil
        case .send(let message):
            said(message, process)
            if let stream = process.stream {
                toCoordinator(stream, .message(process.encode(message)))
            }
        case .run(let place, let task, _): run(task, at: place, process)
        case .cancel(let place, _):
            if let run = process.runOfPlace[place.rawValue] {
                process.runs[run]?.isCancelled = true
            }
        case .note: break
        case .end:
            process.isEnded = true
            restartProcess(process)
        }
    }

    /// A try to open a stream is over.
    func streamOpens(_ number: Int, stream: Int) {
        let process = processes[number]
        guard process.isAlive, process.streams == stream else { return }
        guard host.coordinator != nil else {
            act(process) {
                $0.session.disconnected(
                    .lost("no coordinator"), now: now.rpc, draw: random.unit(), into: &$1)
            }
            return
        }
        process.stream = open(
            .process(number, stream: stream), "/saga.v1.ParticipantService/Attach", [])
        act(process) { $0.session.opened(now: now.rpc, into: &$1) }
    }

    /// A timer of a session.
    func sessionWakes(_ number: Int) {
        let process = processes[number]
        guard process.isAlive, process.wakesAt == now else { return }
        process.wakesAt = nil
        act(process) { $0.session.tick(now: now.rpc, draw: random.unit(), into: &$1) }
    }

    /// The coordinator spoke to a process.
    func told(_ next: Downward, process number: Int, stream: Int) {
        let process = processes[number]
        guard process.isAlive, process.streams == stream else { return }
        switch next {
        case .message: break
        case .spoken(let message):
            if case .welcome = message { process.welcomed = process.stream }
            if case .resultAck(let attempt, let disposition) = message {
                acknowledged(attempt, disposition, process)
            }
            act(process) {
                $0.session.received(message, now: now.rpc, draw: random.unit(), into: &$1)
            }
        case .ended(let status):
            process.stream = nil
            let end: StreamEnd =
                status.code == .ok
                ? .lost("the stream ended")
                : .refused(
                    SessionRefusal(
                        code: SagaError.Code(status.code.name), reason: reason(of: status),
                        message: status.message))
            disconnected(process, end)
        case .lost(let text):
            process.stream = nil
            disconnected(process, .lost(text))
        }
    }

    /// A session speaks: what it says of its attempts is complete, and results stay with it until
    /// they are acknowledged.
    private func said(_ message: ParticipantMessage, _ process: ParticipantProcess) {
        switch message {
        case .result(let result):
            process.results[result.attempt] = result.outcome
            follower.naive.answers(result.attempt)
        case .hello(let hello):
            let (named, held) = (hello.running.count, hello.holdingResults.count)
            if named != process.runs.count || held != process.results.count {
                check.fail(
                    now,
                    "process \(process.number) runs \(process.runs.count) and names \(named), "
                        + "holds \(process.results.count) results and names \(held)")
            }
        case .heartbeat, .draining: break
        }
    }

    /// A participant is told what became of its result: then that is durable.
    private func acknowledged(
        _ attempt: TaskAttempt, _ disposition: ResultDisposition, _ process: ParticipantProcess
    ) {
        let outcome = process.results.removeValue(forKey: attempt)
        guard disposition == .taken, let outcome else { return }
        check.taken(attempt, outcome, isOpen: follower.engine.isOpen(attempt), now)
    }

    private func disconnected(_ process: ParticipantProcess, _ end: StreamEnd) {
        act(process) {
            $0.session.disconnected(end, now: now.rpc, draw: random.unit(), into: &$1)
        }
    }

    /// What a status says for programs.
    func reason(of status: RPCStatus) -> String {
        var arena = DecodingArena(limit: 1 << 16, chunk: 1 << 12)
        return (try? StatusCodec.decode(status.details.span, arena: &arena))?.reason ?? ""
    }

    // MARK: - Handlers

    private func run(_ task: ReceivedTask, at place: AttemptPlace, _ process: ParticipantProcess) {
        check.handedOut(
            task, business, opened: follower.engine.newestAttempt(of: task.attempt.task), now)
        process.lastRun += 1
        process.runs[process.lastRun] = HandlerRun(place: place, task: task)
        process.runOfPlace[place.rawValue] = process.lastRun
        queue.add(
            .handler(process: process.number, run: process.lastRun), at: now + handlerTime())
        if task.heartbeatTimeout != nil, !random.chance(rates[.silentHandler]) {
            sign(process.lastRun, of: process)
        }
    }

    /// A handler that works gives signs.
    private func sign(_ run: Int, of process: ParticipantProcess) {
        guard let work = process.runs[run], let timeout = work.task.heartbeatTimeout else { return }
        let progress = Payload(contentType: Payload.json, bytes: Array("\(run)".utf8))
        act(process) {
            $0.session.signed(
                work.place, progress: random.chance(0.3) ? progress : nil, timeout: timeout,
                now: now.rpc, into: &$1)
        }
        queue.add(
            .signs(process: process.number, run: run),
            at: now + max(timeout.microseconds / 3, 1_000))
    }

    /// The next sign of a handler is due.
    func handlerSigns(_ number: Int, run: Int) {
        let process = processes[number]
        guard process.isAlive else { return }
        sign(run, of: process)
    }

    private func handlerTime() -> Int64 {
        random.chance(rates[.slowHandler] / 3)
            ? random.span(100_000...60_000_000) : random.span(50...50_000)
    }

    /// A handler goes on: it commits, and later answers.
    func handlerGoesOn(_ number: Int, run place: Int) {
        let process = processes[number]
        guard process.isAlive, let run = process.runs[place] else { return }
        switch run.phase {
        case .working:
            let outcome = HandlerConduct(rates: rates, payloadBytes: host.limits.payloadBytes)
                .act(run, &business, &random)
            if let fault = business.ledger.fault { check.fail(now, fault) }
            trace.note(now, "handler", number, "\(run.task.idempotencyKey) \(outcome)")
            if case .deferred = outcome {
                deferrals.append(Deferral(place: run.place, task: run.task))
                queue.add(
                    .completes(deferrals.count - 1), at: now + random.span(1_000...50_000_000))
            }
            process.runs[place]?.phase = .answering(outcome)
            let isSlow = random.chance(rates[.slowHandler] / 2)
            queue.add(
                .handler(process: number, run: place),
                at: now + (isSlow ? random.span(1_000...40_000_000) : random.span(10...1_000)))
        case .answering(let outcome):
            cover(outcome, of: run.task.attempt.task)
            process.runs[place] = nil
            process.runOfPlace[run.place.rawValue] = nil
            process.results[run.task.attempt] = outcome
            act(process) { $0.session.finished(run.place, outcome, into: &$1) }
        }
    }
}

extension World {
    /// Notes how an answer finds its step.
    private func cover(_ outcome: AttemptOutcome, of task: TaskRef) {
        guard let state = host.coordinator?.stepState(task.step, of: task.saga) else { return }
        let kind =
            switch outcome {
            case .succeeded(let output):
                output.bytes.count > host.limits.payloadBytes ? "refused" : "succeeded"
            case .failed: "failed"
            case .retry: "retry"
            case .notYet: "not yet"
            case .deferred: "deferred"
            case .hold: "hold"
            case .refused: "refused"
            case .unknown: "unknown"
            case .declined: "declined"
            }
        coverage.note(
            task.direction == .action ? "action " + kind : "undo " + kind, state.name)
    }
}

extension StepState {
    fileprivate var name: String {
        switch self {
        case .pending: "pending"
        case .scheduled: "scheduled"
        case .running: "running"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .skipped: "skipped"
        case .compensating: "compensating"
        case .compensated: "compensated"
        case .compensationFailed: "compensation failed"
        }
    }
}

/// A participant of a world, whichever process it is at the moment.
struct SimulatedParticipant {
    let name: ParticipantName
    let handlers: [String]
    let slots: Int
    /// Whether it has compensations too.
    let undoes: Bool
    /// The newest of its processes.
    var process: Int?
}
