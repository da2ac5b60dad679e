package import Logging
package import NIOCore
internal import NIOPosix
internal import SagaHTTP2
package import SagaRPC

/// Listens, and serves gRPC on every connection that comes.
package final class Server: Sendable {
    /// The event loops, in the order of ``ServerCallID/loopIndex``.
    package let loops: [ServerLoop]
    /// Where the server listens.
    package let listening: [ServerListener]
    private let siblings: ServerLoops
    private let listeners: [any Channel]

    private init(
        loops: [ServerLoop], siblings: ServerLoops, listeners: [any Channel],
        listening: [ServerListener]
    ) {
        self.loops = loops
        self.siblings = siblings
        self.listeners = listeners
        self.listening = listening
    }

    /// What happened on all event loops so far, told on one that may be of another group.
    package func counters(on eventLoop: any EventLoop) -> EventLoopFuture<ServerCounters> {
        siblings.counters(on: eventLoop)
    }

    /// The addresses alone, with the ports that were taken.
    package var boundAddresses: [ListenAddress] { listening.map(\.address) }

    /// Listens at all addresses, or at none.
    ///
    /// `makeHandler` is called once on each event loop of the group, with the loop's writer.
    ///
    /// - Parameters:
    ///   - settings: what holds for the calls of each connection.
    ///   - limits: what peers may do with connections.
    ///   - logger: told of connections that peers made end; not of each if there are many.
    ///   - observer: told of all that happens; nothing is looked up for it if there is none.
    ///   - tls: makes every connection secure but those of Unix sockets, which the rights of
    ///     their files guard.
    package static func start(
        _ addresses: [ListenAddress], on group: any EventLoopGroup, _ settings: RPCSettings,
        limits: ServerLimits = ServerLimits(), logger: Logger? = nil,
        observer: (any ServerObserver)? = nil, methods: MethodTable, tls: ServerTLS? = nil,
        makeHandler: @escaping @Sendable (CallWriter) -> any ServiceHandler
    ) async throws -> Server {
        var loops: [ServerLoop] = []
        let siblings = ServerLoops()
        for (index, eventLoop) in group.makeIterator().enumerated() {
            let content = try await eventLoop.submit {
                let watch = ConnectionWatch(limits, logger, observer, eventLoop, loopIndex: index)
                let writer = CallWriter(
                    loopIndex: index, eventLoop: eventLoop,
                    outgoingCapBytes: settings.http2.outgoingCapBytes, watch, siblings)
                watch.sweep = { [weak writer] now in writer?.sweep(now: now) }
                return NIOLoopBound(
                    ServerLoop.Content(writer: writer, service: makeHandler(writer)),
                    eventLoop: eventLoop)
            }.get()
            loops.append(ServerLoop(eventLoop: eventLoop, content: content))
        }
        siblings.set(loops)
        let acceptor = ConnectionAcceptor(loops, limits, settings, methods, tls)
        let bootstrap = bootstrap(group, acceptor)
        var listeners: [any Channel] = []
        var listening: [ServerListener] = []
        for address in addresses {
            do {
                let (listener, place) = try await ListeningSocket.bind(bootstrap, address)
                listeners.append(listener)
                listening.append(
                    ServerListener(
                        address: place,
                        isSecure: tls != nil && !ConnectionOpening.isLocal(listener)))
            } catch {
                for listener in listeners { try? await listener.close() }
                siblings.set([])
                throw error
            }
        }
        return Server(
            loops: loops, siblings: siblings, listeners: listeners, listening: listening)
    }

    private static func bootstrap(
        _ group: any EventLoopGroup, _ acceptor: ConnectionAcceptor
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.prepare(channel) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One read a turn: sockets are asked again only when there is more.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // SwiftNIO keeps a buffer for each connection; so it grows with what is read, and
            // the many that are idle keep a small one.
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1 << 9, initial: 1 << 9, maximum: 64 << 10)
            )
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.accept(channel) }
            }
    }

    /// Takes no further connection, lets open calls end, and closes. Calls that are open after
    /// `limit` are cut off.
    package func drain(limit: Duration) async {
        await closeListeners()
        await finish { writer, loop in
            let cutAt = RPCInstant.now + limit
            writer.cutAt = cutAt
            writer.forEachConnection { $0.beginShutdown(cutAt: cutAt) }
            writer.flush()
            loop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.wholeNanoseconds)) {
                writer.forEachConnection { $0.closeAtOnce() }
            }
        }
    }

    /// Closes everything at once.
    package func close() async {
        await closeListeners()
        await finish { writer, _ in
            writer.cutAt = .now
            writer.forEachConnection { $0.closeAtOnce() }
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
        siblings.set([])
    }
}
