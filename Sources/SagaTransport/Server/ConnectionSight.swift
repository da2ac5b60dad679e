/// What a connection shows of itself when one turn of its event loop is over.
///
/// Counts only ever grow: what happened since the last look is the difference.
package struct ConnectionSight: Equatable, Sendable {
    /// Preface and SETTINGS have come.
    package var isGreeted = false
    /// A header block has begun and not ended.
    package var isInsideHeaderBlock = false
    /// Header blocks that began.
    package var headerBlocks: UInt64 = 0
    /// Streams that are not over.
    package var openCalls = 0
    /// Bytes that came, of whatever kind.
    package var bytesReceived: UInt64 = 0
    /// PINGs that came and were not answers.
    package var pingsReceived: UInt64 = 0
    /// HEADERS and DATA frames that were sent.
    package var answersSent: UInt64 = 0
    /// Bytes of messages handed to the socket.
    package var dataBytesSent: UInt64 = 0
    /// Bytes of messages that wait for room in the peer's windows or in the socket.
    package var streamBytes = 0
    /// Bytes of all kinds handed to the socket.
    package var bytesSent: UInt64 = 0
    /// Of these, those that the kernel has not taken; nil when nobody looked.
    package var socketBytes: Int?
    /// Whether the socket takes no more for now.
    package var isSocketFull = false

    /// Shows a connection on which nothing happened.
    package init() {}
}
