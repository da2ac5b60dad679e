internal import NIOCore
internal import NIOSSL

/// How a connection that was accepted begins: in the clear, or with a handshake.
enum ConnectionOpening {
    /// Puts what serves a connection into its channel, TLS in front of it if there is any.
    static func add(
        to channel: any Channel, _ tls: ServerTLS?, _ writer: CallWriter,
        _ makeConnection: @escaping (PeerIdentity?) throws -> ServerConnectionHandler
    ) throws {
        let operations = channel.pipeline.syncOperations
        let peer = peer(of: channel)
        guard let tls, !isLocal(channel) else {
            if !isLocal(channel) {
                try operations.addHandler(
                    TLSRecordDetector { _ in writer.handshakeEnded(.unexpectedTLS, peer: peer) })
            }
            try operations.addHandler(makeConnection(nil))
            return
        }
        try operations.addHandler(NIOSSLServerHandler(context: tls.context))
        try operations.addHandler(
            ServerTLSHandler(
                tls, makeConnection: makeConnection,
                ended: { writer.handshakeEnded($0, peer: peer) }))
    }

    /// Whether a channel is one of Unix sockets, which the rights of their files guard.
    static func isLocal(_ channel: any Channel) -> Bool {
        channel.localAddress?.protocol == .unix
    }

    /// The other side's address for people. What connects to a Unix socket has none, so that it is
    /// named by the socket.
    static func peer(of channel: any Channel) -> String {
        if isLocal(channel) { return "unix:\(channel.localAddress?.pathname ?? "")" }
        guard let address = channel.remoteAddress, let host = address.ipAddress,
            let port = address.port
        else { return "" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension CallWriter {
    /// Counts how a handshake went, and tells of one that failed; nil is well.
    func handshakeEnded(_ failure: HandshakeFailure?, peer: String) {
        guard let failure else {
            counters.tls.completed += 1
            return
        }
        counters.tls.count(failure)
        watch.handshakeFailed(failure, peer)
    }
}
