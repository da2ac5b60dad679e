internal import NIOCore
internal import NIOPosix
internal import SagaRPC

/// The connection that is being made.
struct ConnectionAttempt {
    /// Tells late answers of an earlier attempt from this one's.
    let number: UInt64
    let address: ClientAddress
    /// What the lookup gave; empty until then.
    var endpoints: [SocketAddress] = []
    /// Nil while the address is looked up.
    var handler: ClientConnectionHandler?
    /// When the endpoint is given up; a lookup ends by itself.
    var deadline: RPCInstant?
}

// How connections come and go.
extension ClientDispatcher {
    /// Connects without a call to make, so that the first one finds a connection; without effect
    /// if there is one, or one is being made.
    package func connect() {
        guard ready.isEmpty, connector.state == .idle else { return }
        perform(connector.want(now: now, random: random))
    }

    func perform(_ action: Connector.Action) {
        switch action {
        case .nothing: break
        case .resolve(let place): resolve(target.addresses[place])
        case .connect(let place, let endpoint):
            guard let attempt, endpoint < attempt.endpoints.count else {
                preconditionFailure("no endpoint \(endpoint) of address \(place)")
            }
            connect(attempt.address, attempt.endpoints, endpoint)
        }
        tellState()
    }

    private var connectLimit: RPCTimeout { RPCTimeout(settings.connectTimeout) }

    private func resolve(_ address: ClientAddress) {
        attemptsMade += 1
        let number = attemptsMade
        attempt = ConnectionAttempt(number: number, address: address)
        EndpointLookup.endpoints(
            of: address, on: eventLoop, timeout: .nanoseconds(connectLimit.nanoseconds),
            resolver: resolver
        ).assumeIsolated().whenComplete { result in
            guard self.attempt?.number == number else { return }
            switch result {
            case .success(let endpoints):
                self.attempt?.endpoints = endpoints
                let action = self.connector.resolved(
                    endpoints: endpoints.count, random: self.random)
                self.perform(action)
            case .failure(let error): self.failed(address, ConnectFailure.Cause(error))
            }
            self.scheduleFlush()
        }
    }

    private func connect(
        _ address: ClientAddress, _ endpoints: [SocketAddress], _ endpoint: Int
    ) {
        let connection: ClientConnection
        do {
            connection = try ClientConnection(
                settings.rpc, authority: wire.authority(address), scheme: wire.scheme(address),
                coder: coder)
        } catch {
            failed(address, .other(reason: "HTTP/2 failed (\(error))"))
            return
        }
        attemptsMade += 1
        let number = attemptsMade
        connectionsMade += 1
        let handler = ClientConnectionHandler(
            connection, self, ClientConnectionID(rawValue: connectionsMade), address)
        attempt = ConnectionAttempt(
            number: number, address: address, endpoints: endpoints, handler: handler,
            deadline: now.advanced(by: connectLimit))
        connections.append(handler)
        bootstrap(handler).connect(to: endpoints[endpoint]).assumeIsolated().whenFailure {
            self.attemptEnded(handler, ConnectFailure.Cause($0))
        }
    }

    private func bootstrap(_ handler: ClientConnectionHandler) -> ClientBootstrap {
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let (wire, address) = (wire, handler.address)
        return ClientBootstrap(group: eventLoop)
            // The attempt's own deadline comes first, and covers what is behind the connection.
            .connectTimeout(.nanoseconds(connectLimit.nanoseconds) + .seconds(1))
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10)
            )
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                wire.prepare(channel, address).flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
    }

    /// The connection being made works.
    func becameReady(_ handler: ClientConnectionHandler) {
        guard let attempt, handler === attempt.handler else { return }
        self.attempt = nil
        lastFailures = []
        connector.succeeded()
        if let keepalive { handler.watch(keepalive) }
        ready.append(handler)
        instruments.opened(handler.id, handler.address)
        needsPump = true
        tellState()
    }

    /// The connection being made does not come about.
    private func attemptEnded(_ handler: ClientConnectionHandler, _ cause: ConnectFailure.Cause) {
        guard handler === attempt?.handler else { return }
        // First of all: a socket may be closed, and say so, within the call that closes it.
        attempt?.handler = nil
        handler.fail(ConnectFailure(handler.address, cause).reason)
        forget(handler)
        failed(handler.address, cause)
        scheduleFlush()
    }

    func expireAttempt(now: RPCInstant) {
        guard let attempt, let deadline = attempt.deadline, deadline <= now,
            let handler = attempt.handler
        else { return }
        attemptEnded(handler, .timedOut)
    }

    private func failed(_ address: ClientAddress, _ cause: ConnectFailure.Cause) {
        let failure = ConnectFailure(address, cause)
        instruments.failed(failure)
        let action = connector.failed(failure, now: now, random: random())
        if case .backingOff(let failures, _) = connector.state {
            attempt = nil
            lastFailures = failures
        }
        perform(action)
    }

    /// A connection takes no further call; its open ones go on to their ends.
    func goesAway(_ handler: ClientConnectionHandler, _ reason: String) {
        handler.retire(reason)
        guard let place = ready.firstIndex(where: { $0 === handler }) else { return }
        ready.remove(at: place)
        connector.lost(
            hasAnswered: handler.hasAnswered,
            ConnectFailure(handler.address, .other(reason: reason)), now: now, random: random())
        needsPump = true
        tellState()
    }

    /// A connection's socket is closed, and its calls have been told.
    func ended(_ handler: ClientConnectionHandler) {
        let reason = handler.reason ?? ""
        if handler === attempt?.handler {
            attemptEnded(handler, handler.cause ?? .other(reason: reason))
            return
        }
        goesAway(handler, reason)
        if handler.isReady {
            instruments.closed(handler.id, handler.address, handler.retirement ?? reason)
        }
        forget(handler)
    }

    private func forget(_ handler: ClientConnectionHandler) {
        connections.removeAll { $0 === handler }
        guard connections.isEmpty, connector.state == .shutdown else { return }
        stopTimer()
        for promise in whenClosed { promise.succeed() }
        whenClosed = []
    }

    /// The server counts this connection's PINGs as too many: later connections ask less often
    /// (gRPC's proposal A8).
    func tooManyPings(_ handler: ClientConnectionHandler) {
        guard var keepalive else { return }
        let (doubled, overflow) = keepalive.interval.nanoseconds.multipliedReportingOverflow(by: 2)
        keepalive.interval = RPCTimeout(nanoseconds: overflow ? .max : doubled)
        self.keepalive = keepalive
        instruments.tooManyPings(handler.id, handler.address, interval: keepalive.interval)
    }

    // MARK: As many as are needed

    /// Opens one more connection when all are full, and closes one that is not needed any more.
    func adjustPool() {
        guard waitingCount > 0 || ready.count > 1 || sizing.nextWake != nil else { return }
        let loads = ready.map {
            PoolSizing.Load(connection: $0.id, calls: $0.openCalls, hasRoom: $0.hasRoom)
        }
        let now = now
        let action = sizing.look(
            loads, areWaiting: waitingCount > 0, mayConnect: connector.state == .idle, now: now)
        switch action {
        case .nothing: break
        case .open: perform(connector.want(now: now, random: random))
        case .close(let connection): close("connection is not needed") { $0.id == connection }
        }
    }

    /// No call for so long that no connection is kept; the next call makes one.
    func becomeIdle() { close("channel is idle") { _ in true } }

    private func close(_ reason: String, _ isMeant: (ClientConnectionHandler) -> Bool) {
        for handler in ready where isMeant(handler) { handler.retire(reason) }
        ready.removeAll(where: isMeant)
        tellState()
    }

    // MARK: The end

    /// Takes no further call; calls that are open after `limit` are cut off. The promise is kept
    /// when all connections are closed.
    func shutdown(within limit: RPCTimeout, _ closed: EventLoopPromise<Void>) {
        whenClosed.append(closed)
        let reason = RPCStatus.clientIsShutDown.message
        if let handler = attempt?.handler {
            handler.fail(reason)
            connections.removeAll { $0 === handler }
        }
        attempt = nil
        ready = []
        connector.shutdown()
        for (_, call) in heldBack {
            endWaiting(call, ClientCallEnd(.clientIsShutDown, reach: .neverSeen))
        }
        tellState()
        for connection in connections { connection.retire(reason) }
        let cut = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
            for connection in self.connections { connection.fail(reason) }
        }
        closed.futureResult.assumeIsolated().whenComplete { _ in cut.cancel() }
        flush()
        if connections.isEmpty {
            stopTimer()
            for promise in whenClosed { promise.succeed() }
            whenClosed = []
        }
    }
}
