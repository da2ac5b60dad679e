internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

/// One connection: moves bytes between its socket and its machine, and events to the handler.
final class ServerConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var connection: ServerConnection
    var isTouched = false
    private let writer: CallWriter
    private let service: any ServiceHandler
    private var context: ChannelHandlerContext?
    private var place: Int32 = -1
    private var peer = ""
    private let identity: PeerIdentity?
    private var outgoing = ByteBuffer()
    private var armed: (at: RPCInstant, task: Scheduled<Void>)?

    /// Bytes taken out of the machine for one socket write.
    private static let writeBytes = 512 << 10
    /// Deadlines nearer to each other than this are looked at together.
    private static let deadlineGrain = RPCTimeout(nanoseconds: 1_000_000)

    init(
        _ connection: consuming ServerConnection, _ writer: CallWriter,
        _ service: any ServiceHandler, _ identity: PeerIdentity?
    ) {
        self.connection = connection
        self.writer = writer
        self.service = service
        self.identity = identity
    }

    // MARK: The socket

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        peer = ConnectionOpening.peer(of: context.channel)
        place = writer.add(self)
        if !writer.isReading { setReading(false) }
        writer.touch(self)
        writer.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            try connection.receive(buffer.readableBytesUInt8Span, now: .now)
        } catch {
            writer.counters.connectionFailures += 1
            context.close(promise: nil)
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
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A socket's fault: its calls end when the channel becomes inactive.
        context.close(promise: nil)
    }

    func setReading(_ on: Bool) {
        // The option exists on every channel of SwiftNIO; a closed one has no use for it.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: on)
        if on { context?.read() }
    }

    // MARK: Events

    private func tellEvents(_ buffer: ByteBuffer) {
        while let event = connection.nextEvent() {
            switch event {
            case .opened(let stream, let head): tellOpened(stream, head)
            case .message(let stream, let message):
                guard let call = call(stream) else { continue }
                switch message {
                case .input(let range):
                    service.message(call, buffer.readableBytesUInt8Span.extracting(range))
                case .assembled(let bytes): service.message(call, bytes.span)
                case .decompressed(let bytes):
                    writer.isMessageCompressed = true
                    service.message(call, bytes.span)
                    writer.isMessageCompressed = false
                }
            case .halfClosed(let stream):
                if let call = call(stream) { service.halfClosed(call) }
            case .writable(let stream):
                if let call = call(stream) { service.writable(call) }
            case .ended(let stream, let cause):
                let call = ServerCallID(rawValue: connection.tag(stream))
                guard writer.isOpen(call) else { continue }
                writer.calls.remove(call)
                service.ended(call, cause)
            }
        }
    }

    /// The number of a call that is open: neither finished by the handler nor over.
    private func call(_ stream: HTTP2Stream) -> ServerCallID? {
        let tag = connection.openTag(stream)
        return tag == 0 ? nil : ServerCallID(rawValue: tag)
    }

    private func tellOpened(_ stream: HTTP2Stream, _ head: RequestHead) {
        writer.counters.callsOpened += 1
        guard let call = writer.calls.insert(connection: place, stream) else {
            writer.counters.callsRefused += 1
            connection.finish(stream, RPCStatus(.resourceExhausted, "too many calls are open"))
            return
        }
        connection.setTag(stream, call.rawValue)
        let request = CallRequest(
            method: head.method, deadline: head.deadline, metadata: head.metadata, peer: peer,
            identity: identity)
        switch service.opened(call, request) {
        case .accept: break
        case .refuse(let status):
            writer.counters.callsRefused += 1
            connection.finish(stream, status)
            writer.calls.remove(call)
        }
    }

    // MARK: Writing

    /// Sends what waits, as far as the socket takes it; the rest follows when it is writable.
    func flush() {
        isTouched = false
        guard let context else { return }
        var more = true
        while more, context.channel.isWritable {
            var bytes = outgoing
            outgoing = ByteBuffer()
            bytes.clear()
            do {
                more = try connection.drain(limit: Self.writeBytes) { bytes.writeBytes($0) }
            } catch {
                writer.counters.connectionFailures += 1
                context.close(promise: nil)
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

    // MARK: Deadlines

    private func armDeadline() {
        guard let context, let due = connection.nextDeadline else { return }
        if let armed, armed.at <= due { return }
        armed?.task.cancel()
        let at = max(due, RPCInstant.now.advanced(by: Self.deadlineGrain))
        let task = context.eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(at.nanoseconds))
        ) {
            self.armed = nil
            self.expire()
        }
        armed = (due, task)
    }

    private func expire() {
        connection.expire(now: .now)
        tellEvents(ByteBuffer())
        service.turnEnded()
        writer.touch(self)
        writer.flush()
        armDeadline()
    }

    // MARK: The end

    /// Lets open calls end, then closes.
    func beginShutdown() {
        connection.beginShutdown()
        writer.touch(self)
    }

    /// Tells the peer why, and closes.
    func close(reason: String) {
        connection.terminate(.noError, reason: reason)
        flush()
        context?.close(promise: nil)
    }
}
