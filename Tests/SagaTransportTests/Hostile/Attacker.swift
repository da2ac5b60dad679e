import NIOCore
import NIOPosix

@testable import SagaTransport

/// A socket that sends what it likes, and keeps what comes back.
final class Attacker: Sendable {
    /// What came back until the connection was closed.
    struct Outcome: Equatable {
        /// Of the last GOAWAY.
        var code: UInt32?
        var text: String?
        var resets = 0
        var statuses = 0
    }

    let channel: any Channel
    private let bound: NIOLoopBound<Handler>

    private init(_ channel: any Channel, _ bound: NIOLoopBound<Handler>) {
        self.channel = channel
        self.bound = bound
    }

    /// - Parameters:
    ///   - source: the address of this machine that the connection comes from.
    ///   - reads: whether anything is read from the socket.
    static func connect(
        _ address: ListenAddress, _ group: any EventLoopGroup, from source: String = "127.0.0.2",
        reads: Bool = true
    ) async throws -> Attacker {
        let loop = group.next()
        // Made before: the server may have closed the connection by the time it is there.
        let bound = try await loop.submit { NIOLoopBound(Handler(loop), eventLoop: loop) }.get()
        let channel = try await ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: reads ? 1 << 20 : 4096)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .bind(to: SocketAddress(ipAddress: source, port: 0))
            .connect(to: address.socketAddress()).get()
        return Attacker(channel, bound)
    }

    /// Hands bytes to the socket; a connection that is closed takes them too.
    func send(_ bytes: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Waits until the server has closed its side.
    func ended() async throws -> Outcome {
        try await channel.eventLoop.flatSubmit { self.bound.value.ended.futureResult }.get()
        return try await seen()
    }

    func seen() async throws -> Outcome {
        try await channel.eventLoop.submit { self.bound.value.outcome }.get()
    }

    /// Waits until a number of calls was answered.
    func answered(_ count: Int) async throws -> Outcome {
        try await channel.eventLoop.flatSubmit { self.bound.value.answered(count) }.get()
        return try await seen()
    }

    func close() async {
        // Mostly closed by the server before.
        try? await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        let ended: EventLoopPromise<Void>
        var outcome = Outcome()
        private var buffer = ByteBuffer()
        private var isDone = false
        private var waiter: (count: Int, promise: EventLoopPromise<Void>)?
        private let loop: any EventLoop

        init(_ loop: any EventLoop) {
            self.loop = loop
            ended = loop.makePromise()
        }

        func answered(_ count: Int) -> EventLoopFuture<Void> {
            let promise = loop.makePromise(of: Void.self)
            waiter = (count, promise)
            tellWaiter()
            return promise.futureResult
        }

        private func tellWaiter() {
            guard let waiter, isDone || outcome.statuses >= waiter.count else { return }
            self.waiter = nil
            waiter.promise.succeed()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            buffer.writeBuffer(&bytes)
            while takeFrame() {}
            buffer.discardReadBytes()
            tellWaiter()
        }

        private func takeFrame() -> Bool {
            let start = buffer.readerIndex
            guard let head = buffer.getBytes(at: start, length: 9) else { return false }
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard let payload = buffer.getBytes(at: start + 9, length: count) else { return false }
            buffer.moveReaderIndex(forwardBy: 9 + count)
            switch RawFrames.Kind(rawValue: head[3]) {
            case .goAway:
                outcome.code = payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
                outcome.text = String(decoding: payload[8...], as: UTF8.self)
            case .reset: outcome.resets += 1
            case .headers where head[4] & RawFrames.endStream != 0: outcome.statuses += 1
            case .data, .headers, .settings, .ping, .windowUpdate, .continuation, nil: break
            }
            return true
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard event as? ChannelEvent == .inputClosed else { return }
            finish()
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func finish() {
            guard !isDone else { return }
            isDone = true
            ended.succeed()
            tellWaiter()
        }
    }
}
