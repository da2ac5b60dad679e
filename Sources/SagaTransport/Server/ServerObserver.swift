package import SagaRPC

/// Told what happens on the connections of a server, on the event loop where it happens.
///
/// A server without one does not look for what only an observer wants to know.
package protocol ServerObserver: AnyObject, Sendable {
    /// A connection was let in.
    func connectionOpened(_ connection: ConnectionID, peer: String)
    /// A connection was closed before a byte of it was read.
    func connectionRefused(_ refusal: ConnectionRefusal, peer: String)
    /// A connection is gone.
    func connectionClosed(_ connection: ConnectionID, _ end: ConnectionEnd)
    /// A call of a known method began.
    func callOpened(_ call: ServerCallID, _ method: MethodIndex, on connection: ConnectionID)
    /// A call was answered or is over: nil when its handler finished it.
    func callEnded(_ call: ServerCallID, _ cause: CallEnd?)
    /// Bytes of all kinds came and were sent in one turn.
    func bytesMoved(_ connection: ConnectionID, received: Int, sent: Int)
    /// Streams were reset in one turn, by the peer and by the server.
    func streamsReset(_ connection: ConnectionID, byPeer: Int, byServer: Int)
    /// Bytes wait since the peer gives no more room for them.
    func windowDrained(_ connection: ConnectionID)
}

/// A connection of a server, unique in the life of the server.
package struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
    /// The event loop's index among ``Server/loops``.
    package let loopIndex: Int
    /// Counts the connections of the loop, from 1.
    package let number: UInt64

    /// LOOP-NUMBER, as logs show it.
    package var description: String { "\(loopIndex)-\(number)" }
}
