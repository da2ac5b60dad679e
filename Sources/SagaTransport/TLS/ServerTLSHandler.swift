internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import SagaRPC

/// Stands behind the TLS of a connection until that is secure; then what serves the connection
/// takes its place. So a connection costs nothing more before, and nothing of HTTP/2 is said to a
/// peer that may not hear it.
final class ServerTLSHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private enum State {
        /// Can transition to: waiting, failed.
        case new
        /// Can transition to: secure, failed.
        case waiting(Scheduled<Void>)
        /// What serves the connection has the place of this handler.
        case secure
        /// The connection ends.
        case failed
    }

    private var state = State.new
    private let tls: ServerTLS
    private let makeConnection: (PeerIdentity?) throws -> any ChannelHandler
    private let ended: (HandshakeFailure?) -> Void

    /// - Parameters:
    ///   - tls: how long a handshake may take, and what tells why a certificate was not trusted.
    ///   - makeConnection: makes what serves the connection, of a peer with this name.
    ///   - ended: is told once how it went; nil is well.
    init(
        _ tls: ServerTLS, makeConnection: @escaping (PeerIdentity?) throws -> any ChannelHandler,
        ended: @escaping (HandshakeFailure?) -> Void
    ) {
        self.tls = tls
        self.makeConnection = makeConnection
        self.ended = ended
    }

    func channelActive(context: ChannelHandlerContext) {
        guard case .new = state else { return }
        let limit = RPCTimeout(tls.configuration.handshakeTimeout).nanoseconds
        state = .waiting(
            context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit)) {
                self.fail(.timedOut, context)
            })
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let agreed)? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard agreed == "h2" else {
            fail(.notHTTP2(agreed), context)
            return
        }
        do {
            let operations = context.pipeline.syncOperations
            let certificate = try operations.nioSSL_peerCertificate()
            let connection = try makeConnection(
                certificate.flatMap { CertificateNames($0).identity })
            try operations.addHandler(connection, position: .after(self))
            stopTimer()
            state = .secure
            ended(nil)
            context.fireChannelActive()
            operations.removeHandler(self, promise: nil)
        } catch {
            fail(.other("\(error)"), context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .secure = state { context.fireChannelRead(data) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let peer = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        fail(HandshakeFailure(error, peer: peer, roots: nil, now: tls.now), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closed, context)
    }

    private func fail(_ failure: HandshakeFailure, _ context: ChannelHandlerContext) {
        switch state {
        case .new, .waiting:
            stopTimer()
            state = .failed
            ended(failure)
            context.close(promise: nil)
        case .secure, .failed: break
        }
    }

    private func stopTimer() {
        if case .waiting(let timer) = state { timer.cancel() }
    }
}
