import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

@testable import SagaTransport

/// Ends of a connection that know TLS and nothing of HTTP/2.
enum RawTLS {
    enum Outcome: Equatable {
        /// The handshake is over and bytes came; the protocol agreed on.
        case agreed(String?)
        /// The server closed before it sent a byte of its own.
        case closed
    }

    /// Connects to the server of a world, and tells how far it came.
    static func handshake(
        _ world: TLSWorld, protocols: [String], minimum: TLSVersion = .tlsv12,
        maximum: TLSVersion? = nil
    ) async throws -> Outcome {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(world.files("root.pem"))
        configuration.applicationProtocols = protocols
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        let context = try NIOSSLContext(configuration: configuration)
        let promise = world.group.next().makePromise(of: Outcome.self)
        let channel = try await ClientBootstrap(group: world.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    try operations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    try operations.addHandler(Witness(promise))
                }
            }
            .connect(host: "127.0.0.1", port: world.port).get()
        let outcome = try await promise.futureResult.get()
        // The server may have closed it.
        try? await channel.close()
        return outcome
    }

    /// The subject of the certificate that a world's server shows.
    static func certificate(_ world: TLSWorld) async throws -> String {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(world.files("root.pem"))
        let context = try NIOSSLContext(configuration: configuration)
        let promise = world.group.next().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: world.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    try operations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    try operations.addHandler(Reader(promise))
                }
            }
            .connect(host: "127.0.0.1", port: world.port).get()
        let subject = try await promise.futureResult.get()
        // The server closes it: HTTP/2 was not asked for.
        try? await channel.close()
        return subject
    }

    /// A server that agrees to these protocols and says nothing; its port.
    static func server(_ world: TLSWorld, protocols: [String]) async throws -> Int {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(world.files("server.pem")).map {
                .certificate($0)
            },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(
                    bytes: world.files.bytes("server.key"), format: .pem)))
        configuration.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ServerBootstrap(group: world.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLServerHandler(context: context))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return channel.localAddress?.port ?? 0
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var promise: EventLoopPromise<String>?

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        private func tell(_ subject: String) {
            promise?.succeed(subject)
            promise = nil
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            tell(certificate.map { CertificateNames($0).subject } ?? "none")
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
        func channelInactive(context: ChannelHandlerContext) { tell("closed") }
    }

    private final class Witness: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var promise: EventLoopPromise<Outcome>?
        private var agreed: String?

        init(_ promise: EventLoopPromise<Outcome>) { self.promise = promise }

        private func tell(_ outcome: Outcome) {
            promise?.succeed(outcome)
            promise = nil
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case TLSUserEvent.handshakeCompleted(let agreed)? = event as? TLSUserEvent {
                self.agreed = agreed
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { tell(.agreed(agreed)) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
        func channelInactive(context: ChannelHandlerContext) { tell(.closed) }
    }
}
