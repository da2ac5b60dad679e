internal import Logging
internal import NIOCore
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// Carries out what a participant's session wants: on its channel's event loop, but for the
/// handlers.
///
/// Handlers run as tasks on Swift's pool, because one that blocks must hold up neither heartbeats
/// nor other handlers. Their ends come back through the channel's inbox, so all that end in the
/// same moment share one wake-up and one write.
///
/// `@unchecked Sendable`: everything but `channel` and `eventLoop` is touched on that event loop
/// only, in blocks given to the channel, its callbacks and timers.
final class ParticipantLoop: @unchecked Sendable {
    private struct RunningHandler {
        let task: Task<Void, Never>
        let attempt: AttemptFacts
    }

    private let channel: ClientChannel
    private let eventLoop: any EventLoop
    private let handlers: [String: Handler]
    private let log: SessionLog
    private let handlerLogger: Logger
    private var session: ParticipantSession
    private var actions: [SessionAction] = []
    private var stream: (number: UInt64, call: ClientCall)?
    private var lastStream: UInt64 = 0
    private var running: [Int: RunningHandler] = [:]
    private var draws: JitterDraws
    private var decoding = DecodingArena(limit: Limits.decodedMessageBytes)
    private var encoding = EncodingArena()
    private var bytes: [UInt8] = []
    private var timer: (at: RPCInstant, scheduled: Scheduled<Void>)?
    private var whenEnded: CheckedContinuation<SessionEnd, Never>?
    private var whenIdle: CheckedContinuation<Void, Never>?
    private var end: SessionEnd?

    init(
        _ settings: ParticipantSession.Settings, handlers: [Handler], channel: ClientChannel,
        eventLoop: any EventLoop, logger: Logger, seed: UInt64
    ) {
        self.channel = channel
        self.eventLoop = eventLoop
        self.handlers = Dictionary(
            handlers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        log = SessionLog(logger)
        handlerLogger = HandlerContext.attributing(logger)
        session = ParticipantSession(settings)
        draws = JitterDraws(seed: seed)
    }

    // MARK: From tasks

    /// Runs the session until it ends.
    func run() async -> SessionEnd {
        await withCheckedContinuation { continuation in
            channel.execute { dispatcher in
                self.whenEnded = continuation
                // The channel outlives the participant by the end of its calls.
                dispatcher.observe { [weak self, unowned dispatcher] in
                    self?.stateChanged($0, dispatcher)
                }
                self.step(dispatcher) { $0.start(now: $1, into: &$2) }
                self.tellEnd()
            }
        }
    }

    /// Leaves in order.
    func drain() {
        channel.execute { dispatcher in
            self.step(dispatcher) { $0.drain(now: $1, into: &$2) }
        }
    }

    /// Ends at once; handlers that run are cancelled.
    func stop() {
        channel.execute { dispatcher in
            self.step(dispatcher) { session, _, actions in session.stop(into: &actions) }
        }
    }

    /// Waits until no handler runs.
    func idle() async {
        await withCheckedContinuation { continuation in
            channel.execute { _ in
                if self.running.isEmpty {
                    continuation.resume()
                } else {
                    self.whenIdle = continuation
                }
            }
        }
    }

    // MARK: From the stream

    func received(_ bytes: Span<UInt8>, onStream number: UInt64) {
        guard stream?.number == number else { return }
        let now = now
        do throws(CodecFailure) {
            let message = try ParticipantCodec.decodeResponse(
                bytes, limits: CodecLimits(), arena: &decoding)
            session.received(message, now: now, draw: draws.current, into: &actions)
        } catch {
            session.rejected(
                "the coordinator sent what is no message: \(error.refusal.message)", now: now,
                draw: draws.current, into: &actions)
        }
        perform()
    }

    func closed(_ end: ClientCallEnd, stream number: UInt64) {
        guard stream?.number == number else { return }
        stream = nil
        session.disconnected(
            StreamEnd(end), now: now, draw: draws.current, into: &actions)
        perform()
    }

    private func stateChanged(_ state: ClientChannelState, _ dispatcher: ClientDispatcher) {
        switch state {
        case .ready:
            guard stream != nil else { return }
            step(dispatcher) { $0.opened(now: $1, into: &$2) }
        case .transientFailure(let failures, _):
            log.unreachable(failures.map(\.description))
        case .idle, .connecting, .shutdown: break
        }
    }

    // MARK: Actions

    private var now: RPCInstant {
        RPCInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
    }

    private weak var dispatcher: ClientDispatcher?

    private func step(
        _ dispatcher: ClientDispatcher,
        _ body: (inout ParticipantSession, RPCInstant, inout [SessionAction]) -> Void
    ) {
        self.dispatcher = dispatcher
        body(&session, now, &actions)
        perform()
    }

    private func perform() {
        // Opening a stream may add an action at once; nothing else calls back.
        var index = 0
        while index < actions.count {
            perform(actions[index])
            index += 1
        }
        actions.removeAll(keepingCapacity: true)
        armTimer()
        tellEnd()
    }

    private func perform(_ action: SessionAction) {
        switch action {
        case .open: open()
        case .close:
            stream?.call.cancel()
            stream = nil
        case .leave:
            stream?.call.halfClose()
            stream = nil
        case .send(let message): send(message)
        case .run(let place, let task, let lineage): run(place, task, lineage)
        case .cancel(let place, let reason):
            guard let handler = running[place.rawValue] else { return }
            handler.attempt.cancelled(for: reason)
            handler.task.cancel()
        case .note(let note):
            draws.next()
            log.tell(note)
        case .end(let end): self.end = end
        }
    }

    private func open() {
        guard let dispatcher else { preconditionFailure("a session without its channel") }
        lastStream += 1
        let call = dispatcher.open(
            Connection.attach, Metadata(), ParticipantStream(self, number: lastStream))
        stream = (lastStream, call)
        if case .ready = dispatcher.state { session.opened(now: now, into: &actions) }
    }

    private func send(_ message: ParticipantMessage) {
        guard let stream else { return }
        // Taken out for the time of the call, which keeps its memory for the next one.
        var bytes = self.bytes
        self.bytes = []
        bytes.removeAll(keepingCapacity: true)
        ParticipantCodec.encode(message, into: &bytes, arena: &encoding)
        stream.call.send(bytes.span)
        self.bytes = bytes
    }

    private func run(_ place: AttemptPlace, _ task: ReceivedTask, _ lineage: SagaID) {
        guard let handler = handlers[task.handler] else {
            preconditionFailure("the session took a task of \(task.handler), which is not served")
        }
        let context = HandlerContext(
            AttemptFacts(
                task, lineage: lineage, namespace: session.settings.participant.namespace,
                deadline: task.startToClose.map { .now + $0 }, ended: session.ended,
                logger: log.logger,
                onSign: { [channel] facts in
                    channel.execute { _ in self.signed(place, facts) }
                }))
        let running = Task {
            guard let outcome = await context.run(handler, logger: handlerLogger) else {
                preconditionFailure("the session took a task that \(task.handler) has no half for")
            }
            channel.execute { _ in self.finished(place, outcome) }
        }
        self.running[place.rawValue] = RunningHandler(
            task: running, attempt: context.attemptFacts)
    }

    private func signed(_ place: AttemptPlace, _ facts: AttemptFacts) {
        let progress = facts.takeSign()
        // The place may be another attempt's by now.
        guard running[place.rawValue]?.attempt === facts else { return }
        session.signed(
            place, progress: progress, timeout: facts.task.heartbeatTimeout, now: now,
            into: &actions)
        perform()
    }

    private func finished(_ place: AttemptPlace, _ outcome: AttemptOutcome) {
        running[place.rawValue] = nil
        session.finished(place, outcome, into: &actions)
        perform()
        if running.isEmpty, let whenIdle {
            self.whenIdle = nil
            whenIdle.resume()
        }
    }

    private func tellEnd() {
        guard let end, let whenEnded else { return }
        self.whenEnded = nil
        whenEnded.resume(returning: end)
    }

    // MARK: Time

    private func armTimer() {
        guard let due = session.nextWake else {
            timer?.scheduled.cancel()
            timer = nil
            return
        }
        // A timer that fires early finds nothing due and is set anew: cheaper than moving it each
        // time.
        if let timer, timer.at <= due { return }
        timer?.scheduled.cancel()
        let scheduled = eventLoop.scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(max(0, due.nanoseconds)))
        ) {
            self.timer = nil
            self.session.tick(now: self.now, draw: self.draws.current, into: &self.actions)
            self.perform()
        }
        timer = (due, scheduled)
    }
}
