internal import NIOCore
internal import SagaRPC

/// Takes connections that were just accepted: lets them in or not, and makes what serves them.
final class ConnectionAcceptor: Sendable {
    private let loops: [ObjectIdentifier: ServerLoop]
    private let admission: ConnectionAdmission
    private let settings: SharedRPCSettings
    private let methods: MethodTable
    private let tls: ServerTLS?

    init(
        _ loops: [ServerLoop], _ limits: ServerLimits, _ settings: RPCSettings,
        _ methods: MethodTable, _ tls: ServerTLS?
    ) {
        self.loops = Dictionary(
            uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
        admission = ConnectionAdmission(limits)
        self.settings = SharedRPCSettings(settings)
        self.methods = methods
        self.tls = tls
    }

    /// Prepares a listener for the moments when it can take no connection. Called on its event
    /// loop.
    func prepare(_ listener: any Channel) throws {
        let writer = loop(of: listener).content.value.writer
        try listener.pipeline.syncOperations.addHandler(
            AcceptFaults { writer.acceptFailed($0) })
    }

    private func loop(of channel: any Channel) -> ServerLoop {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
            preconditionFailure("a channel on an event loop of another group")
        }
        return loop
    }

    /// Lets a connection in; what is thrown closes it. Called on the connection's event loop,
    /// before a byte is read.
    func accept(_ channel: any Channel) throws {
        let content = loop(of: channel).content.value
        let peer = ConnectionOpening.peer(of: channel)
        let origin = PeerOrigin(of: channel)
        if let refusal = admission.enter(origin) {
            content.writer.refuse(refusal, peer: peer)
            throw Refused(refusal: refusal)
        }
        channel.closeFuture.whenComplete { [admission] _ in admission.leave(origin) }
        try ConnectionOpening.add(to: channel, tls, content.writer) {
            [settings, methods] identity in
            ServerConnectionHandler(
                try ServerConnection(
                    settings, methods: methods, coder: content.writer.coder,
                    memory: content.writer.memory),
                content.writer, content.service, peer: peer, identity)
        }
    }

    private struct Refused: Error { let refusal: ConnectionRefusal }
}

extension PeerOrigin {
    /// Where a connection comes from. The system writes its own addresses so that they can be
    /// read; what has none comes from this machine.
    init(of channel: any Channel) {
        self = channel.remoteAddress?.ipAddress.flatMap { PeerOrigin(ipAddress: $0) } ?? .local
    }
}
