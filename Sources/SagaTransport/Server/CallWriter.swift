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
    private let heldCalls: Held<CallTable>
    private let heldCounters = Held(ServerCounters())
    private let heldConnections = Held<[ServerConnectionHandler?]>([])
    var freeConnections: [Int32] = []
    var whenEmpty: [EventLoopPromise<Void>] = []
    let watch: ConnectionWatch
    let siblings: ServerLoops
    /// One for all connections, since no two work at a time.
    let coder = MessageCoder()
    let memory = HTTP2Memory()
    /// The last sum over open connections.
    var summed: OpenConnections?
    /// When the calls of all connections are cut, once the server stops.
    var cutAt: RPCInstant?
    private var touched: [ServerConnectionHandler] = []
    private var isFlushing = false
    private(set) var isReading = true
    private var isFlushScheduled = false
    /// Tasks that serve calls, also of calls that are over: the loop must outlive them.
    private(set) var runningTasks = 0
    /// Memory for bytes on their way to a socket: one piece for all connections, since the socket
    /// has mostly taken it when the call returns.
    private var outgoing = ByteBuffer()

    /// The event loop's index among ``Server/loops``.
    package let loopIndex: Int
    /// Whether the message that a handler is being told came compressed.
    package internal(set) var isMessageCompressed = false

    let eventLoop: any EventLoop
    let outgoingCapBytes: Int

    init(
        loopIndex: Int, eventLoop: any EventLoop, outgoingCapBytes: Int, _ watch: ConnectionWatch,
        _ siblings: ServerLoops
    ) {
        self.loopIndex = loopIndex
        self.eventLoop = eventLoop
        self.outgoingCapBytes = outgoingCapBytes
        self.siblings = siblings
        self.watch = watch
        heldCalls = Held(CallTable(loopIndex: loopIndex))
    }

    var calls: CallTable {
        @inline(__always) _read { yield heldCalls.value }
        @inline(__always) _modify { yield &heldCalls.value }
    }

    var counters: ServerCounters {
        @inline(__always) _read { yield heldCounters.value }
        @inline(__always) _modify { yield &heldCounters.value }
    }

    /// By their places; nil where there is none.
    var connections: [ServerConnectionHandler?] {
        @inline(__always) _read { yield heldConnections.value }
        @inline(__always) _modify { yield &heldConnections.value }
    }

    /// The clock that deadlines are told on.
    package var now: RPCInstant { .now }

    // MARK: Answers

    /// Answers a unary call: head, message and OK in one go.
    package func reply(_ call: ServerCallID, _ message: Span<UInt8>) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.reply(stream, message)
        finished(call, .ok, connection)
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
        finished(call, status.code, connection)
    }

    /// Whether a call can still be written to.
    package func isOpen(_ call: ServerCallID) -> Bool { calls.find(call) != nil }

    /// Bytes that wait to be sent on a call.
    package func outgoingBytes(_ call: ServerCallID) -> Int {
        guard let (connection, stream) = find(call) else { return 0 }
        return connection.connection.outgoingBytes(stream)
    }

    /// Lowers the cap of one call below that of the settings: for many calls that last, each of
    /// which may be read slowly.
    func setOutgoingCap(_ call: ServerCallID, bytes: Int) {
        guard let (connection, stream) = find(call) else { return }
        connection.connection.setOutgoingCap(stream, bytes: bytes)
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
        for case .some(let connection) in connections { connection.updateReading() }
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

    /// An empty buffer; what still is on its way keeps its own memory.
    func takeBuffer() -> ByteBuffer {
        var bytes = outgoing
        outgoing = ByteBuffer()
        bytes.clear()
        return bytes
    }

    func giveBack(_ bytes: ByteBuffer) {
        if bytes.capacity <= ServerConnectionHandler.writeBytes { outgoing = bytes }
    }

    func touch(_ connection: ServerConnectionHandler) {
        guard !connection.isTouched else { return }
        connection.isTouched = true
        touched.append(connection)
    }

    // MARK: Calls

    private func find(_ call: ServerCallID) -> (ServerConnectionHandler, HTTP2Stream)? {
        guard let (index, stream) = calls.find(call), let connection = connections[index] else {
            return nil
        }
        return (connection, stream)
    }

    /// Forgets a call that is over, and counts it.
    func remove(_ call: ServerCallID, _ code: RPCCode) {
        if let opening = calls.opening(of: call) {
            counters.countCall(
                opening.method, code, nanoseconds: now.nanoseconds - opening.at.nanoseconds)
        }
        calls.remove(call)
    }

    private func finished(
        _ call: ServerCallID, _ code: RPCCode, _ connection: ServerConnectionHandler
    ) {
        remove(call, code)
        watch.observer?.callEnded(call, nil)
        touch(connection)
    }
}

extension RPCInstant {
    /// SwiftNIO's clock.
    static var now: RPCInstant {
        RPCInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
    }
}
