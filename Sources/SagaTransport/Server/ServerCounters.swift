package import SagaHTTP2

/// What happened on one event loop of a server since it started, or on all of them.
package struct ServerCounters: Equatable, Sendable {
    /// Connections that were let in.
    package var connectionsAccepted: UInt64 = 0
    /// Connections that are there now.
    package var connectionsOpen: UInt64 = 0
    /// Connections that are gone, by the reason.
    package var connectionsEnded: [ConnectionEnd: UInt64] = [:]
    /// Connections that were not let in, by the reason.
    package var connectionsRefused: [ConnectionRefusal: UInt64] = [:]
    /// How often no connection could be taken, since the process had no file left for it or the
    /// like.
    package var acceptsFailed: UInt64 = 0
    /// Calls of known methods.
    package var callsOpened: UInt64 = 0
    /// Calls of these that were not let in.
    package var callsRefused: UInt64 = 0
    /// Calls that are neither finished nor over now.
    package var callsOpen: UInt64 = 0
    /// Calls that are over, by `MethodIndex`; of methods behind the last one none is.
    package internal(set) var callsEnded: [CallCounters] = []
    /// Handshakes of TLS.
    package var tls = TLSCounters()
    /// Bytes that wait on calls now.
    package var bytesWaiting: UInt64 = 0
    /// Of closed connections and open ones.
    package var http2 = HTTP2Counters()

    /// Makes counters of nothing.
    package init() {}

    /// Adds those of another event loop.
    package mutating func add(_ other: Self) {
        connectionsAccepted += other.connectionsAccepted
        connectionsOpen += other.connectionsOpen
        connectionsEnded.merge(other.connectionsEnded, uniquingKeysWith: +)
        connectionsRefused.merge(other.connectionsRefused, uniquingKeysWith: +)
        acceptsFailed += other.acceptsFailed
        callsOpened += other.callsOpened
        callsRefused += other.callsRefused
        callsOpen += other.callsOpen
        bytesWaiting += other.bytesWaiting
        addCalls(other)
        tls.add(other.tls)
        http2.add(other.http2)
    }

    /// What is counted by reason, and what peers make a server do, with the names that status and
    /// metrics show; those that are 0 are left out.
    package var named: [(name: String, count: UInt64)] {
        var result: [(name: String, count: UInt64)] = []
        for end in ConnectionEnd.allCases {
            result.append(("connections_ended.\(end.rawValue)", connectionsEnded[end] ?? 0))
        }
        for abuse in HTTP2Abuse.allCases {
            result.append(("abuse.\(abuse.rawValue)", http2.abuses[abuse] ?? 0))
        }
        for refusal in ConnectionRefusal.allCases {
            let count = connectionsRefused[refusal] ?? 0
            result.append(("connections_refused.\(refusal.rawValue)", count))
        }
        result += [
            ("accepts_failed", acceptsFailed), ("tls_handshakes.completed", tls.completed),
            ("tls_handshakes.failed", tls.failed),
        ]
        for kind in HandshakeFailure.Kind.allCases {
            result.append(("tls_handshakes_failed.\(kind.rawValue)", tls.failures[kind] ?? 0))
        }
        result += [
            ("tls_unexpected", tls.unexpectedTLS), ("calls_refused", callsRefused),
            ("windows_drained", http2.windowsDrained),
            ("resets_received", http2.resetsReceived), ("resets_sent", http2.resetsSent),
            ("resets_provoked", http2.resetsProvoked), ("protocol_errors", http2.protocolErrors),
        ]
        return result.filter { $0.count > 0 }
    }
}
