/// What became of the handshakes of one event loop of a server.
package struct TLSCounters: Equatable, Sendable {
    /// Connections that became secure.
    package var completed: UInt64 = 0
    /// Connections that did not, by the reason.
    package var failures: [HandshakeFailure.Kind: UInt64] = [:]
    /// TLS came where none is spoken; not among those that failed.
    package var unexpectedTLS: UInt64 = 0

    /// Connections that did not become secure, for any reason.
    package var failed: UInt64 { failures.values.reduce(0, +) }

    mutating func count(_ failure: HandshakeFailure) {
        if failure == .unexpectedTLS {
            unexpectedTLS += 1
        } else {
            failures[failure.kind, default: 0] += 1
        }
    }

    /// Adds those of another loop.
    package mutating func add(_ other: TLSCounters) {
        completed += other.completed
        failures.merge(other.failures, uniquingKeysWith: +)
        unexpectedTLS += other.unexpectedTLS
    }
}
