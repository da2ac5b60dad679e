internal import DequeModule
internal import NIOCore
internal import NIOPosix
package import SagaRPC

/// Makes calls on a channel's event loop, and only there; got from ``ClientChannel/execute(_:)``.
///
/// Calls are collected until the end of the turn and leave with one socket write. Every call
/// waits first, for a connection or for its turn on one, and is opened at the end of the turn.
package final class ClientDispatcher {
    let eventLoop: any EventLoop
    let settings: ClientSettings
    let target: ClientTarget
    let wire: ClientWire
    let resolver: (any Resolver & Sendable)?
    let instruments: ClientInstruments
    /// One for all connections, since no two work at a time.
    let coder = MessageCoder()
    let random: @Sendable () -> UInt64
    /// Where ``ClientChannel/state`` is read by other threads.
    let publishedState: PublishedState

    // Connections: ClientDispatcher+Connections.
    var connector: Connector
    var sizing: PoolSizing
    var keepalive: Keepalive.Settings?
    var attempt: ConnectionAttempt?
    var attemptsMade: UInt64 = 0
    var connectionsMade: UInt64 = 0
    /// Those that take calls, oldest first.
    var ready: [ClientConnectionHandler] = []
    /// All connections, those included that are being made or only wait for their last calls.
    var connections: [ClientConnectionHandler] = []
    var whenClosed: [EventLoopPromise<Void>] = []
    /// Why there was no connection the last time.
    var lastFailures: [ConnectFailure] = []

    // Waiting calls: ClientDispatcher+Waiting.
    /// Calls that wait, with some that have ended since.
    var waiting = Deque<ClientCall>()
    var waitingCount = 0
    var waitingDeadlines = DeadlineScan()
    /// Calls that are made again at a moment, in no order.
    var heldBack: [(at: RPCInstant, call: ClientCall)] = []
    var budget: RetryBudget

    // Time: ClientDispatcher+Time.
    var idle: IdleWatch
    var armed: (at: RPCInstant, task: Scheduled<Void>)?

    var observers: [UInt64: (ClientChannelState) -> Void] = [:]
    var observersMade: UInt64 = 0
    var told = ClientChannelState.idle

    /// Calls that are not over.
    var unfinished = 0
    /// Calls were added or the state has changed since waiting calls were last looked at.
    var needsPump = false
    private var ends: [(ClientCall, ClientCallEnd)] = []
    private var touched: [ClientConnectionHandler] = []
    private var isInTurn = false
    private var isFlushing = false
    private var isFlushScheduled = false

    init(
        _ target: ClientTarget, _ settings: ClientSettings, on eventLoop: any EventLoop,
        wire: ClientWire, resolver: (any Resolver & Sendable)?, instruments: ClientInstruments,
        publishedState: PublishedState, random: @escaping @Sendable () -> UInt64
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.target = target
        self.wire = wire
        self.resolver = resolver
        self.instruments = instruments
        self.publishedState = publishedState
        self.random = random
        connector = Connector(
            addressCount: target.addresses.count, isShuffled: settings.shufflesAddresses,
            settings.backoff)
        sizing = PoolSizing(settings.pool)
        keepalive = settings.keepalive
        budget = RetryBudget(tokens: settings.retryTokens)
        idle = IdleWatch(limit: settings.idleTimeout.map { RPCTimeout($0) })
    }

    /// The clock that deadlines are told on.
    package var now: RPCInstant { .now }

    // MARK: Calls

    /// Makes a call whose messages go one by one, each way.
    ///
    /// With `waitForReady` it outlives failures to connect, up to its deadline; without, the
    /// first one ends it. `retry` and `encoding` are nil for what the settings say.
    package func open(
        _ path: String, _ metadata: Metadata = Metadata(), deadline: RPCInstant? = nil,
        waitForReady: Bool = true, retry: RetryRule? = nil, encoding: MessageEncoding? = nil,
        _ handler: any ClientStreamHandler
    ) -> ClientCall {
        let call = ClientCall(
            self, path, metadata, deadline: deadline, waitForReady: waitForReady,
            retry: retry ?? settings.retry, encoding: encoding, .stream(handler))
        start(call)
        return call
    }

    /// Makes a call with one message each way.
    ///
    /// The completion runs once, on the event loop, behind this method's return.
    @discardableResult
    package func unary(
        _ path: String, _ request: [UInt8], _ metadata: Metadata = Metadata(),
        deadline: RPCInstant? = nil, waitForReady: Bool = true, retry: RetryRule? = nil,
        encoding: MessageEncoding? = nil,
        _ completion: @escaping (Result<CallResponse, RPCFailure>) -> Void
    ) -> ClientCall {
        let call = ClientCall(
            self, path, metadata, deadline: deadline, waitForReady: waitForReady,
            retry: retry ?? settings.retry, encoding: encoding, request: request,
            .unary(.nothing, completion))
        start(call)
        return call
    }

    private func start(_ call: ClientCall) {
        unfinished += 1
        idle.callBegan()
        if let observer = instruments.observer {
            call.began = now
            observer.callStarted(call.path)
        }
        if waitingCount >= settings.maxWaitingCalls {
            let why = ready.isEmpty ? "for a connection" : "for their turn on a full connection"
            let status = RPCStatus(
                .resourceExhausted, "\(settings.maxWaitingCalls) calls wait \(why)")
            endLater(call, ClientCallEnd(status, reach: .neverSeen))
        } else {
            wait(call)
        }
    }

    /// The end is told at the end of the turn, so that no method calls its caller back.
    func endLater(_ call: ClientCall, _ end: ClientCallEnd) {
        call.phase = .closed
        ends.append((call, end))
        scheduleFlush()
    }

    /// Tells the end of a call.
    func finish(_ call: ClientCall, _ end: ClientCallEnd) {
        call.phase = .closed
        unfinished -= 1
        if let observer = instruments.observer, let began = call.began {
            observer.callEnded(
                call.path, end.status.code,
                duration: .nanoseconds(began.remaining(until: now).nanoseconds),
                attempts: call.attempts)
        }
        call.tellEnd(end)
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
    func scheduleFlush() {
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
            adjustPool()
        } while needsPump || !ends.isEmpty || !touched.isEmpty
            || (waitingCount > 0 && ready.contains(where: \.hasRoom))
        isFlushing = false
        armTimer()
    }

    /// Opens waiting calls in the middle of a turn, for `send` to hand them to a socket. Nobody is
    /// told anything by this: that is for the turn's end.
    func openAhead(_ send: () -> Void) {
        guard isInTurn, !isFlushing, waitingCount > 0, !ready.isEmpty else { return }
        isFlushing = true
        pump()
        send()
        isFlushing = false
    }

    private func tellEnds() {
        while !ends.isEmpty {
            let told = ends
            ends = []
            for (call, end) in told { finish(call, end) }
        }
    }
}

extension RPCStatus {
    /// What a call ends with whose channel is at its end.
    static let clientIsShutDown = RPCStatus(.unavailable, "client is shut down")
}
