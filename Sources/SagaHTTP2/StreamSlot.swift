/// What the session knows of one stream: its number, what waits to be sent, how it will end.
struct StreamSlot {
    /// How this side's half ends once the waiting bytes are sent.
    enum Ending {
        /// More may come.
        case none
        /// END_STREAM on the last DATA frame.
        case bare
        /// A HEADERS frame with END_STREAM behind the last DATA frame.
        case trailers(HeaderList)
    }

    /// 0 while the slot is free.
    var streamID: Int32 = 0
    var generation: UInt32 = 0
    /// An event has named the stream.
    var isTold = false
    /// The peer sends nothing more.
    var remoteEnded = false
    /// This side's last frame was handed to nghttp2.
    var localEnded = false
    /// nghttp2 has asked for bytes when there were none and waits to be woken.
    var isDeferred = false
    /// A data source is attached: a head without END_STREAM was submitted.
    var hasSource = false
    /// The caller was over the cap and waits for `writable`.
    var wasFull = false
    /// nghttp2 has closed the stream; the event may still wait to be taken.
    var isClosed = false
    /// A request that nghttp2 gave up before it was sent.
    var neverSent = false
    /// A request whose head was handed out by `drain`.
    var requestSent = false
    /// Send RST_STREAM(NO_ERROR) behind the end of this side's half (RFC 9113, 8.1): the peer
    /// need not send the rest.
    var resetsAfterEnd = false
    /// The RST_STREAM to come is this side's own wish, not an answer to a fault of the peer.
    var isResetByUser = false
    /// A cap of this stream's own, below that of the settings.
    var outgoingCapBytes = Int.max
    /// Bytes that were handed out and not consumed.
    var unconsumedBytes = 0
    var ending = Ending.none
    var outgoing: [UInt8] = []
    var outgoingStart = 0

    var outgoingCount: Int { outgoing.count - outgoingStart }

    /// Larger buffers are given up with their stream, so that one large message does not
    /// stay allocated for every place in the table.
    private static let keptBytes = 16 << 10

    mutating func open(_ streamID: Int32) {
        self.streamID = streamID
        isTold = false
        remoteEnded = false
        localEnded = false
        isDeferred = false
        hasSource = false
        wasFull = false
        isClosed = false
        neverSent = false
        requestSent = false
        resetsAfterEnd = false
        isResetByUser = false
        unconsumedBytes = 0
        outgoingCapBytes = .max
    }

    mutating func free() {
        streamID = 0
        generation &+= 1
        ending = .none
        dropOutgoing()
    }

    mutating func dropOutgoing() {
        outgoing.removeAll(keepingCapacity: outgoing.capacity <= Self.keptBytes)
        outgoingStart = 0
    }

    /// Takes away what was sent; moves the rest to the front when most of the buffer is behind.
    mutating func sent(_ count: Int) {
        outgoingStart += count
        if outgoingStart == outgoing.count {
            dropOutgoing()
        } else if outgoingStart >= 64 << 10, outgoingStart > outgoing.count / 2 {
            outgoing.removeSubrange(0..<outgoingStart)
            outgoingStart = 0
        }
    }
}
