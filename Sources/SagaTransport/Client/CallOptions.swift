package import SagaRPC

/// What a caller may say about one call beside its messages.
package struct CallOptions: Sendable {
    /// What travels ahead of the messages.
    package var metadata: Metadata
    /// How long the call may take in all, waiting and retries included; nil for any time.
    package var timeout: Duration?
    /// Whether the call outlives failures to connect, up to its deadline; without, the first one
    /// ends it.
    package var waitForReady: Bool
    /// Whether it is made again when it failed; nil for what the channel's settings say.
    package var retry: RetryRule?
    /// How the requests are compressed; nil for what the settings of the connections say. Answers
    /// may come compressed either way.
    package var encoding: MessageEncoding?

    /// Makes options; by default a call waits for its server.
    package init(
        metadata: Metadata = Metadata(), timeout: Duration? = nil, waitForReady: Bool = true,
        retry: RetryRule? = nil, encoding: MessageEncoding? = nil
    ) {
        self.metadata = metadata
        self.timeout = timeout
        self.waitForReady = waitForReady
        self.retry = retry
        self.encoding = encoding
    }
}

/// The answer to a call with one message in it.
package struct CallResponse: Equatable, Sendable {
    /// What came ahead of the message.
    package var head: Metadata
    /// The message.
    package var message: [UInt8]
    /// What came behind it.
    package var trailers: Metadata
}
