internal import Logging
package import SagaRPC

/// Hears what a channel does, on the channel's event loop; for metrics and traces.
///
/// Every method does nothing unless it is implemented, and without an observer nothing is
/// measured.
package protocol ClientObserver: Sendable {
    /// A call was made; it may wait for a connection yet.
    func callStarted(_ path: String)
    /// A call is over. `duration` is that from the caller's view, waiting and retries included;
    /// `attempts` counts how often it was sent.
    func callEnded(_ path: String, _ code: RPCCode, duration: Duration, attempts: Int)
    /// A connection takes calls.
    func connectionOpened(_ connection: ClientConnectionID, _ address: ClientAddress)
    /// A connection that took calls is closed.
    func connectionClosed(
        _ connection: ClientConnectionID, _ address: ClientAddress, reason: String)
    /// Bytes have come from a connection's socket, or were handed to it.
    func moved(_ connection: ClientConnectionID, received: Int, sent: Int)
}

extension ClientObserver {
    /// Does nothing.
    package func callStarted(_ path: String) {}
    /// Does nothing.
    package func callEnded(_ path: String, _ code: RPCCode, duration: Duration, attempts: Int) {}
    /// Does nothing.
    package func connectionOpened(_ connection: ClientConnectionID, _ address: ClientAddress) {}
    /// Does nothing.
    package func connectionClosed(
        _ connection: ClientConnectionID, _ address: ClientAddress, reason: String
    ) {}
    /// Does nothing.
    package func moved(_ connection: ClientConnectionID, received: Int, sent: Int) {}
}

/// Where a channel's log lines and events go.
struct ClientInstruments {
    let logger: Logger?
    let observer: (any ClientObserver)?

    func opened(_ connection: ClientConnectionID, _ address: ClientAddress) {
        observer?.connectionOpened(connection, address)
        logger?.debug("connected", metadata: Self.metadata(connection, address))
    }

    func closed(_ connection: ClientConnectionID, _ address: ClientAddress, _ reason: String) {
        observer?.connectionClosed(connection, address, reason: reason)
        logger?.debug(
            "connection closed",
            metadata: Self.metadata(connection, address).merging(
                ["reason": "\(reason)"], uniquingKeysWith: { $1 }))
    }

    func failed(_ failure: ConnectFailure) {
        logger?.debug(
            "connecting failed",
            metadata: ["address": "\(failure.address)", "reason": "\(failure.reason)"])
    }

    /// A8 wants this seen by default: whoever set the interval is to hear of it.
    func tooManyPings(
        _ connection: ClientConnectionID, _ address: ClientAddress, interval: RPCTimeout
    ) {
        logger?.warning(
            "server takes keepalive pings for too many; the interval is doubled",
            metadata: Self.metadata(connection, address).merging(
                ["interval-ms": "\(interval.nanoseconds / 1_000_000)"], uniquingKeysWith: { $1 }))
    }

    private static func metadata(
        _ connection: ClientConnectionID, _ address: ClientAddress
    ) -> Logger.Metadata {
        ["connection": "\(connection)", "address": "\(address)"]
    }
}
