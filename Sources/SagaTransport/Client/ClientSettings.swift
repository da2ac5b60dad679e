package import SagaRPC

/// Limits and times of a client's channel.
package struct ClientSettings: Sendable {
    /// Limits of each connection and its calls, and the name in `user-agent`.
    package var rpc: RPCSettings
    /// How long one address may take until its server's SETTINGS have come.
    package var connectTimeout: Duration
    /// The ceiling of the first wait behind a failure to connect to all addresses; it doubles.
    package var firstBackoff: Duration
    /// The highest ceiling of a wait.
    package var mostBackoff: Duration
    /// Calls that may wait for a connection, or for their turn on one.
    package var maxWaitingCalls: Int
    /// How often one unary call may be sent when no server has looked at it before.
    package var maxAttempts: Int

    /// Makes settings; the defaults suit a server in the same network.
    package init(
        rpc: RPCSettings, connectTimeout: Duration = .seconds(5),
        firstBackoff: Duration = .milliseconds(100), mostBackoff: Duration = .seconds(5),
        maxWaitingCalls: Int = 10_000, maxAttempts: Int = 4
    ) {
        self.rpc = rpc
        self.connectTimeout = connectTimeout
        self.firstBackoff = firstBackoff
        self.mostBackoff = mostBackoff
        self.maxWaitingCalls = maxWaitingCalls
        self.maxAttempts = maxAttempts
    }
}

extension RPCTimeout {
    /// Takes a duration; one too long to be written is the longest, a negative one none.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        self.init(nanoseconds: overflow || carry ? (seconds < 0 ? 0 : .max) : max(0, sum))
    }
}
