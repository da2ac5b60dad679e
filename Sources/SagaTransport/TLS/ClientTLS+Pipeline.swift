internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension ClientTLS {
    /// Reads the files, away from the event loop, and puts TLS in front of what will be a
    /// connection.
    func prepare(_ channel: any Channel, _ address: ClientAddress) -> EventLoopFuture<Void> {
        let name = serverName ?? address.hostName
        return NIOThreadPool.singleton.runIfActive(eventLoop: channel.eventLoop) { try load() }
            .flatMapThrowing { loaded in
                let operations = channel.pipeline.syncOperations
                try operations.addHandler(
                    NIOSSLClientHandler(context: loaded.context, serverHostname: name))
                try operations.addHandler(ClientTLSHandler(self, loaded, serverName: name))
            }
    }
}

extension TLSRecordDetector {
    /// Lets a client without TLS say so when the server speaks it.
    static func add(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            TLSRecordDetector { $0.fireErrorCaught(HandshakeFailure.unexpectedTLS) })
    }
}

extension ClientAddress {
    /// The host if it is a name. An IP address is checked against those in the certificate, and is
    /// no name that could be asked for (RFC 6066, 3).
    fileprivate var hostName: String? {
        switch self {
        case .host(let host, let port):
            (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
        case .unix: nil
        }
    }
}
