package import SagaRPC

/// What takes a call's answers, on the channel's event loop only, without a type of SwiftNIO.
///
/// `closed` comes exactly once and last. Calls may be made, written to and cancelled from within
/// each of these methods; what they write leaves at the end of the turn.
package protocol ClientStreamHandler: AnyObject {
    /// The response's head came. A call that fails at once has none.
    func opened(_ metadata: Metadata)
    /// A whole message; the bytes are valid during the method only.
    func message(_ bytes: Span<UInt8>)
    /// The call's outgoing bytes were over the cap and have room again.
    func writable()
    /// All messages of one read were told: what was collected can go on.
    func turnEnded()
    /// The call is over; nothing can be written to it any more.
    func closed(_ end: ClientCallEnd)
}

extension ClientStreamHandler {
    /// Does nothing, for a handler that collects nothing.
    package func turnEnded() {}
}
