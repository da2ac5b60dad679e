internal import DequeModule
internal import NIOCore
package import SagaRPC

/// Makes calls on a channel's event loop, and only there; got from ``ClientChannel/execute(_:)``.
///
/// Calls are collected until the end of the turn and leave with one socket write. Every call
/// waits first, for a connection or for its turn on one, and is opened at the end of the turn.
package final class ClientDispatcher {
    let eventLoop: any EventLoop
    let settings: ClientSettings
    let target: ClientTarget
    let random: @Sendable () -> UInt64
    var connector: Connector
    /// The newest connection: being made or taking calls.
    var current: ClientConnectionHandler?
    /// All connections, those included that only wait for their last calls.
    var connections: [ClientConnectionHandler] = []
    var attemptTimer: Scheduled<Void>?
    var whenClosed: [EventLoopPromise<Void>] = []
    /// Why there was no connection the last time.
    var lastFailures: [ConnectFailure] = []

    private var observers: [UInt64: (ClientChannelState) -> Void] = [:]
    private var observersMade: UInt64 = 0
    private var told = ClientChannelState.idle

    /// Calls that wait, with some that have ended since.
    private var waiting = Deque<ClientCall>()
    private var waitingCount = 0
    private var waitingDeadlines = DeadlineScan()
    /// Calls were added or the state has changed since waiting calls were last looked at.
    private var needsPump = false
    private var ends: [(ClientCall, ClientCallEnd)] = []

    private var touched: [ClientConnectionHandler] = []
    private var isInTurn = false
    private var isFlushing = false
    private var isFlushScheduled = false
    private var armed: (at: RPCInstant, task: Scheduled<Void>)?

    /// Deadlines nearer to each other than this are looked at together.
    private static let deadlineGrain = RPCTimeout(nanoseconds: 1_000_000)

    init(
        _ target: ClientTarget, _ settings: ClientSettings, on eventLoop: any EventLoop,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.target = target
        self.random = random
        connector = Connector(
            addressCount: target.addresses.count,
            Backoff(
                first: RPCTimeout(settings.firstBackoff), most: RPCTimeout(settings.mostBackoff)))
    }

    /// The clock that deadlines are told on.
    package var now: RPCInstant {
        RPCInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
    }

    // MARK: Calls

    /// Makes a call whose messages go one by one, each way.
    ///
    /// With `waitForReady` it outlives failures to connect, up to its deadline; without, the
    /// first one ends it.
    package func open(
        _ path: String, _ metadata: Metadata = Metadata(), deadline: RPCInstant? = nil,
        waitForReady: Bool = true, _ handler: any ClientStreamHandler
    ) -> ClientCall {
        let call = ClientCall(
            self, path, metadata, deadline: deadline, waitForReady: waitForReady,
            .stream(handler))
        start(call)
        return call
    }

    /// Makes a call with one message each way; it is made again by itself when no server has
    /// looked at it.
    @discardableResult
    package func unary(
        _ path: String, _ request: [UInt8], _ metadata: Metadata = Metadata(),
        deadline: RPCInstant? = nil, waitForReady: Bool = true,
        _ completion: @escaping (Result<[UInt8], RPCFailure>) -> Void
    ) -> ClientCall {
        let call = ClientCall(
            self, path, metadata, deadline: deadline, waitForReady: waitForReady,
            request: request, .unary(.nothing, completion))
        start(call)
        return call
    }

    private func start(_ call: ClientCall) {
        if waitingCount >= settings.maxWaitingCalls {
            let status = RPCStatus(
                .resourceExhausted, "\(settings.maxWaitingCalls) calls wait for a connection")
            end(call, ClientCallEnd(status, reach: .neverSeen))
        } else {
            wait(call)
        }
    }

    private func wait(_ call: ClientCall) {
        call.phase = .waiting
        waiting.append(call)
        waitingCount += 1
        needsPump = true
        if let deadline = call.deadline { waitingDeadlines.note(deadline) }
        scheduleFlush()
    }

    var hasWaiting: Bool { waitingCount > 0 }

    /// Ends a call that waits.
    func endWaiting(_ call: ClientCall, _ end: ClientCallEnd) {
        waitingCount -= 1
        self.end(call, end)
        if waiting.count > 64, waitingCount < waiting.count / 2 {
            waiting.removeAll { !$0.isWaiting }
        }
    }

    /// The end is told at the end of the turn, so that no method calls its caller back.
    private func end(_ call: ClientCall, _ end: ClientCallEnd) {
        call.phase = .closed
        ends.append((call, end))
        scheduleFlush()
    }

    /// A connection has ended a call: it is made again if no server has looked at it.
    func callEnded(_ call: ClientCall, _ outcome: CallOutcome) {
        if call.isUnary, outcome.reach == .neverSeen, outcome.status.code == .unavailable,
            call.attempts < settings.maxAttempts, connector.state != .shutdown
        {
            wait(call)
            return
        }
        call.phase = .closed
        call.tellEnd(
            ClientCallEnd(outcome.status, metadata: outcome.metadata, reach: outcome.reach))
    }

    // MARK: Turns

    func beginTurn() { isInTurn = true }

    func endTurn() {
        isInTurn = false
        flush()
    }

    func touch(_ connection: ClientConnectionHandler) {
        if !connection.isTouched {
            connection.isTouched = true
            touched.append(connection)
        }
        scheduleFlush()
    }

    /// Whatever is done outside of a turn of the channel is flushed behind what the event loop
    /// does now.
    private func scheduleFlush() {
        guard !isInTurn, !isFlushing, !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    /// Opens waiting calls and hands what was written to the socket; done by itself at the end of
    /// each turn.
    package func flush() {
        guard !isFlushing else { return }
        isFlushing = true
        repeat {
            needsPump = false
            tellEnds()
            pump()
            var place = 0
            while place < touched.count {
                touched[place].flush()
                place += 1
            }
            touched.removeAll(keepingCapacity: true)
        } while needsPump || !ends.isEmpty || (waitingCount > 0 && current?.hasRoom == true)
        isFlushing = false
        armDeadline()
    }

    private func tellEnds() {
        while !ends.isEmpty {
            let told = ends
            ends = []
            for (call, end) in told { call.tellEnd(end) }
        }
    }

    /// Moves waiting calls on as far as the state of the connection allows.
    private func pump() {
        guard waitingCount > 0 else { return }
        switch connector.state {
        case .idle: perform(connector.want())
        case .connecting: break
        case .ready: openWaiting()
        case .backingOff(let failures):
            let status = RPCStatus(.unavailable, failures.summary)
            endWaiting(status, failures) { !$0.waitForReady }
        case .shutdown:
            endWaiting(RPCStatus(.unavailable, "client is shut down"), []) { _ in true }
        }
    }

    private func endWaiting(
        _ status: RPCStatus, _ failures: [ConnectFailure], _ isMeant: (ClientCall) -> Bool
    ) {
        let end = ClientCallEnd(status, reach: .neverSeen, connectFailures: failures)
        for call in Array(waiting) where call.isWaiting && isMeant(call) { endWaiting(call, end) }
    }

    private func openWaiting() {
        guard let current else { return }
        let now = now
        while current.hasRoom, let call = waiting.first {
            guard call.isWaiting else {
                waiting.removeFirst()
                continue
            }
            if let deadline = call.deadline, deadline <= now {
                endWaiting(call, Self.expired(lastFailures))
                continue
            }
            do {
                guard try current.open(call, now: now) else {
                    goesAway(current)
                    break
                }
            } catch {
                current.fail("HTTP/2 failed (\(error))")
                goesAway(current)
                break
            }
            // A compaction cannot come in between: the call was not closed.
            waiting.removeFirst()
            waitingCount -= 1
            touch(current)
        }
        if waitingCount == 0 { waiting.removeAll(keepingCapacity: true) }
    }

    // MARK: Deadlines

    private static func expired(_ failures: [ConnectFailure]) -> ClientCallEnd {
        let text = "deadline of the call has passed before it could be sent"
        let status = RPCStatus(
            .deadlineExceeded, failures.isEmpty ? text : "\(text); \(failures.summary)")
        return ClientCallEnd(status, reach: .neverSeen, connectFailures: failures)
    }

    private func armDeadline() {
        var due = waitingDeadlines.earliest
        for connection in connections {
            if let next = connection.connection.nextDeadline {
                due = due.map { min($0, next) } ?? next
            }
        }
        guard let due else { return }
        if let armed, armed.at <= due { return }
        armed?.task.cancel()
        let at = max(due, now.advanced(by: Self.deadlineGrain))
        let task = eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(at.nanoseconds))
        ) {
            self.armed = nil
            self.expire()
        }
        armed = (due, task)
    }

    private func expire() {
        let now = now
        if waitingDeadlines.isDue(now) {
            let end = Self.expired(lastFailures)
            for call in Array(waiting) where call.isWaiting {
                guard let deadline = call.deadline else { continue }
                if deadline <= now {
                    endWaiting(call, end)
                } else {
                    waitingDeadlines.note(deadline)
                }
            }
        }
        for connection in connections { connection.expire(now: now) }
        flush()
    }

    /// Ends the timers; nothing is left that could be due.
    func stopTimers() {
        armed?.task.cancel()
        armed = nil
    }

    // MARK: The state, for others

    /// What the channel is doing about its connection.
    package var state: ClientChannelState {
        switch connector.state {
        case .idle: .idle
        case .connecting: .connecting
        case .ready(let address): .ready(target.addresses[address])
        case .backingOff(let failures): .transientFailure(failures)
        case .shutdown: .shutdown
        }
    }

    /// Tells each change of the state, and the state there is now at once.
    @discardableResult
    package func observe(_ observer: @escaping (ClientChannelState) -> Void) -> UInt64 {
        observersMade += 1
        observers[observersMade] = observer
        observer(state)
        return observersMade
    }

    /// Ends an observation.
    package func stopObserving(_ observation: UInt64) { observers[observation] = nil }

    func tellState() {
        let state = state
        guard state != told else { return }
        told = state
        needsPump = true
        for observer in observers.values { observer(state) }
    }
}
