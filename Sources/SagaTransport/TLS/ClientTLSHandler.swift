internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands behind the TLS of a client's connection: lets the connection begin when it is secure and
/// HTTP/2 is agreed on, and puts into words what goes wrong.
final class ClientTLSHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum State {
        /// Can transition to: secure, failed.
        case handshake
        /// No byte of the server has come yet: it may still find our certificate wanting, which TLS
        /// 1.3 tells only behind the handshake. Can transition to: heard, failed.
        case secure
        /// The server has spoken. Can transition to: failed.
        case heard
        /// The failure was told.
        case failed
    }

    private var state = State.handshake
    /// The name that the server's certificate must have; nil for the address's.
    private let serverName: String?
    private let roots: [NIOSSLCertificate]?
    private let hasCertificate: Bool
    private let now: @Sendable () -> CertificateDate

    init(_ tls: ClientTLS, _ loaded: ClientTLS.Loaded, serverName: String?) {
        self.serverName = serverName
        roots = loaded.roots
        hasCertificate = tls.identity != nil
        now = tls.environment.now
    }

    /// Held back until the connection is secure.
    func channelActive(context: ChannelHandlerContext) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let agreed)? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard agreed == "h2" else {
            fail(.notHTTP2(agreed), context)
            return
        }
        if let serverName, let names = names(context), !names.isAbout(serverName) {
            fail(.wrongName(wanted: serverName, names: names.listed), context)
            return
        }
        state = .secure
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .handshake, .failed: return
        case .secure: state = .heard
        case .heard: break
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .handshake, .secure: break
        case .heard, .failed:
            // A connection that just ends is told as that.
            if case NIOSSLError.uncleanShutdown = error { return }
            context.fireErrorCaught(error)
            return
        }
        let peer = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        if case let failure as NIOSSLExtraError = error, failure == .failedToValidateHostname {
            let wanted = serverName ?? context.remoteAddress?.ipAddress ?? ""
            fail(
                .wrongName(wanted: wanted, names: peer.map { CertificateNames($0).listed } ?? ""),
                context)
            return
        }
        let isIOError = error is IOError || error is ChannelError
        let failure =
            isIOError ? .closed : HandshakeFailure(error, peer: peer, roots: roots, now: now())
        fail(failure, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closed, context)
        context.fireChannelInactive()
    }

    private func names(_ context: ChannelHandlerContext) -> CertificateNames? {
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        return certificate.map { CertificateNames($0) }
    }

    private func fail(_ failure: HandshakeFailure, _ context: ChannelHandlerContext) {
        switch state {
        case .heard, .failed: return
        case .handshake: context.fireErrorCaught(failure)
        case .secure:
            // The alert is lost when the server closes while our first bytes are on their way.
            let isSilent = failure == .closed && !hasCertificate
            context.fireErrorCaught(isSilent ? .closedBehindHandshake : failure)
        }
        state = .failed
        context.close(promise: nil)
    }
}
