/// What became of the handshakes of one event loop of a server.
package struct TLSCounters: Equatable, Sendable {
    /// Connections that became secure.
    package var completed: UInt64 = 0
    /// Connections that did not, for any reason; those below are among them.
    package var failed: UInt64 = 0
    /// The time was over.
    package var timedOut: UInt64 = 0
    /// Bytes that are not TLS came.
    package var notTLS: UInt64 = 0
    /// HTTP/2 was not agreed on.
    package var notHTTP2: UInt64 = 0
    /// The client had no certificate, or none that is trusted.
    package var clientCertificates: UInt64 = 0
    /// TLS came where none is spoken; not among those that failed.
    package var unexpectedTLS: UInt64 = 0

    mutating func count(_ failure: HandshakeFailure) {
        if failure == .unexpectedTLS {
            unexpectedTLS += 1
            return
        }
        failed += 1
        switch failure {
        case .timedOut: timedOut += 1
        case .notTLS: notTLS += 1
        case .notHTTP2: notHTTP2 += 1
        case .noCertificate, .untrusted, .expired, .notYetValid: clientCertificates += 1
        case .unexpectedTLS, .nothingInCommon, .wrongName, .certificateWanted, .certificateRefused,
            .closed, .closedBehindHandshake, .other:
            break
        }
    }

    /// Adds those of another loop.
    package mutating func add(_ other: TLSCounters) {
        completed += other.completed
        failed += other.failed
        timedOut += other.timedOut
        notTLS += other.notTLS
        notHTTP2 += other.notHTTP2
        clientCertificates += other.clientCertificates
        unexpectedTLS += other.unexpectedTLS
    }
}
