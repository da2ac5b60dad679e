package import SagaRPC

/// What a channel is doing about its connections.
package enum ClientChannelState: Equatable, Sendable {
    /// No connection, and nobody has asked for one.
    case idle
    case connecting
    /// Calls are taken by a connection to this address, and by others if that one is full.
    case ready(ClientAddress)
    /// All addresses failed, each for its reason; from `nextTry` on, on the clock of
    /// ``ClientDispatcher/now``, they are tried again if a call waits.
    case transientFailure([ConnectFailure], nextTry: RPCInstant)
    /// The channel takes no further call.
    case shutdown
}

/// A connection of a channel, unique in the channel's life; what `connection` is in log metadata.
package struct ClientConnectionID: Hashable, Sendable, CustomStringConvertible {
    /// Counts from 1.
    package let rawValue: UInt64

    /// The number.
    package var description: String { String(rawValue) }
}
