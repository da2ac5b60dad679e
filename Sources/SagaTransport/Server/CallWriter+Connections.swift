internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

// The connections of the loop.
extension CallWriter {
    func add(_ connection: ServerConnectionHandler) -> Int32 {
        counters.connectionsAccepted += 1
        if let place = freeConnections.popLast() {
            connections[Int(place)] = connection
            return place
        }
        connections.append(connection)
        return Int32(connections.count - 1)
    }

    func remove(_ place: Int32, _ connection: ServerConnectionHandler) {
        counters.http2.add(connection.connection.counters)
        counters.connectionsEnded[connection.lifetime.end, default: 0] += 1
        connections[Int(place)] = nil
        freeConnections.append(place)
        tellIfEmpty()
    }

    /// Tells who waits for it that no connection and no task is left.
    func tellIfEmpty() {
        guard isEmpty else { return }
        for promise in whenEmpty { promise.succeed() }
        whenEmpty = []
    }

    /// Counts and tells a connection that is not let in.
    func refuse(_ refusal: ConnectionRefusal, peer: String) {
        counters.connectionsRefused[refusal, default: 0] += 1
        watch.refused(refusal, peer)
    }

    /// Counts and tells that no connection could be taken.
    func acceptFailed(_ error: IOError) {
        counters.acceptsFailed += 1
        watch.acceptFailed(error)
    }

    private var isEmpty: Bool {
        freeConnections.count == connections.count && runningTasks == 0
    }

    func tellWhenEmpty(_ promise: EventLoopPromise<Void>) {
        if isEmpty { promise.succeed() } else { whenEmpty.append(promise) }
    }

    func forEachConnection(_ body: (ServerConnectionHandler) -> Void) {
        for case .some(let connection) in connections { body(connection) }
    }

    /// Does for all connections what is due at a moment.
    func sweep(now: RPCInstant) {
        forEachConnection { $0.expireLifetime(now: now) }
        flush()
    }

    /// Collects what happened on all event loops of the server, and tells it on this one.
    package func collectCounters(_ tell: @escaping (ServerCounters) -> Void) {
        siblings.counters(on: watch.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let counters): tell(counters)
            // A loop is shut down: nobody is left to read what this one alone knows.
            case .failure: tell(self.snapshot)
            }
            self.flush()
        }
    }

    /// The counters with those of open connections added.
    var snapshot: ServerCounters {
        var result = counters
        result.connectionsOpen = UInt64(connections.count - freeConnections.count)
        result.callsOpen = UInt64(calls.count)
        let open = openConnections()
        result.http2.add(open.http2)
        result.bytesWaiting = open.bytesWaiting
        return result
    }

    /// What open connections have counted. Of many it is summed up ten times a second at most, so
    /// that nobody makes the loop busy by asking.
    private func openConnections() -> OpenConnections {
        let now = RPCInstant.now
        let isMany = connections.count > Self.manyConnections
        if isMany, let summed, now < summed.at + .milliseconds(100) { return summed }
        var sum = OpenConnections(at: now)
        forEachConnection {
            sum.http2.add($0.connection.counters)
            sum.bytesWaiting += UInt64($0.connection.waitingBytes)
        }
        summed = sum
        return sum
    }

    private static let manyConnections = 200
}

/// What the open connections of a loop had counted at a moment.
struct OpenConnections {
    let at: RPCInstant
    var http2 = HTTP2Counters()
    var bytesWaiting: UInt64 = 0
}
