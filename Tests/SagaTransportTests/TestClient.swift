import NIOCore
import NIOPosix
import SagaHTTP2
import SagaRPC

@testable import SagaTransport

/// What came of a test's call.
struct TestOutcome: Equatable {
    var messages: [[UInt8]] = []
    var end: CallOutcome
}

/// A client that is just a socket around a ``ClientConnection``.
final class TestClient: Sendable {
    private let channel: any Channel
    private let bound: NIOLoopBound<Handler>

    private init(_ channel: any Channel, _ bound: NIOLoopBound<Handler>) {
        self.channel = channel
        self.bound = bound
    }

    static func connect(
        _ address: ListenAddress, _ group: any EventLoopGroup
    ) async throws -> TestClient {
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(channel.eventLoop))
                }
            }
            .connect(to: address.socketAddress()).get()
        let bound = try await channel.eventLoop.submit {
            NIOLoopBound(
                try channel.pipeline.syncOperations.handler(type: Handler.self),
                eventLoop: channel.eventLoop)
        }.get()
        return TestClient(channel, bound)
    }

    /// Makes a call, sends messages, half closes, and waits for the end.
    func call(
        _ path: String, _ messages: [[UInt8]], timeout: RPCTimeout? = nil, halfCloses: Bool = true
    ) async throws -> TestOutcome {
        try await channel.eventLoop.flatSubmit {
            self.bound.value.call(path, messages, timeout, halfCloses)
        }.get()
    }

    /// Waits until the server has said that it goes away.
    func goneAway() async throws {
        try await channel.eventLoop.flatSubmit { self.bound.value.goneAway.futureResult }.get()
    }

    func close() async throws {
        // Closed by the server in some tests already.
        try? await channel.close()
    }

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private struct Call {
            var messages: [[UInt8]] = []
            var promise: EventLoopPromise<TestOutcome>
        }

        var connection: ClientConnection
        let goneAway: EventLoopPromise<Void>
        private let loop: any EventLoop
        private var calls: [HTTP2Stream: Call] = [:]
        private var context: ChannelHandlerContext?

        init(_ loop: any EventLoop) throws {
            self.loop = loop
            goneAway = loop.makePromise()
            connection = try ClientConnection(
                RPCSettings(programName: "test", programVersion: "1"), authority: "test",
                scheme: "http")
        }

        func call(
            _ path: String, _ messages: [[UInt8]], _ timeout: RPCTimeout?, _ halfCloses: Bool
        ) -> EventLoopFuture<TestOutcome> {
            let promise = loop.makePromise(of: TestOutcome.self)
            do {
                let now = RPCInstant.now
                switch try connection.open(
                    path, deadline: timeout.map { now.advanced(by: $0) }, now: now)
                {
                case .opened(let stream):
                    calls[stream] = Call(promise: promise)
                    for message in messages { connection.send(stream, message.span) }
                    if halfCloses { connection.halfClose(stream) }
                case .refused(let status): promise.fail(status)
                }
            } catch { promise.fail(error) }
            flush()
            return promise.futureResult
        }

        func channelActive(context: ChannelHandlerContext) {
            self.context = context
            flush()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            do { try connection.receive(buffer.readableBytesUInt8Span, now: .now) } catch {
                context.close(promise: nil)
            }
            takeEvents(Array(buffer.readableBytesView))
            flush()
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.context = nil
            connection.connectionLost("connection was closed")
            takeEvents([])
            goneAway.succeed()
        }

        private func takeEvents(_ bytes: [UInt8]) {
            while let event = connection.nextEvent() {
                switch event {
                case .message(let stream, .input(let range)):
                    calls[stream]?.messages.append(Array(bytes[range]))
                case .message(let stream, .assembled(let message)),
                    .message(let stream, .decompressed(let message)):
                    calls[stream]?.messages.append(message)
                case .ended(let stream, let outcome):
                    guard let call = calls.removeValue(forKey: stream) else { continue }
                    call.promise.succeed(TestOutcome(messages: call.messages, end: outcome))
                case .goAway: goneAway.succeed()
                case .headers, .writable, .ready, .pingAcknowledged: break
                }
            }
        }

        private func flush() {
            guard let context else { return }
            var buffer = ByteBuffer()
            while (try? connection.drain(limit: 1 << 20, { buffer.writeBytes($0) })) == true {}
            takeEvents([])
            if buffer.readableBytes > 0 {
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            }
        }
    }
}

extension ListenAddress {
    func socketAddress() throws -> SocketAddress {
        switch self {
        case .host(let host, let port): try .makeAddressResolvingHost(host, port: port)
        case .unix(let path): try SocketAddress(unixDomainSocketPath: path)
        case .inherited: throw SocketAddressError.unsupported
        }
    }
}
