package import SagaHTTP2

/// What happened on one event loop of a server since it started.
package struct ServerCounters: Equatable, Sendable {
    /// Connections that came.
    package var connectionsAccepted: UInt64 = 0
    /// Connections that are there now.
    package var connectionsOpen: UInt64 = 0
    /// Calls of known methods.
    package var callsOpened: UInt64 = 0
    /// Calls of these that were not let in.
    package var callsRefused: UInt64 = 0
    /// Calls that are neither finished nor over now.
    package var callsOpen: UInt64 = 0
    /// Connections that ended because the peer broke the protocol.
    package var connectionFailures: UInt64 = 0
    /// Handshakes of TLS.
    package var tls = TLSCounters()
    /// Of closed connections and open ones.
    package var http2 = HTTP2Counters()

    /// Makes counters of nothing.
    package init() {}
}
