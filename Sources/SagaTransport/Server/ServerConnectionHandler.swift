internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

/// One connection: moves bytes between its socket and its machine, and events to the handler.
final class ServerConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let heldConnection: Held<ServerConnection>
    private let heldLifetime: Held<ConnectionLifetime>
    var isTouched = false
    let identifier: ConnectionID
    let writer: CallWriter
    let service: any ServiceHandler
    let peer: String
    let identity: PeerIdentity?
    /// What the observer was told of, if there is one.
    var observed: HTTP2Counters?
    private(set) var context: ChannelHandlerContext?
    private(set) var place: Int32 = -1
    private var isReading = true
    private var armed: (at: RPCInstant, task: Scheduled<Void>)?

    /// Bytes taken out of the machine for one socket write.
    static let writeBytes = 512 << 10
    /// Deadlines nearer to each other than this are looked at together.
    private static let deadlineGrain = RPCTimeout(nanoseconds: 1_000_000)

    init(
        _ connection: consuming ServerConnection, _ writer: CallWriter,
        _ service: any ServiceHandler, peer: String, _ identity: PeerIdentity?
    ) {
        heldConnection = Held(connection)
        self.writer = writer
        self.service = service
        self.peer = peer
        self.identity = identity
        let (identifier, lifetime) = writer.watch.begin(now: .now)
        self.identifier = identifier
        heldLifetime = Held(lifetime)
    }

    var connection: ServerConnection {
        @inline(__always) _read { yield heldConnection.value }
        @inline(__always) _modify { yield &heldConnection.value }
    }

    var lifetime: ConnectionLifetime {
        @inline(__always) _read { yield heldLifetime.value }
        @inline(__always) _modify { yield &heldLifetime.value }
    }

    // MARK: The socket

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        place = writer.add(self)
        writer.watch.opened(identifier, peer)
        updateReading()
        // It came while the server began to stop.
        if let cutAt = writer.cutAt { beginShutdown(cutAt: cutAt) }
        writer.touch(self)
        writer.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What comes behind the last word is of no interest.
        guard lifetime.isOpen else { return }
        let buffer = unwrapInboundIn(data)
        do {
            try connection.receive(buffer.readableBytesUInt8Span, now: .now)
        } catch {
            perform(lifetime.end(ConnectionEnd(error), now: .now))
            return
        }
        tellEvents(buffer)
        writer.touch(self)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        service.turnEnded()
        writer.flush()
        armDeadline()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        writer.touch(self)
        writer.flush()
        service.turnEnded()
        writer.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        armed?.task.cancel()
        armed = nil
        self.context = nil
        guard place >= 0 else { return }
        connection.connectionLost()
        tellEvents(ByteBuffer())
        service.turnEnded()
        writer.flush()
        writer.remove(place, self)
        place = -1
        writer.watch.ended(identifier, peer, lifetime.end, connection.termination)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A socket's fault: its calls end when the channel becomes inactive.
        perform(lifetime.end(.socketError, now: .now))
        context.close(promise: nil)
    }

    /// Reads from the socket, or not, as the loop and the connection's own life say.
    func updateReading() {
        let wanted = !lifetime.isOpen || (writer.isReading && lifetime.mayRead)
        guard wanted != isReading else { return }
        isReading = wanted
        // The option exists on every channel of SwiftNIO; a closed one has no use for it.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: wanted)
        if wanted { context?.read() }
    }

    // MARK: Writing

    /// Sends what waits, as far as the socket takes it, and looks at what became of the
    /// connection; the rest follows when the socket is writable.
    func flush() {
        isTouched = false
        guard lifetime.isOpen, let context else { return }
        send(context)
        guard lifetime.isOpen else { return }
        if connection.isFinished {
            perform(lifetime.end(endOfFinished, now: .now))
        } else {
            look()
        }
    }

    /// Moves bytes from the machine to the socket while it takes them.
    func send(_ context: ChannelHandlerContext) {
        var more = true
        while more, context.channel.isWritable {
            var bytes = writer.takeBuffer()
            do {
                more = try connection.drain(limit: Self.writeBytes) { bytes.writeBytes($0) }
            } catch {
                perform(lifetime.end(ConnectionEnd(error), now: .now))
                return
            }
            if bytes.readableBytes > 0 {
                context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            }
            writer.giveBack(bytes)
            tellEvents(ByteBuffer())
        }
    }

    // MARK: Deadlines of calls

    private func armDeadline() {
        guard let context, let due = connection.nextDeadline else { return }
        if let armed, armed.at <= due { return }
        armed?.task.cancel()
        let at = max(due, RPCInstant.now.advanced(by: Self.deadlineGrain))
        let task = context.eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(at.nanoseconds))
        ) {
            self.armed = nil
            self.expireCalls()
        }
        armed = (due, task)
    }

    private func expireCalls() {
        connection.expire(now: .now)
        tellEvents(ByteBuffer())
        service.turnEnded()
        writer.touch(self)
        writer.flush()
        armDeadline()
    }
}
