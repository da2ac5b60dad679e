package import SagaHTTP2

/// What happened on one event loop of a server since it started.
package struct ServerCounters: Equatable, Sendable {
    package var connectionsAccepted: UInt64 = 0
    package var connectionsOpen: UInt64 = 0
    package var callsOpened: UInt64 = 0
    package var callsRefused: UInt64 = 0
    package var callsOpen: UInt64 = 0
    /// Connections that ended because the peer broke the protocol.
    package var connectionFailures: UInt64 = 0
    /// Of closed connections and open ones.
    package var http2 = HTTP2Counters()

    /// Makes counters of nothing.
    package init() {}
}

extension HTTP2Counters {
    mutating func add(_ other: HTTP2Counters) {
        framesReceived += other.framesReceived
        resetsReceived += other.resetsReceived
        resetsSent += other.resetsSent
        protocolErrors += other.protocolErrors
    }
}
