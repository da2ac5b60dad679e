internal import NIOCore
internal import SagaRPC
internal import SagaTransport

/// How the SDK reaches coordinators: the channel's settings, and the names of methods.
enum Connection {
    static let attach = "/saga.v1.ParticipantService/Attach"

    /// A channel to a coordinator; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - coordinator: `HOST:PORT` or `unix:PATH`, several joined by commas.
    ///   - tls: how connections are made secure; nil for not at all.
    static func channel(
        to coordinator: String, tls: TLS?, on eventLoop: any EventLoop
    ) throws(SagaError) -> ClientChannel {
        let target: ClientTarget
        do {
            target = try ClientTarget(coordinator)
        } catch {
            switch error {
            case .address(let text):
                throw SagaError(
                    .invalidArgument, reason: "ADDRESS",
                    "\"\(text)\" is no address of a coordinator; write HOST:PORT or unix:PATH",
                    cause: error)
            }
        }
        let wire: ClientWire = if let tls { .secure(try tls.forTransport()) } else { .plain }
        let rpc = RPCSettings(
            maxMessageBytes: Limits.messageBytes, programName: SDKVersion.name,
            programVersion: SDKVersion.number)
        return ClientChannel(
            target,
            ClientSettings(
                rpc: rpc, firstBackoff: Limits.reconnectInitial,
                mostBackoff: Limits.reconnectMaximum), on: eventLoop, wire: wire)
    }
}
