import NIOCore
import NIOPosix
import SagaHTTP2

@testable import SagaRPC

/// What a scripted server saw.
enum ServerSaw: Equatable {
    case connected(Int)
    case opened(path: String, timeout: Bool, Metadata)
    case ended(CallEnd)
}

/// A server whose behaviour depends on the path that is called, and which does as the test says.
final class ScriptedServer: Sendable {
    /// Answers each message with itself, and ends when the caller does.
    static let echo = "/test.Service/Echo"
    /// Never answers.
    static let hang = "/test.Service/Hang"
    /// Refuses each stream with REFUSED_STREAM the first time, and echoes from then on.
    static let refuse = "/test.Service/Refuse"
    /// Answers with two messages.
    static let two = "/test.Service/Two"
    /// Answers OK without a message.
    static let none = "/test.Service/None"
    /// Refuses as UNAVAILABLE, without a head, as often as the test says, and echoes from then on.
    static let unavailable = "/test.Service/Unavailable"
    /// Answers the first message with ``floodCount`` messages of ``floodBytes``.
    static let flood = "/test.Service/Flood"
    /// Gives no room, until the test says so, and answers with the number of messages.
    static let stuffed = "/test.Service/Stuffed"
    static let methods = [echo, hang, refuse, two, none, unavailable, flood, stuffed]

    static let floodCount = 2000
    static let floodBytes = 16 << 10

    let port: Int
    let saw: AsyncStream<ServerSaw>
    private let listener: any Channel
    private let state: NIOLoopBoundBox<State>

    /// Lives on the one event loop of the server.
    final class State {
        var connections: [ScriptedConnection] = []
        var accepted = 0
        var hadFirst = false
        var refusals = 0
        /// How often ``ScriptedServer/unavailable`` refuses yet.
        var unavailableLeft = 0
        /// What it says to that of making the call again, if anything.
        var pushback: String?
        /// Messages of floods that are on their way or were sent.
        var flooded = 0
        /// Reads of sockets that brought at least one call, each with the number of its calls.
        var callsOfReads: [Int] = []
        let saw: AsyncStream<ServerSaw>.Continuation
        init(_ saw: AsyncStream<ServerSaw>.Continuation) { self.saw = saw }
    }

    private init(
        _ listener: any Channel, _ state: NIOLoopBoundBox<State>, _ saw: AsyncStream<ServerSaw>
    ) {
        self.listener = listener
        self.state = state
        self.saw = saw
        port = listener.localAddress?.port ?? 0
    }

    static func start(
        path: String? = nil, http2: HTTP2Settings = HTTP2Settings(),
        first: FirstConnection = .ordinary
    ) async throws -> ScriptedServer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (saw, continuation) = AsyncStream.makeStream(of: ServerSaw.self)
        let state = NIOLoopBoundBox.makeBoxSendingValue(State(continuation), eventLoop: loop)
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if first != .ordinary, !state.value.hadFirst {
                        state.value.hadFirst = true
                        try channel.pipeline.syncOperations.addHandler(OddConnection(first))
                        return
                    }
                    let machine = try ServerConnection(
                        RPCSettings(http2: http2, programName: "test", programVersion: "1"),
                        methods: MethodTable(methods))
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedConnection(machine, state.value))
                }
            }
        let listener =
            if let path {
                try await bootstrap.bind(
                    unixDomainSocketPath: path, cleanupExistingSocketFile: true
                ).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
        return ScriptedServer(listener, state, saw)
    }

    func onLoop<T: Sendable>(_ body: @escaping @Sendable (State) -> T) async throws -> T {
        try await listener.eventLoop.submit { body(self.state.value) }.get()
    }

    /// Stops listening and closes all connections without a word.
    func stop() async throws {
        try await listener.close()
        try await onLoop { state in
            for connection in state.connections { connection.close() }
        }
    }

    /// Waits for something that the server sees.
    func wait(_ isMeant: (ServerSaw) -> Bool) async throws {
        for await event in saw where isMeant(event) { return }
    }
}

/// What a scripted server does with the first connection it gets.
enum FirstConnection: Sendable {
    case ordinary
    /// Never says a word.
    case silent
    /// Answers as a server of something else.
    case text
    /// Takes the first call off the wire and says that it has looked at none.
    case goAwayUnseen
    /// Works, but says nothing once it does.
    case deaf
    /// Takes the first call off the wire and says that there were too many PINGs.
    case tooManyPings
}

/// A connection that is not served in order.
final class OddConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let kind: FirstConnection
    private var reads = 0

    init(_ kind: FirstConnection) { self.kind = kind }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reads += 1
        switch (kind, reads) {
        case (.text, 1): send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), context)
        case (.goAwayUnseen, 1): send([0, 0, 0, 4, 0, 0, 0, 0, 0], context)
        case (.goAwayUnseen, 2):
            send([0, 0, 8, 7, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8), context)
        case (.deaf, 1), (.tooManyPings, 1): send([0, 0, 0, 4, 0, 0, 0, 0, 0], context)
        case (.tooManyPings, 2):
            send(
                [0, 0, 22, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]
                    + Array("too_many_pings".utf8), context)
            context.close(promise: nil)
        default: break
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

/// One connection of a scripted server.
final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var machine: ServerConnection
    private let state: ScriptedServer.State
    private var context: ChannelHandlerContext?
    private var paths: [HTTP2Stream: String] = [:]
    private var floodLeft: [HTTP2Stream: Int] = [:]
    private var stuffed: [HTTP2Stream: UInt8] = [:]

    init(_ machine: consuming ServerConnection, _ state: ScriptedServer.State) {
        self.machine = machine
        self.state = state
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        state.connections.append(self)
        state.accepted += 1
        state.saw.yield(.connected(state.accepted))
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            try machine.receive(
                buffer.readableBytesUInt8Span, now: RPCInstant(nanoseconds: 0))
        } catch {
            close()
            return
        }
        let calls = take(buffer)
        if calls > 0 { state.callsOfReads.append(calls) }
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        state.connections.removeAll { $0 === self }
        machine.connectionLost()
        _ = take(ByteBuffer())
    }

    private func take(_ buffer: ByteBuffer) -> Int {
        var calls = 0
        while let event = machine.nextEvent() {
            switch event {
            case .opened(let stream, let head):
                calls += 1
                let path = ScriptedServer.methods[head.method.rawValue]
                paths[stream] = path
                state.saw.yield(
                    .opened(path: path, timeout: head.deadline != nil, head.metadata))
                if path == ScriptedServer.refuse {
                    state.refusals += 1
                    if state.refusals == 1 { machine.reset(stream, .refusedStream) }
                }
                if path == ScriptedServer.unavailable, state.unavailableLeft > 0 {
                    state.unavailableLeft -= 1
                    let pushback = state.pushback.map {
                        Metadata.Entry(name: "grpc-retry-pushback-ms", value: .text($0))
                    }
                    machine.finish(
                        stream, RPCStatus(.unavailable, "not now"),
                        Metadata(unchecked: pushback.map { [$0] } ?? []))
                }
                if path == ScriptedServer.stuffed {
                    stuffed[stream] = 0
                    machine.pauseReceiving(stream)
                }
            case .message(let stream, let message):
                switch message {
                case .input(let range):
                    answer(stream, Array(buffer.readableBytesView)[range])
                case .assembled(let bytes), .decompressed(let bytes): answer(stream, bytes[...])
                }
            case .halfClosed(let stream):
                if let count = stuffed[stream] { machine.send(stream, [count].span) }
                if floodLeft[stream] != nil { continue }
                if paths[stream] != ScriptedServer.hang { machine.finish(stream, .ok) }
            case .ended(_, let cause): state.saw.yield(.ended(cause))
            case .writable(let stream): pour(stream)
            }
        }
        return calls
    }

    private func answer(_ stream: HTTP2Stream, _ bytes: ArraySlice<UInt8>) {
        let path = paths[stream]
        guard path != ScriptedServer.hang, path != ScriptedServer.none else { return }
        if path == ScriptedServer.flood {
            floodLeft[stream] = ScriptedServer.floodCount
            return pour(stream)
        }
        if let count = stuffed[stream] {
            stuffed[stream] = count + 1
            return
        }
        machine.send(stream, Array(bytes).span)
        if path == ScriptedServer.two { machine.send(stream, Array(bytes).span) }
    }

    /// Goes on with a flood as far as the stream takes it.
    private func pour(_ stream: HTTP2Stream) {
        let message = [UInt8](repeating: 9, count: ScriptedServer.floodBytes)
        while let left = floodLeft[stream] {
            guard left > 0 else {
                floodLeft[stream] = nil
                machine.finish(stream, .ok)
                return
            }
            floodLeft[stream] = left - 1
            state.flooded += 1
            if machine.send(stream, message.span) > 1 << 20 { return }
        }
    }

    /// Gives room on all streams that had none.
    func unstuff() {
        for stream in stuffed.keys { machine.resumeReceiving(stream) }
        flush()
    }

    func flush() {
        guard let context else { return }
        var out = ByteBuffer()
        do { _ = try machine.drain(limit: .max) { out.writeBytes($0) } } catch { return close() }
        _ = take(ByteBuffer())
        if out.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(out), promise: nil) }
        if machine.isFinished { close() }
    }

    func close() { context?.close(promise: nil) }

    /// Says GOAWAY in two steps, as a server that ends in order.
    func shutdown() {
        machine.beginShutdown()
        flush()
    }

    /// Says at once that no call above the last one is looked at.
    func goAway() {
        machine.session.goAway(reason: "test")
        flush()
    }
}
