internal import NIOCore
internal import NIOPosix

/// Finds the endpoints of an address: one for a literal or a socket's path, several for a name.
enum EndpointLookup {
    /// What each connection of the lookup is refused with.
    private struct OnlyLooking: Error {}

    /// Notes the endpoints to which connections are made, and refuses them.
    ///
    /// SwiftNIO looks names up as a part of connecting only, one connection an endpoint, in the
    /// order of RFC 8305. So the lookup is a connection whose every attempt ends before it
    /// reaches the socket.
    private final class EndpointNote: ChannelOutboundHandler {
        typealias OutboundIn = Never

        private let found: NIOLoopBoundBox<[SocketAddress]>

        init(_ found: NIOLoopBoundBox<[SocketAddress]>) { self.found = found }

        func connect(
            context: ChannelHandlerContext, to address: SocketAddress,
            promise: EventLoopPromise<Void>?
        ) {
            found.value.append(address)
            promise?.fail(OnlyLooking())
        }
    }

    /// Looks an address up; at least one endpoint, or a failure. `resolver` is nil for the
    /// system's own.
    static func endpoints(
        of address: ClientAddress, on eventLoop: any EventLoop, timeout: TimeAmount,
        resolver: (any Resolver & Sendable)?
    ) -> EventLoopFuture<[SocketAddress]> {
        switch address {
        case .unix(let path):
            return eventLoop.makeCompletedFuture { [try SocketAddress(unixDomainSocketPath: path)] }
        case .host(let host, let port):
            if let literal = try? SocketAddress(ipAddress: host, port: port) {
                return eventLoop.makeSucceededFuture([literal])
            }
            return endpoints(host, port, on: eventLoop, timeout, resolver)
        }
    }

    private static func endpoints(
        _ host: String, _ port: Int, on eventLoop: any EventLoop, _ timeout: TimeAmount,
        _ resolver: (any Resolver & Sendable)?
    ) -> EventLoopFuture<[SocketAddress]> {
        let found = NIOLoopBoundBox<[SocketAddress]>([], eventLoop: eventLoop)
        return ClientBootstrap(group: eventLoop)
            .resolver(resolver)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EndpointNote(found))
                }
            }
            .connect(host: host, port: port)
            .flatMapThrowing { _ in preconditionFailure("a lookup has connected") }
            .flatMapErrorThrowing { error in
                guard !found.value.isEmpty else { throw error }
                return found.value
            }
    }
}
