internal import NIOCore
internal import NIOPosix
internal import SagaRPC

// How connections come and go.
extension ClientDispatcher {
    func perform(_ action: Connector.Action) {
        tellState()
        switch action {
        case .nothing: break
        case .connect(let place): connect(target.addresses[place])
        case .wait(let time):
            eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(time.nanoseconds)) {
                self.perform(self.connector.waitIsOver(isWanted: self.hasWaiting))
                self.flush()
            }
        }
    }

    private func connect(_ address: ClientAddress) {
        let connection: ClientConnection
        do {
            connection = try ClientConnection(
                settings.rpc, authority: address.authority, scheme: "http")
        } catch {
            failed(ConnectFailure(address, .other(reason: "HTTP/2 failed (\(error))")))
            return
        }
        let handler = ClientConnectionHandler(connection, self, address)
        current = handler
        connections.append(handler)
        let limit = TimeAmount.nanoseconds(RPCTimeout(settings.connectTimeout).nanoseconds)
        attemptTimer = eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.attemptEnded(handler, .timedOut)
        }
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(limit)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10)
            )
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
        Self.connect(bootstrap, address).assumeIsolated().whenFailure {
            self.attemptEnded(handler, ConnectFailure.Cause($0))
        }
    }

    private static func connect(
        _ bootstrap: ClientBootstrap, _ address: ClientAddress
    ) -> EventLoopFuture<any Channel> {
        switch address {
        case .host(let host, let port):
            if let literal = try? SocketAddress(ipAddress: host, port: port) {
                return bootstrap.connect(to: literal)
            }
            return bootstrap.connect(host: host, port: port)
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// The connection being made works.
    func becameReady(_ handler: ClientConnectionHandler) {
        guard handler === current else { return }
        attemptTimer?.cancel()
        attemptTimer = nil
        lastFailures = []
        connector.becameReady()
        tellState()
    }

    /// The connection being made does not come about.
    private func attemptEnded(_ handler: ClientConnectionHandler, _ cause: ConnectFailure.Cause) {
        guard handler === current, !handler.isReady else { return }
        attemptTimer?.cancel()
        attemptTimer = nil
        current = nil
        let failure = ConnectFailure(handler.address, cause)
        handler.fail(failure.reason)
        forget(handler)
        failed(failure)
        flush()
    }

    private func failed(_ failure: ConnectFailure) {
        let action = connector.failed(failure, random: random())
        if case .backingOff(let failures) = connector.state { lastFailures = failures }
        perform(action)
    }

    /// A connection takes no further call; its open ones go on to their ends.
    func goesAway(_ handler: ClientConnectionHandler) {
        handler.isRetired = true
        touch(handler)
        guard handler === current, handler.isReady else { return }
        current = nil
        lostCurrent(handler)
    }

    private func lostCurrent(_ handler: ClientConnectionHandler) {
        guard case .ready = connector.state else { return }
        let reason = handler.reason ?? "server is going away"
        let failure = ConnectFailure(handler.address, .other(reason: reason))
        perform(
            connector.ended(hasAnswered: handler.hasAnswered, failure, random: random()))
    }

    /// A connection's socket is closed, and its calls have been told.
    func ended(_ handler: ClientConnectionHandler) {
        if handler === current {
            if handler.isReady {
                current = nil
                lostCurrent(handler)
            } else {
                attemptEnded(handler, .other(reason: handler.reason ?? ""))
            }
        }
        forget(handler)
    }

    private func forget(_ handler: ClientConnectionHandler) {
        connections.removeAll { $0 === handler }
        guard connections.isEmpty, connector.state == .shutdown else { return }
        stopTimers()
        for promise in whenClosed { promise.succeed() }
        whenClosed = []
    }

    // MARK: The end

    /// Takes no further call; calls that are open after `limit` are cut off. The promise is kept
    /// when all connections are closed.
    func shutdown(within limit: RPCTimeout, _ closed: EventLoopPromise<Void>) {
        whenClosed.append(closed)
        if let current, !current.isReady {
            self.current = nil
            current.fail("client is shut down")
            forget(current)
        }
        current = nil
        attemptTimer?.cancel()
        attemptTimer = nil
        connector.shutdown()
        tellState()
        for connection in connections {
            connection.isRetired = true
            touch(connection)
        }
        let cut = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
            for connection in self.connections { connection.fail("client is shut down") }
        }
        closed.futureResult.assumeIsolated().whenComplete { _ in cut.cancel() }
        flush()
        if connections.isEmpty {
            for promise in whenClosed { promise.succeed() }
            whenClosed = []
        }
    }
}
