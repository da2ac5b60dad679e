/// Counts of what a peer made a session do, for limits and metrics.
package struct HTTP2Counters: Equatable, Sendable {
    /// Bytes given to the session.
    package var bytesReceived: UInt64 = 0
    /// Bytes handed out by the session.
    package var bytesSent: UInt64 = 0
    /// Frames that began to arrive, the broken ones included.
    package var framesReceived: UInt64 = 0
    /// Frames that were handed out.
    package var framesSent: UInt64 = 0
    /// HEADERS frames of the peer, those without effect included.
    package var headersReceived: UInt64 = 0
    /// PING frames of the peer that are not answers.
    package var pingsReceived: UInt64 = 0
    /// HEADERS and DATA frames that were handed out.
    package var answersSent: UInt64 = 0
    /// Bytes of streams that were handed out.
    package var dataBytesSent: UInt64 = 0
    /// RST_STREAM frames of the peer.
    package var resetsReceived: UInt64 = 0
    /// RST_STREAM frames sent, also those that a broken frame made nghttp2 send.
    package var resetsSent: UInt64 = 0
    /// RST_STREAM frames sent because the peer broke the protocol.
    package var resetsProvoked: UInt64 = 0
    /// Frames that broke the protocol, as far as they ended a stream or the connection.
    package var protocolErrors: UInt64 = 0
    /// How often bytes had to wait because the peer's windows were used up.
    package var windowsDrained: UInt64 = 0
    /// Connections ended for a broken limit, by limit; at most one of one session.
    package var abuses: [HTTP2Abuse: UInt64] = [:]

    /// Makes counters of nothing.
    package init() {}

    /// Adds what another session counted.
    package mutating func add(_ other: HTTP2Counters) {
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
        framesReceived += other.framesReceived
        framesSent += other.framesSent
        headersReceived += other.headersReceived
        pingsReceived += other.pingsReceived
        answersSent += other.answersSent
        dataBytesSent += other.dataBytesSent
        resetsReceived += other.resetsReceived
        resetsSent += other.resetsSent
        resetsProvoked += other.resetsProvoked
        protocolErrors += other.protocolErrors
        windowsDrained += other.windowsDrained
        for (abuse, count) in other.abuses { abuses[abuse, default: 0] += count }
    }
}
