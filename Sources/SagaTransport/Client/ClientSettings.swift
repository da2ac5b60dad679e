package import SagaRPC

/// Limits and times of a client's channel.
package struct ClientSettings: Sendable {
    /// Limits of each connection and its calls, and the name in `user-agent`.
    package var rpc: RPCSettings
    /// How long one endpoint may take until its server's SETTINGS have come, and how long a name
    /// may be looked up.
    package var connectTimeout: Duration
    /// The ceiling of the first wait behind a failure to connect to all addresses; it doubles.
    package var firstBackoff: Duration
    /// The highest ceiling of a wait.
    package var mostBackoff: Duration
    /// Whether each round tries the addresses, and the endpoints of a name, in a random order, so
    /// that many clients of one list spread over it.
    package var shufflesAddresses: Bool
    /// Calls that may wait for a connection, or for their turn on one.
    package var maxWaitingCalls: Int
    /// How often one call may be sent when it failed in a way that ``retry`` covers.
    package var maxAttempts: Int
    /// Which failed calls are made again, unless a call says so itself.
    package var retry: RetryRule
    /// Refusals in excess of successes with half of which nothing refused is made again.
    package var retryTokens: Int
    /// Bytes of a stream's first messages that are kept until the server has answered, so that
    /// the stream can be made again.
    package var replayBytes: Int
    /// Connections that take calls at a time: more than one only while all are full.
    package var maxConnections: Int
    /// How long calls wait for their turn before another connection is opened.
    package var growAfter: Duration
    /// How long a connection beside the first is without a call before it is closed.
    package var shrinkAfter: Duration
    /// How long no byte may come before the server is asked with a PING; nil for any time.
    package var keepaliveInterval: Duration?
    /// The least ``keepaliveInterval`` that is heeded: servers count faster ones as an attack.
    package var leastKeepaliveInterval: Duration
    /// How long no byte may come behind a PING until the connection counts as dead.
    package var keepaliveTimeout: Duration
    /// Whether the server is asked also while no call is open.
    package var keepaliveWithoutCalls: Bool
    /// How long the channel may be without a call before it closes its connections; nil for any
    /// time.
    package var idleTimeout: Duration?
    /// Bytes of messages that wait for a task to read them from which on the server is given no
    /// further room on the stream.
    package var readAheadBytes: Int

    /// Makes settings; the defaults suit a server in the same network. Keepalive's are those of
    /// gRPC's proposal A8, the retry tokens' those of A6.
    package init(
        rpc: RPCSettings, connectTimeout: Duration = .seconds(5),
        firstBackoff: Duration = .milliseconds(100), mostBackoff: Duration = .seconds(5),
        shufflesAddresses: Bool = false, maxWaitingCalls: Int = 10_000, maxAttempts: Int = 4,
        retry: RetryRule = .unavailable, retryTokens: Int = 10, replayBytes: Int = 64 << 10,
        maxConnections: Int = 4, growAfter: Duration = .milliseconds(100),
        shrinkAfter: Duration = .seconds(10), keepaliveInterval: Duration? = nil,
        leastKeepaliveInterval: Duration = .seconds(10),
        keepaliveTimeout: Duration = .seconds(20), keepaliveWithoutCalls: Bool = false,
        idleTimeout: Duration? = .seconds(30 * 60), readAheadBytes: Int = 64 << 10
    ) {
        self.rpc = rpc
        self.connectTimeout = connectTimeout
        self.firstBackoff = firstBackoff
        self.mostBackoff = mostBackoff
        self.shufflesAddresses = shufflesAddresses
        self.maxWaitingCalls = maxWaitingCalls
        self.maxAttempts = maxAttempts
        self.retry = retry
        self.retryTokens = retryTokens
        self.replayBytes = replayBytes
        self.maxConnections = maxConnections
        self.growAfter = growAfter
        self.shrinkAfter = shrinkAfter
        self.keepaliveInterval = keepaliveInterval
        self.leastKeepaliveInterval = leastKeepaliveInterval
        self.keepaliveTimeout = keepaliveTimeout
        self.keepaliveWithoutCalls = keepaliveWithoutCalls
        self.idleTimeout = idleTimeout
        self.readAheadBytes = readAheadBytes
    }
}

extension ClientSettings {
    var backoff: Backoff {
        Backoff(first: RPCTimeout(firstBackoff), most: RPCTimeout(mostBackoff))
    }

    var pool: PoolSizing.Settings {
        PoolSizing.Settings(
            mostConnections: maxConnections, growAfter: RPCTimeout(growAfter),
            shrinkAfter: RPCTimeout(shrinkAfter))
    }

    var keepalive: Keepalive.Settings? {
        keepaliveInterval.map {
            Keepalive.Settings(
                interval: RPCTimeout(max($0, leastKeepaliveInterval)),
                timeout: RPCTimeout(keepaliveTimeout), withoutCalls: keepaliveWithoutCalls)
        }
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
