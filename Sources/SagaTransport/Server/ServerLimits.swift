/// What a server allows its peers; a program keeps its numbers in one place and passes them in.
package struct ServerLimits: Equatable, Sendable {
    /// Connections open at a time, on all listeners together.
    package var connections = 20_000
    /// Of these, how many one IPv4 address or one IPv6 network of 64 bits may have.
    package var connectionsPerAddress = 1_000
    /// What holds for each connection.
    package var lifetime = LifetimeLimits()
    /// Lines of one kind that one event loop logs in a second; what is left out is counted.
    package var logLinesPerSecond = 10

    /// Takes the defaults.
    package init() {}
}

/// Limits that all connections of an event loop hold together: a quarter of a KiB, which none of
/// thousands of idle ones need have for itself.
package final class SharedLifetimeLimits: Sendable {
    /// The limits.
    package let values: LifetimeLimits

    /// Takes limits.
    package init(_ values: LifetimeLimits) { self.values = values }
}

/// How long a connection may take for what, and how much may wait on it.
package struct LifetimeLimits: Equatable, Sendable {
    /// From the accept, or the end of a TLS handshake, to the end of preface and SETTINGS.
    package var greeting: Duration = .seconds(5)
    /// From the begin of a header block to its end.
    package var headerBlock: Duration = .seconds(10)
    /// How long bytes may wait while the peer takes none, in its socket or in its windows.
    package var writeStall: Duration = .seconds(20)
    /// How long no call may be open; nil is for ever.
    package var idle: Duration? = .seconds(900)
    /// How long a connection may live, give or take ``ageJitter``; nil is for ever.
    package var age: Duration? = .seconds(86_400)
    /// By which share of it the age is made shorter or longer, so that connections that came
    /// together do not leave together (gRPC's proposal A9: 10 %).
    package var ageJitter = 0.1
    /// How long the calls of a connection that is too old, or idle, may go on.
    package var drainGrace: Duration = .seconds(300)
    /// How long a peer without a call may take to go once it is asked to.
    package var drainAnswer: Duration = .seconds(5)
    /// How long a connection stays half open behind its last word, so that the word arrives.
    package var linger: Duration = .seconds(1)
    /// After how long without a byte the peer is asked whether it is there; nil is never.
    package var keepaliveInterval: Duration? = .seconds(60)
    /// How long the answer may take.
    package var keepaliveTimeout: Duration = .seconds(20)
    /// The shortest time between two PINGs of a client with no HEADERS or DATA sent to it in
    /// between. Half of the shortest that gRPC lets a client ask for, so that no late timer of an
    /// honest one is held against it.
    package var pingInterval: Duration = .seconds(5)
    /// Whether this holds for a client without an open call too; else its PINGs are to be two
    /// hours apart (gRPC's proposal A8).
    package var permitsPingsWithoutCalls = true
    /// How many PINGs may come too early before the client is sent away.
    package var pingStrikes = 2
    /// Bytes waiting for the peer above which no further call is let in, and nothing is read
    /// while the socket takes no more.
    package var outputCapBytes = 8 << 20
    /// Bytes waiting for the peer above which the connection is closed.
    package var outputHardCapBytes = 64 << 20
    /// Moments nearer to each other than this are looked at together.
    package var sweepInterval: Duration = .milliseconds(250)

    /// Takes the defaults.
    package init() {}
}
