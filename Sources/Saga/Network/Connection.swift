internal import NIOCore
internal import SagaRPC
internal import SagaTransport

/// How the SDK reaches coordinators: the channel's settings, and the names of methods.
enum Connection {
    static let attach = "/saga.v1.ParticipantService/Attach"

    /// A channel to a coordinator; nothing is connected yet.
    ///
    /// - Parameter coordinator: `HOST:PORT` or `unix:PATH`, several joined by commas.
    static func channel(
        to coordinator: String, on eventLoop: any EventLoop
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
        let rpc = RPCSettings(
            maxMessageBytes: Limits.messageBytes, programName: SDKVersion.name,
            programVersion: SDKVersion.number)
        return ClientChannel(
            target,
            ClientSettings(
                rpc: rpc, firstBackoff: Limits.reconnectInitial,
                mostBackoff: Limits.reconnectMaximum), on: eventLoop)
    }
}
