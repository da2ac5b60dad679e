internal import NIOCore

/// What stands between a connection's socket and its HTTP/2: nothing, or TLS.
package struct ClientWire: Sendable {
    private let tls: ClientTLS?
    private let layer: (@Sendable (any Channel, ClientAddress) throws -> Void)?

    private init(
        tls: ClientTLS?, layer: (@Sendable (any Channel, ClientAddress) throws -> Void)? = nil
    ) {
        self.tls = tls
        self.layer = layer
    }

    /// HTTP/2 straight on the socket, with prior knowledge.
    package static let plain = ClientWire(tls: nil)

    /// A layer of the caller's own below HTTP/2; it adds its handlers on the connection's event
    /// loop, and what it throws is why the connection failed.
    static func over(
        _ layer: @escaping @Sendable (any Channel, ClientAddress) throws -> Void
    ) -> ClientWire { ClientWire(tls: nil, layer: layer) }

    /// TLS on connections to hosts. Unix sockets stay as they are: the rights of their files guard
    /// them.
    package static func secure(_ tls: ClientTLS) -> ClientWire { ClientWire(tls: tls) }

    private func tls(_ address: ClientAddress) -> ClientTLS? {
        switch address {
        case .host: tls
        case .unix: nil
        }
    }

    /// What requests call it in `:scheme`.
    func scheme(_ address: ClientAddress) -> String { tls(address) == nil ? "http" : "https" }

    /// What requests call the server: by the name that its certificate must have, if one was given.
    func authority(_ address: ClientAddress) -> String {
        switch address {
        case .host(_, let port): tls?.serverName.map { "\($0):\(port)" } ?? address.authority
        case .unix: address.authority
        }
    }

    /// Adds the layer's handlers to a new connection, ahead of HTTP/2's own; called on the
    /// connection's event loop. What the result fails with, or what the handlers fire as an error,
    /// is the reason why the connection failed.
    func prepare(_ channel: any Channel, _ address: ClientAddress) -> EventLoopFuture<Void> {
        guard let tls = tls(address) else {
            return channel.eventLoop.makeCompletedFuture {
                try TLSRecordDetector.add(to: channel)
                try layer?(channel, address)
            }
        }
        return tls.prepare(channel, address)
    }
}
