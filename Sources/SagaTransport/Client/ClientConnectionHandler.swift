internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

/// One connection: moves bytes between its socket and its machine, and events to its calls.
final class ClientConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How far the connection is.
    private enum Phase {
        /// Can transition to: open, closed.
        case connecting
        /// Can transition to: closed.
        case open(ChannelHandlerContext)
        case closed
    }

    private let heldConnection: Held<ClientConnection>
    let id: ClientConnectionID
    let address: ClientAddress
    var isTouched = false
    /// Closes as soon as no call is open: why, for those who watch.
    private(set) var retirement: String?
    /// The server's SETTINGS have come.
    private(set) var isReady = false
    /// The server has answered a call.
    private(set) var hasAnswered = false
    /// What ended the connection, if it is known.
    private(set) var reason: String?
    /// The same as a value, where it is one.
    private(set) var cause: ConnectFailure.Cause?
    /// Calls that are open here.
    private(set) var openCalls = 0
    private var phase = Phase.connecting
    private var keepalive: Keepalive?
    private var pings: UInt64 = 0
    private let dispatcher: ClientDispatcher
    /// By the place of the stream.
    private let calls = Held<[ClientCall?]>([])
    /// Calls whose stream is over and whose end is still to be told, when another call has taken
    /// the place; oldest first, which is how they leave.
    private var displaced: [(stream: HTTP2Stream, call: ClientCall)] = []
    private var collecting: [ClientCall] = []
    private var outgoing = ByteBuffer()
    /// What a socket that fails under a write hands over within it, while a turn is being told.
    private var meanwhile: (bytes: [ByteBuffer], isLost: Bool)?

    /// Bytes taken out of the machine for one socket write.
    private static let writeBytes = 512 << 10
    /// Ended calls of one turn behind which those that follow them are sent. With one write a turn
    /// client and server work by turns when all calls in flight fit into one read; with two or
    /// three they work side by side.
    private static let callsBeforeSend = 16

    init(
        _ connection: consuming ClientConnection, _ dispatcher: ClientDispatcher,
        _ id: ClientConnectionID, _ address: ClientAddress
    ) {
        heldConnection = Held(connection)
        self.dispatcher = dispatcher
        self.id = id
        self.address = address
    }

    var connection: ClientConnection {
        @inline(__always) _read { yield heldConnection.value }
        @inline(__always) _modify { yield &heldConnection.value }
    }

    // MARK: The socket

    func channelActive(context: ChannelHandlerContext) {
        guard case .connecting = phase else {
            context.close(promise: nil)
            return
        }
        phase = .open(context)
        dispatcher.touch(self)
        dispatcher.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard meanwhile == nil else {
            meanwhile?.bytes.append(unwrapInboundIn(data))
            return
        }
        read(unwrapInboundIn(data))
    }

    private func read(_ buffer: ByteBuffer) {
        dispatcher.beginTurn()
        keepalive?.received(now: dispatcher.now)
        dispatcher.instruments.observer?.moved(id, received: buffer.readableBytes, sent: 0)
        do {
            try connection.receive(buffer.readableBytesUInt8Span, now: .now)
        } catch {
            fail(Self.describe(error))
            return
        }
        let late = tellTurn(buffer)
        dispatcher.touch(self)
        for bytes in late.bytes { read(bytes) }
        if late.isLost { lose() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard meanwhile == nil else { return }
        for call in collecting {
            call.isToldTurnEnd = false
            if case .stream(let handler) = call.consumer { handler.turnEnded() }
        }
        collecting.removeAll(keepingCapacity: true)
        dispatcher.endTurn()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        dispatcher.touch(self)
        dispatcher.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        guard meanwhile == nil else {
            meanwhile?.isLost = true
            return
        }
        lose()
    }

    private func lose() {
        if reason == nil {
            reason = isReady ? "connection was closed by the server" : Self.closedEarly
        }
        connection.connectionLost("\(address): \(reason ?? Self.closedEarly)")
        tellEvents(ByteBuffer())
        dispatcher.ended(self)
        dispatcher.endTurn()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let cause = ConnectFailure.Cause(error)
        if reason == nil { self.cause = cause }
        fail(ConnectFailure(address, cause).reason)
    }

    private static let closedEarly = "connection was closed at once; is a gRPC server there?"

    private static func describe(_ failure: HTTP2Failure) -> String {
        switch failure {
        case .notHTTP2: "server does not speak HTTP/2"
        case .flooded: "server sends more than can be answered"
        case .outOfMemory: "out of memory"
        case .library(let code): "HTTP/2 failed (code \(code))"
        }
    }

    /// Closes for a reason found here; the calls end when the channel has become inactive.
    func fail(_ reason: String) {
        if self.reason == nil { self.reason = reason }
        switch phase {
        case .open(let context): context.close(promise: nil)
        case .connecting: phase = .closed
        case .closed: break
        }
    }

    /// Closes as soon as no call is open.
    func retire(_ reason: String) {
        if retirement == nil { retirement = reason }
        dispatcher.touch(self)
    }

    // MARK: Keepalive

    /// Watches the connection from now on.
    func watch(_ settings: Keepalive.Settings) {
        keepalive = Keepalive(settings, now: dispatcher.now)
    }

    /// When ``expire(now:)`` is to be called.
    var nextWake: RPCInstant? {
        guard let keepalive = keepalive?.nextWake else { return connection.nextDeadline }
        return connection.nextDeadline.map { min($0, keepalive) } ?? keepalive
    }

    private func perform(_ action: Keepalive.Action) {
        switch action {
        case .nothing: break
        case .ping:
            pings += 1
            connection.ping(pings)
            dispatcher.touch(self)
        case .drop:
            let reason = "server does not answer (keepalive timed out)"
            // A socket that takes nothing would hold up a close in order.
            dispatcher.goesAway(self, reason)
            fail(reason)
        }
    }

    /// Ends the calls whose deadline has passed, and sees to the keepalive.
    func expire(now: RPCInstant) {
        connection.expire(now: now)
        if let action = keepalive?.wake(hasCalls: openCalls > 0, now: now) { perform(action) }
        dispatcher.touch(self)
    }

    // MARK: Calls

    /// Whether a call can be opened now.
    var hasRoom: Bool {
        isReady && connection.openStreams < connection.peerMaxConcurrentStreams
    }

    /// Opens a waiting call. False: the connection takes no further one.
    func open(_ call: ClientCall, now: RPCInstant) throws(HTTP2Failure) -> Bool {
        let opening = try connection.open(
            call.path, call.metadata, deadline: call.deadline, encoding: call.encoding, now: now)
        guard case .opened(let stream) = opening else { return false }
        let place = Int(stream.index)
        while calls.value.count <= place { calls.value.append(nil) }
        if let last = calls.value[place], case .open(_, let over) = last.phase {
            displaced.append((over, last))
        }
        calls.value[place] = call
        openCalls += 1
        if let action = keepalive?.callOpened(now: now) { perform(action) }
        call.opened(self, stream)
        return true
    }

    /// The call of a stream. A stream of another call at its place is a late one.
    private func call(_ stream: HTTP2Stream) -> ClientCall? {
        callAtItsPlace(stream) ?? displaced.first { $0.stream == stream }?.call
    }

    private func callAtItsPlace(_ stream: HTTP2Stream) -> ClientCall? {
        let place = Int(stream.index)
        guard place < calls.value.count, let call = calls.value[place],
            case .open(_, let known) = call.phase, known == stream
        else { return nil }
        return call
    }

    /// Takes the call of a stream that is over out of the table.
    private func remove(_ stream: HTTP2Stream) -> ClientCall? {
        if let call = callAtItsPlace(stream) {
            calls.value[Int(stream.index)] = nil
            return call
        }
        return displaced.firstIndex { $0.stream == stream }.map { displaced.remove(at: $0).call }
    }

    /// Tells what came by a read. What the socket hands over meanwhile is returned: events still to
    /// be told are ranges of `buffer`.
    private func tellTurn(_ buffer: ByteBuffer) -> (bytes: [ByteBuffer], isLost: Bool) {
        meanwhile = ([], false)
        tellEvents(buffer)
        defer { meanwhile = nil }
        return meanwhile ?? ([], false)
    }

    private func tellEvents(_ buffer: ByteBuffer) {
        var endedCalls = 0
        while let event = connection.nextEvent() {
            switch event {
            case .headers(let stream, let metadata):
                hasAnswered = true
                call(stream)?.tellOpened(metadata)
            case .message(let stream, let message):
                guard let call = call(stream) else { continue }
                collect(call)
                switch message {
                case .input(let range):
                    call.tellMessage(buffer.readableBytesUInt8Span.extracting(range))
                case .assembled(let bytes), .decompressed(let bytes): call.tellMessage(bytes.span)
                }
            case .writable(let stream): call(stream)?.tellWritable()
            case .ended(let stream, let outcome):
                guard let call = remove(stream) else { continue }
                if outcome.reach == .answered { hasAnswered = true }
                openCalls -= 1
                dispatcher.callEnded(call, outcome)
                endedCalls += 1
                if endedCalls % Self.callsBeforeSend == 0 { sendAhead() }
            case .ready:
                if !isReady {
                    isReady = true
                    dispatcher.becameReady(self)
                }
            case .goAway(let code, let text): goAway(code, text)
            case .pingAcknowledged: break
            }
        }
    }

    private func goAway(_ code: HTTP2ErrorCode, _ text: String) {
        if code != .noError || !text.isEmpty {
            reason = "server is going away: \(text.isEmpty ? "\(code.rawValue)" : text)"
        }
        if code == .enhanceYourCalm, text == "too_many_pings" { dispatcher.tooManyPings(self) }
        dispatcher.goesAway(self, reason ?? "server is going away")
    }

    private func collect(_ call: ClientCall) {
        guard !call.isToldTurnEnd, !call.isUnary else { return }
        call.isToldTurnEnd = true
        collecting.append(call)
    }

    // MARK: Writing

    /// Sends what waits, as far as the socket takes it; the rest follows when it is writable.
    func flush() {
        isTouched = false
        tellEvents(ByteBuffer())
        guard case .open(let context) = phase else { return }
        if retirement != nil, openCalls == 0 { connection.terminate(.noError, reason: "") }
        var more = true
        while more, context.channel.isWritable {
            more = write(context)
            tellEvents(ByteBuffer())
        }
        if connection.isFinished { context.close(promise: nil) }
    }

    /// Sends the calls that were asked for in this turn so far.
    private func sendAhead() {
        guard meanwhile?.isLost == false, case .open(let context) = phase,
            context.channel.isWritable
        else { return }
        dispatcher.openAhead { _ = write(context) }
    }

    /// Hands what waits to the socket with one write. Returns whether there may be more.
    private func write(_ context: ChannelHandlerContext) -> Bool {
        var bytes = outgoing
        outgoing = ByteBuffer()
        bytes.clear()
        let more: Bool
        do {
            more = try connection.drain(limit: Self.writeBytes) { bytes.writeBytes($0) }
        } catch {
            fail(Self.describe(error))
            return false
        }
        if bytes.readableBytes > 0 {
            dispatcher.instruments.observer?.moved(id, received: 0, sent: bytes.readableBytes)
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        }
        if bytes.capacity <= Self.writeBytes { outgoing = bytes }
        return more
    }
}
