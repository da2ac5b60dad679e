package import SagaRPC

/// How a call ended, with what is known beside its status.
package struct ClientCallEnd: Equatable, Sendable {
    /// How the call ended: OK or not.
    package let status: RPCStatus
    /// What came in the trailers beside the status.
    package let metadata: Metadata
    /// Whether the call may be made again without harm.
    package let reach: CallReach
    /// Why there was no connection, each address once, if that is how the call ended.
    package let connectFailures: [ConnectFailure]

    init(
        _ status: RPCStatus, metadata: Metadata = Metadata(), reach: CallReach,
        connectFailures: [ConnectFailure] = []
    ) {
        self.status = status
        self.metadata = metadata
        self.reach = reach
        self.connectFailures = connectFailures
    }
}
