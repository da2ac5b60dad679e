internal import NIOCore
internal import SagaHTTP2
package import SagaRPC

/// Writes answers to the calls of one event loop; used on that loop only.
///
/// Writes are collected until `flush`, which makes one socket write for each connection that was
/// touched. Behind every turn of a handler, and behind every block given to
/// ``ServerLoop/execute(_:)``, the loop flushes by itself. A call that is over takes every write
/// without effect.
package final class CallWriter {
    var calls: CallTable
    var counters = ServerCounters()
    private var connections: [ServerConnectionHandler?] = []
    private var freeConnections: [Int32] = []
    private var touched: [ServerConnectionHandler] = []
    private var isFlushing = false
    private(set) var isReading = true
    private var whenEmpty: [EventLoopPromise<Void>] = []
    private var isFlushScheduled = false
    /// Tasks that serve calls, also of calls that are over: the loop must outlive them.
    private var runningTasks = 0

    /// The event loop's index among ``Server/loops``.
    package let loopIndex: Int
    /// Whether the message that a handler is being told came compressed.
    package internal(set) var isMessageCompressed = false

    /// What compresses for all connections of the loop.
    let coder = MessageCoder()

    let eventLoop: any EventLoop
    let outgoingCapBytes: Int

    init(loopIndex: Int, eventLoop: any EventLoop, outgoingCapBytes: Int) {
        self.loopIndex = loopIndex
        self.eventLoop = eventLoop
        self.outgoingCapBytes = outgoingCapBytes
        calls = CallTable(loopIndex: loopIndex)
    }

    /// The clock that deadlines are told on.
    package var now: RPCInstant { .now }

    // MARK: Answers

    /// Answers a unary call: head, message and OK in one go.
    package func reply(_ call: ServerCallID, _ message: Span<UInt8>) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.reply(stream, message)
        finished(call, connection)
    }

    /// Sends the head with metadata; without this the first message sends one without.
    package func sendHead(_ call: ServerCallID, _ metadata: Metadata) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.sendHead(stream, metadata)
        touch(connection)
    }

    /// Says how messages of a call go out from the next one on. Returns whether they will: a
    /// caller who does not take gzip gets none, nor one whom the head has told of none.
    @discardableResult
    package func setCompression(_ call: ServerCallID, _ encoding: MessageEncoding) -> Bool {
        guard let (connection, stream) = find(call) else { return false }
        return connection.connection.setCompression(stream, encoding)
    }

    /// Sends a message. Returns how many bytes wait on the call now: a caller who sees more than
    /// the cap of the settings stops until it is told `writable`.
    @discardableResult
    package func send(_ call: ServerCallID, _ message: Span<UInt8>) -> Int {
        guard let (connection, stream) = find(call) else { return 0 }
        touch(connection)
        return connection.connection.send(stream, message)
    }

    /// Ends a call with a status, behind the messages sent before.
    package func finish(
        _ call: ServerCallID, _ status: RPCStatus, _ metadata: Metadata = Metadata()
    ) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.finish(stream, status, metadata)
        finished(call, connection)
    }

    /// Whether a call can still be written to.
    package func isOpen(_ call: ServerCallID) -> Bool { calls.find(call) != nil }

    /// Bytes that wait to be sent on a call.
    package func outgoingBytes(_ call: ServerCallID) -> Int {
        guard let (connection, stream) = find(call) else { return 0 }
        return connection.connection.outgoingBytes(stream)
    }

    /// Stops giving the caller room: it can send what its window holds, then waits.
    package func pauseReceiving(_ call: ServerCallID) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.pauseReceiving(stream)
    }

    /// Gives the caller the room back that was held.
    package func resumeReceiving(_ call: ServerCallID) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.resumeReceiving(stream)
        touch(connection)
    }

    /// Starts or stops reading from all sockets of the loop: for a handler whose own queue is
    /// full. What was read already is still told.
    package func setReading(_ on: Bool) {
        guard on != isReading else { return }
        isReading = on
        for case .some(let connection) in connections { connection.setReading(on) }
    }

    /// Hands what was written to the sockets, with one write for each touched connection.
    package func flush() {
        guard !isFlushing else { return }
        isFlushing = true
        var place = 0
        while place < touched.count {
            touched[place].flush()
            place += 1
        }
        touched.removeAll(keepingCapacity: true)
        isFlushing = false
    }

    /// Flushes behind what the loop does now, once for all that asked: for writes that no turn of
    /// a handler stands behind.
    func flushSoon() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    // MARK: Tasks

    func taskBegan() { runningTasks += 1 }

    func taskEnded() {
        runningTasks -= 1
        tellIfEmpty()
    }

    // MARK: Connections

    private func find(_ call: ServerCallID) -> (ServerConnectionHandler, HTTP2Stream)? {
        guard let (index, stream) = calls.find(call), let connection = connections[index] else {
            return nil
        }
        return (connection, stream)
    }

    private func finished(_ call: ServerCallID, _ connection: ServerConnectionHandler) {
        calls.remove(call)
        touch(connection)
    }

    func touch(_ connection: ServerConnectionHandler) {
        guard !connection.isTouched else { return }
        connection.isTouched = true
        touched.append(connection)
    }

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
        connections[Int(place)] = nil
        freeConnections.append(place)
        tellIfEmpty()
    }

    private func tellIfEmpty() {
        guard isEmpty else { return }
        for promise in whenEmpty { promise.succeed() }
        whenEmpty = []
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

    /// The counters with those of open connections added.
    var snapshot: ServerCounters {
        var result = counters
        result.connectionsOpen = UInt64(connections.count - freeConnections.count)
        result.callsOpen = UInt64(calls.count)
        forEachConnection { result.http2.add($0.connection.counters) }
        return result
    }
}

extension RPCInstant {
    /// SwiftNIO's clock.
    static var now: RPCInstant {
        RPCInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
    }
}
