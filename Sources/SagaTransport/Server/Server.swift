package import NIOCore
internal import NIOPosix
internal import SagaHTTP2
package import SagaRPC

/// Listens, and serves gRPC on every connection that comes.
package final class Server: Sendable {
    /// The event loops, in the order of ``ServerCallID/loopIndex``.
    package let loops: [ServerLoop]
    /// Where the server listens, with the ports that were taken.
    package let boundAddresses: [ListenAddress]
    private let listeners: [any Channel]

    private init(loops: [ServerLoop], listeners: [any Channel], addresses: [ListenAddress]) {
        self.loops = loops
        self.listeners = listeners
        boundAddresses = addresses
    }

    /// Listens at all addresses, or at none.
    ///
    /// With `tls` every connection is secure but those of Unix sockets, which the rights of their
    /// files guard. `makeHandler` is called once on each event loop of the group, with the loop's
    /// writer.
    package static func start(
        _ addresses: [ListenAddress], on group: any EventLoopGroup, _ settings: RPCSettings,
        methods: MethodTable, tls: ServerTLS? = nil,
        makeHandler: @escaping @Sendable (CallWriter) -> any ServiceHandler
    ) async throws -> Server {
        var loops: [ServerLoop] = []
        for (index, eventLoop) in group.makeIterator().enumerated() {
            let content = try await eventLoop.submit {
                let writer = CallWriter(
                    loopIndex: index, eventLoop: eventLoop,
                    outgoingCapBytes: settings.http2.outgoingCapBytes)
                return NIOLoopBound(
                    ServerLoop.Content(writer: writer, service: makeHandler(writer)),
                    eventLoop: eventLoop)
            }.get()
            loops.append(ServerLoop(eventLoop: eventLoop, content: content))
        }
        let bootstrap = bootstrap(group, loops, settings, methods, tls)
        var listeners: [any Channel] = []
        var bound: [ListenAddress] = []
        for address in addresses {
            do {
                let (listener, place) = try await ListeningSocket.bind(bootstrap, address)
                listeners.append(listener)
                bound.append(place)
            } catch {
                for listener in listeners { try? await listener.close() }
                throw error
            }
        }
        return Server(loops: loops, listeners: listeners, addresses: bound)
    }

    private static func bootstrap(
        _ group: any EventLoopGroup, _ loops: [ServerLoop], _ settings: RPCSettings,
        _ methods: MethodTable, _ tls: ServerTLS?
    ) -> ServerBootstrap {
        let byLoop = Dictionary(
            uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One read a turn: sockets are asked again only when there is more.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10)
            )
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = byLoop[ObjectIdentifier(channel.eventLoop)] else {
                        preconditionFailure("connection on an event loop of another group")
                    }
                    let content = loop.content.value
                    try ConnectionOpening.add(to: channel, tls, content.writer) { identity in
                        ServerConnectionHandler(
                            try ServerConnection(
                                settings, methods: methods, coder: content.writer.coder),
                            content.writer,
                            content.service, identity)
                    }
                }
            }
    }

    /// Takes no further connection, lets open calls end, and closes. Calls that are open after
    /// `limit` are cut off.
    package func drain(limit: Duration) async {
        await closeListeners()
        let (seconds, attoseconds) = limit.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        await finish { writer, loop in
            writer.forEachConnection { $0.beginShutdown() }
            writer.flush()
            loop.assumeIsolated().scheduleTask(in: .nanoseconds(nanoseconds)) {
                writer.forEachConnection { $0.close(reason: "server is shutting down") }
            }
        }
    }

    /// Closes everything at once.
    package func close() async {
        await closeListeners()
        await finish { writer, _ in
            writer.forEachConnection { $0.close(reason: "server is shutting down") }
        }
    }

    private func closeListeners() async {
        // Closing a socket that is closed already is what is wanted.
        for listener in listeners { try? await listener.close() }
    }

    private func finish(
        _ begin: @escaping @Sendable (CallWriter, any EventLoop) -> Void
    ) async {
        let ends = loops.map { loop in
            let empty = loop.eventLoop.makePromise(of: Void.self)
            loop.eventLoop.execute {
                let writer = loop.content.value.writer
                begin(writer, loop.eventLoop)
                writer.tellWhenEmpty(empty)
            }
            return empty.futureResult
        }
        // The promises are kept, never broken.
        for end in ends { try? await end.get() }
    }
}
