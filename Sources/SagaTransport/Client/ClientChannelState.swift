/// What a channel is doing about its connection.
package enum ClientChannelState: Equatable, Sendable {
    /// No connection, and nobody has asked for one.
    case idle
    case connecting
    case ready(ClientAddress)
    /// All addresses failed; after a wait they are tried again if a call waits.
    case transientFailure([ConnectFailure])
    /// The channel takes no further call.
    case shutdown
}
