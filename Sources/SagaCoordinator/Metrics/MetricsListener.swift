internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SagaModel
internal import SagaTransport

/// Serves metrics and probes over HTTP/1.1, on a port and an event loop of its own: it answers also
/// while the journal is replayed, and when all other loops are busy.
final class MetricsListener: Sendable {
    /// What is asked for.
    struct Pages: Sendable {
        /// Whether calls are served.
        var readiness: @Sendable () -> Readiness
        /// All metrics.
        var metrics: @Sendable (any EventLoop) -> EventLoopFuture<String>
    }

    /// Where it listens, with the port that was taken.
    let address: ListenAddress
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    private init(
        _ address: ListenAddress, _ group: MultiThreadedEventLoopGroup, _ channel: any Channel
    ) {
        self.address = address
        self.group = group
        self.channel = channel
    }

    /// Listens.
    static func start(
        _ address: ListenAddress, _ pages: Pages, limits: Limits
    ) async throws(BindFailure) -> MetricsListener {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let admission = Admission(limit: limits.metricConnections)
        let idle = TimeAmount.microseconds(limits.metricIdle.microseconds)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard admission.enter() else { throw TooMany() }
                    channel.closeFuture.whenComplete { _ in admission.leave() }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(IdleStateHandler(readTimeout: idle))
                    try pipeline.addHandler(MetricsHandler(pages))
                }
            }
        do throws(BindFailure) {
            let (channel, bound) = try await ListeningSocket.bind(bootstrap, address)
            return MetricsListener(bound, group, channel)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Ends, with all its connections.
    func stop() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    private struct TooMany: Error {}

    /// How many connections there are; used on the one event loop only.
    private final class Admission: @unchecked Sendable {
        // `count` is only touched on the listener's one event loop.
        private var count = 0
        private let limit: Int

        init(limit: Int) { self.limit = limit }

        func enter() -> Bool {
            guard count < limit else { return false }
            count += 1
            return true
        }

        func leave() { count -= 1 }
    }
}

/// Answers the requests of one connection.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: MetricsListener.Pages
    private var head: HTTPRequestHead?

    init(_ pages: MetricsListener.Pages) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break  // Nothing that is asked for here needs one.
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Whoever says nothing for so long has gone.
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.method == .GET || head.method == .HEAD else {
            let allow = [("Allow", "GET, HEAD")]
            send(head, context, .methodNotAllowed, "only GET and HEAD are served\n", allow)
            return
        }
        switch head.uri.prefix(while: { $0 != "?" }) {
        case "/metrics":
            let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            pages.metrics(context.eventLoop).whenComplete { result in
                let (handler, context) = handler.value
                switch result {
                case .success(let text):
                    handler.send(
                        head, context, .ok, text, [("Content-Type", MetricsText.contentType)])
                case .failure:
                    handler.send(head, context, .internalServerError, "metrics are not there\n")
                }
            }
        case "/healthz": send(head, context, .ok, "ok\n")
        case "/readyz":
            let readiness = pages.readiness()
            send(
                head, context, readiness.isReady ? .ok : .serviceUnavailable, readiness.text,
                [("Content-Type", "application/json")])
        default:  // open set: paths
            send(head, context, .notFound, "not here; see /metrics, /healthz and /readyz\n")
        }
    }

    private func send(
        _ head: HTTPRequestHead, _ context: ChannelHandlerContext, _ status: HTTPResponseStatus,
        _ text: String, _ more: [(String, String)] = []
    ) {
        var headers = HTTPHeaders(more)
        if more.first?.0 != "Content-Type" {
            headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        }
        headers.add(name: "Content-Length", value: "\(text.utf8.count)")
        if !head.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let answer = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        if head.method != .HEAD {
            var body = context.channel.allocator.buffer(capacity: text.utf8.count)
            body.writeString(text)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let done = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        if !head.isKeepAlive { done.futureResult.whenComplete { _ in channel.close(promise: nil) } }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    }
}
