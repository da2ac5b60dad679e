package import SagaRPC

/// A call of a server, unique in the life of a process.
package struct ServerCallID: Hashable, Sendable {
    /// The event loop's index in the top 8 bits, a place of the loop's table in the next 20, and
    /// how often the place was used before in the lower 36.
    package let rawValue: UInt64

    /// Takes a number that was one before.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The event loop that the call lives on, an index of ``Server/loops``.
    package var loopIndex: Int { Int(rawValue >> 56) }

    /// The place in the loop's table, small and used again by later calls: an index for what a
    /// handler keeps of a call.
    package var place: Int { Int(rawValue >> 36) & (1 << 20 - 1) }
}

/// What a call asks for, and who asks.
package struct CallRequest: Equatable, Sendable {
    /// The method, by its place in the server's table.
    package internal(set) var method: MethodIndex
    /// When the caller gives up, on the clock of ``CallWriter/now``; the server ends the call by
    /// then.
    package let deadline: RPCInstant?
    /// What the caller sent beside its messages.
    package let metadata: Metadata
    /// The caller's address, for people: `10.0.3.7:41512`, or `unix:` and the path of the socket
    /// that it came in by.
    package let peer: String
    /// Who the caller is, if a certificate that was checked says so.
    package let identity: PeerIdentity?

    /// Makes a request of its parts.
    package init(
        method: MethodIndex, deadline: RPCInstant?, metadata: Metadata, peer: String,
        identity: PeerIdentity?
    ) {
        self.method = method
        self.deadline = deadline
        self.metadata = metadata
        self.peer = peer
        self.identity = identity
    }
}

/// Whether a call is let in.
package enum Admission: Equatable, Sendable {
    case accept
    /// The caller gets the status; the handler hears no more of the call.
    case refuse(RPCStatus)
}

/// What serves calls: one object an event loop, called on that loop only, without a type of
/// SwiftNIO in it.
///
/// A call stays open until the handler finishes it or hears that it ended; it may be answered
/// much later. Answers go through the loop's ``CallWriter``, from within these methods too.
package protocol ServiceHandler: AnyObject {
    /// A call of a known method began.
    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission
    /// A whole message; the bytes are valid during the method only.
    func message(_ call: ServerCallID, _ bytes: Span<UInt8>)
    /// The caller sends nothing more.
    func halfClosed(_ call: ServerCallID)
    /// The call is over; nothing can be written to it any more.
    func ended(_ call: ServerCallID, _ cause: CallEnd)
    /// A call whose outgoing bytes were over the cap has room again.
    func writable(_ call: ServerCallID)
    /// The connection of an open call is to end, for its age: its caller should come again on
    /// another. The call may go on for as long as the limits say.
    func draining(_ call: ServerCallID)
    /// All events of one read were told: what was collected can go on.
    func turnEnded()
}

extension ServiceHandler {
    /// A call that ends by itself before long need not know.
    package func draining(_ call: ServerCallID) {}
}
