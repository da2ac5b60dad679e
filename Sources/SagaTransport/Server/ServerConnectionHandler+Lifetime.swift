internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

// How long the connection lives, and how it ends.
extension ServerConnectionHandler {
    /// Looks at what a turn did to the connection.
    func look() {
        let now = RPCInstant.now
        let sight = sight(looksIntoSocket: false)
        if let observer = writer.watch.observer { tell(observer) }
        perform(lifetime.observe(sight, now: now))
        updateReading()
        writer.watch.note(lifetime.nextDeadline)
    }

    /// Does what is due at a moment.
    func expireLifetime(now: RPCInstant) {
        while true {
            let action = lifetime.expire(sight(looksIntoSocket: true), now: now)
            guard action != .nothing else { break }
            perform(action)
        }
        updateReading()
        writer.watch.note(lifetime.nextDeadline)
    }

    private func sight(looksIntoSocket: Bool) -> ConnectionSight {
        let counters = connection.counters
        let isFull = context.map { !$0.channel.isWritable } ?? false
        var sight = ConnectionSight()
        sight.isGreeted = connection.isPeerReady
        sight.isInsideHeaderBlock = connection.isInsideHeaderBlock
        sight.headerBlocks = counters.headersReceived
        sight.openCalls = connection.openStreams
        sight.bytesReceived = counters.bytesReceived
        sight.pingsReceived = counters.pingsReceived
        sight.answersSent = counters.answersSent
        sight.dataBytesSent = counters.dataBytesSent
        sight.streamBytes = connection.waitingBytes
        sight.bytesSent = counters.bytesSent
        sight.isSocketFull = isFull
        if looksIntoSocket || isFull {
            // The option exists on every stream channel of SwiftNIO.
            sight.socketBytes =
                (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        }
        return sight
    }

    /// Tells what the counts say that they did not say the last time.
    private func tell(_ observer: any ServerObserver) {
        let old = observed ?? HTTP2Counters()
        let new = connection.counters
        observed = new
        if new.bytesReceived != old.bytesReceived || new.bytesSent != old.bytesSent {
            observer.bytesMoved(
                identifier, received: Int(new.bytesReceived - old.bytesReceived),
                sent: Int(new.bytesSent - old.bytesSent))
        }
        if new.resetsReceived != old.resetsReceived || new.resetsSent != old.resetsSent {
            observer.streamsReset(
                identifier, byPeer: Int(new.resetsReceived - old.resetsReceived),
                byServer: Int(new.resetsSent - old.resetsSent))
        }
        if new.windowsDrained != old.windowsDrained { observer.windowDrained(identifier) }
    }

    // MARK: The end

    /// Does what the connection's life asks for.
    func perform(_ action: LifetimeAction) {
        switch action {
        case .nothing: break
        case .ping:
            connection.ping()
            writer.touch(self)
        case .drain(let end):
            connection.beginShutdown(reason: end.debugText)
            writer.touch(self)
            // Who stops a server tells its callers itself.
            if end != .shutdown { tellDraining() }
        case .end(let end): sayLastWord(end)
        case .close: context?.close(promise: nil)
        }
    }

    private func tellDraining() {
        for call in writer.calls.calls(of: place) { service.draining(call) }
        service.turnEnded()
    }

    private func sayLastWord(_ end: ConnectionEnd) {
        guard let context else { return }
        switch end.lastWord {
        case .none: context.close(promise: nil)
        case .sent:
            connection.terminate(end.errorCode, reason: end.debugText)
            send(context)
            context.close(promise: nil)
        case .awaited:
            // A session that ended by itself has said it.
            if !connection.isFinished {
                connection.terminate(end.errorCode, reason: end.debugText)
                send(context)
            }
            context.close(mode: .output, promise: nil)
            updateReading()
            writer.watch.note(lifetime.nextDeadline)
        }
    }

    /// Why a session has nothing more to send or to wait for.
    var endOfFinished: ConnectionEnd {
        if let termination = connection.termination {
            return termination.abuse == nil ? .protocolError : .abuse
        }
        return lifetime.end
    }

    /// Lets open calls end, then closes; calls that are open at `cutAt` are cut.
    func beginShutdown(cutAt: RPCInstant) {
        perform(lifetime.drain(.shutdown, cutAt: cutAt, now: .now))
        writer.watch.note(lifetime.nextDeadline)
    }

    /// Tells the peer why, and closes at once.
    func closeAtOnce() {
        perform(lifetime.end(.shutdown, now: .now))
        context?.close(promise: nil)
    }
}

extension ConnectionEnd {
    /// What a session's failure means for its connection.
    init(_ failure: HTTP2Failure) {
        self =
            switch failure {
            case .notHTTP2: .notHTTP2
            case .flooded: .flooded
            case .outOfMemory: .outOfMemory
            case .library: .protocolError
            }
    }
}
