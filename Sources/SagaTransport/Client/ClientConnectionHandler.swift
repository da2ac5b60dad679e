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

    var connection: ClientConnection
    let address: ClientAddress
    var isTouched = false
    /// Closes as soon as no call is open.
    var isRetired = false
    /// The server's SETTINGS have come.
    private(set) var isReady = false
    /// The server has answered a call.
    private(set) var hasAnswered = false
    /// What ended the connection, if it is known.
    private(set) var reason: String?
    private var phase = Phase.connecting
    private let dispatcher: ClientDispatcher
    /// By the place of the stream.
    private var calls: [ClientCall?] = []
    private var openCalls = 0
    private var collecting: [ClientCall] = []
    private var outgoing = ByteBuffer()

    /// Bytes taken out of the machine for one socket write.
    private static let writeBytes = 512 << 10

    init(
        _ connection: consuming ClientConnection, _ dispatcher: ClientDispatcher,
        _ address: ClientAddress
    ) {
        self.connection = connection
        self.dispatcher = dispatcher
        self.address = address
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
        let buffer = unwrapInboundIn(data)
        dispatcher.beginTurn()
        do {
            try connection.receive(buffer.readableBytesUInt8Span, now: .now)
        } catch {
            fail(Self.describe(error))
            return
        }
        tellEvents(buffer)
        dispatcher.touch(self)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
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
        if reason == nil {
            reason = isReady ? "connection was closed by the server" : Self.closedEarly
        }
        connection.connectionLost("\(address): \(reason ?? Self.closedEarly)")
        tellEvents(ByteBuffer())
        dispatcher.ended(self)
        dispatcher.endTurn()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(ConnectFailure(address, ConnectFailure.Cause(error)).reason)
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

    // MARK: Calls

    /// Whether a call can be opened now.
    var hasRoom: Bool {
        isReady && connection.openStreams < connection.peerMaxConcurrentStreams
    }

    /// Opens a waiting call. False: the connection takes no further one.
    func open(_ call: ClientCall, now: RPCInstant) throws(HTTP2Failure) -> Bool {
        let opening = try connection.open(
            call.path, call.metadata, deadline: call.deadline, now: now)
        guard case .opened(let stream) = opening else { return false }
        let place = Int(stream.index)
        while calls.count <= place { calls.append(nil) }
        calls[place] = call
        openCalls += 1
        call.opened(self, stream)
        return true
    }

    /// The call of a stream. A stream of another call at its place is a late one.
    private func call(_ stream: HTTP2Stream) -> ClientCall? {
        let place = Int(stream.index)
        guard place < calls.count, let call = calls[place],
            case .open(_, let known) = call.phase, known == stream
        else { return nil }
        return call
    }

    private func tellEvents(_ buffer: ByteBuffer) {
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
                guard let call = call(stream) else { continue }
                if outcome.reach == .answered { hasAnswered = true }
                calls[Int(stream.index)] = nil
                openCalls -= 1
                dispatcher.callEnded(call, outcome)
            case .ready:
                if !isReady {
                    isReady = true
                    dispatcher.becameReady(self)
                }
            case .goAway(let code, let text):
                if code != .noError || !text.isEmpty {
                    reason = "server is going away: \(text.isEmpty ? "\(code.rawValue)" : text)"
                }
                dispatcher.goesAway(self)
            case .pingAcknowledged: break
            }
        }
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
        if isRetired, openCalls == 0 { connection.terminate(.noError, reason: "") }
        var more = true
        while more, context.channel.isWritable {
            var bytes = outgoing
            outgoing = ByteBuffer()
            bytes.clear()
            do {
                more = try connection.drain(limit: Self.writeBytes) { bytes.writeBytes($0) }
            } catch {
                fail(Self.describe(error))
                return
            }
            if bytes.readableBytes > 0 {
                context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            }
            if bytes.capacity <= Self.writeBytes { outgoing = bytes }
            tellEvents(ByteBuffer())
        }
        if connection.isFinished { context.close(promise: nil) }
    }

    /// Ends the calls whose deadline has passed.
    func expire(now: RPCInstant) {
        connection.expire(now: now)
        dispatcher.touch(self)
    }
}
