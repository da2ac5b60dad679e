/// What nghttp2's callbacks fill: events, received header fields, and the table of streams.
///
/// Plain Swift without a pointer in it; `HTTP2Session+Callbacks.swift` turns C's arguments into
/// calls of these methods, which only check, copy and append.
struct SessionState {
    let role: HTTP2Role
    let settings: HTTP2Settings

    var events: [HTTP2Event] = []
    var eventsTaken = 0

    var headerBytes: [UInt8] = []
    var headerFields: [HeaderField] = []
    private var blockStart = 0
    private var isInsideBlock = false
    private var blockListBytes = 0

    var slots: [StreamSlot] = []
    private var freeSlots: [Int32] = []
    var openStreams = 0

    /// Where the bytes now given to nghttp2 begin, as an address to subtract from.
    var inputAddress = 0
    /// DATA bytes of this `receive`, to be given back to the connection's window.
    var connectionBytes = 0
    /// Streams whose own half ended before the peer's and that are to be reset.
    var pendingResets: [Int32] = []
    var violation: Violation?
    var goAwayReason: [UInt8] = []
    var counters = HTTP2Counters()

    private var highestPeerStream: Int32 = 0
    private var skipped: [ClosedRange<Int32>] = []

    /// A breach of RFC 9113 that nghttp2 leaves to its user.
    enum Violation { case headersOnSkippedStream(Int32) }

    init(role: HTTP2Role, settings: HTTP2Settings) {
        self.role = role
        self.settings = settings
    }

    // MARK: Streams

    mutating func openSlot(_ streamID: Int32) -> Int32 {
        let index: Int32
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = Int32(slots.count)
            slots.append(StreamSlot())
        }
        slots[Int(index)].open(streamID)
        openStreams += 1
        return index
    }

    mutating func freeSlot(_ index: Int32) {
        slots[Int(index)].free()
        freeSlots.append(index)
        openStreams -= 1
    }

    func handle(_ index: Int32) -> HTTP2Stream {
        HTTP2Stream(index: index, generation: slots[Int(index)].generation)
    }

    /// The place of a stream that is still open on nghttp2's side too.
    func live(_ stream: HTTP2Stream) -> Int? {
        let index = Int(stream.index)
        guard index < slots.count, slots[index].generation == stream.generation,
            slots[index].streamID != 0, !slots[index].isClosed
        else { return nil }
        return index
    }

    // MARK: From the peer

    /// Looks at a HEADERS frame's stream number before nghttp2 does.
    ///
    /// RFC 9113, 5.1.1: the first use of a number closes all lower unused ones, and HEADERS on
    /// such a one is a connection error; nghttp2 drops them without a word. Only the newest gaps
    /// are remembered, and an ordinary client leaves none.
    mutating func beganHeaders(onStream streamID: Int32) {
        guard role == .server, streamID & 1 == 1 else { return }
        if streamID > highestPeerStream {
            let next = highestPeerStream == 0 ? 1 : highestPeerStream + 2
            if streamID > next {
                if skipped.count == 64 { skipped.removeFirst() }
                skipped.append(next...(streamID - 2))
            }
            highestPeerStream = streamID
        } else if !skipped.isEmpty, skipped.contains(where: { $0.contains(streamID) }) {
            violation = .headersOnSkippedStream(streamID)
        }
    }

    mutating func beganBlock() {
        blockStart = headerFields.count
        blockListBytes = 0
        isInsideBlock = true
    }

    /// Forgets the fields whose events were taken; a block that goes on in the next bytes stays.
    mutating func forgetHeaders() {
        guard isInsideBlock, blockStart < headerFields.count else {
            headerFields.removeAll(keepingCapacity: true)
            headerBytes.removeAll(keepingCapacity: true)
            blockStart = 0
            return
        }
        let firstByte = headerFields[blockStart].nameStart
        headerFields.removeSubrange(0..<blockStart)
        headerBytes.removeSubrange(0..<Int(firstByte))
        for place in headerFields.indices {
            headerFields[place].nameStart -= firstByte
            headerFields[place].valueStart -= firstByte
            headerFields[place].valueEnd -= firstByte
        }
        blockStart = 0
    }

    mutating func header(name: Span<UInt8>, value: Span<UInt8>) {
        blockListBytes += name.count + value.count + 32
        guard blockListBytes <= settings.maxHeaderListBytes else { return }
        let known = HeaderName(name)
        guard known.isKept else { return }
        let nameStart = headerBytes.count
        if known == .other { headerBytes.append(bytes: name) }
        let valueStart = headerBytes.count
        headerBytes.append(bytes: value)
        headerFields.append(
            HeaderField(
                name: known, nameStart: Int32(nameStart), valueStart: Int32(valueStart),
                valueEnd: Int32(headerBytes.count)))
    }

    mutating func endedBlock(_ index: Int32, endsStream: Bool) {
        isInsideBlock = false
        if endsStream { slots[Int(index)].remoteEnded = true }
        if blockListBytes > settings.maxHeaderListBytes {
            events.append(.headersTooLarge(handle(index), endsStream: endsStream))
        } else {
            events.append(
                .headers(
                    handle(index), fields: blockStart..<headerFields.count, endsStream: endsStream))
        }
    }

    mutating func data(_ index: Int32, address: Int, count: Int) {
        let start = address - inputAddress
        events.append(.data(handle(index), start..<(start + count)))
    }

    mutating func dataEnded(_ index: Int32) {
        slots[Int(index)].remoteEnded = true
        events.append(.dataEnded(handle(index)))
    }

    mutating func closed(_ index: Int32, code: UInt32) {
        slots[Int(index)].isClosed = true
        events.append(
            .closed(
                handle(index), HTTP2ErrorCode(rawValue: code),
                neverSent: slots[Int(index)].neverSent))
    }

    // MARK: To the peer

    /// Notes the end of this side's half.
    mutating func sentEndOfStream(_ index: Int32) {
        slots[Int(index)].localEnded = true
        if slots[Int(index)].resetsAfterEnd, !slots[Int(index)].remoteEnded {
            pendingResets.append(slots[Int(index)].streamID)
        }
    }

    /// Notes that bytes of a stream were handed to nghttp2.
    mutating func sent(_ index: Int32, count: Int) {
        slots[Int(index)].sent(count)
        if slots[Int(index)].wasFull,
            slots[Int(index)].outgoingCount <= settings.outgoingCapBytes / 2
        {
            slots[Int(index)].wasFull = false
            events.append(.writable(handle(index)))
        }
    }
}
