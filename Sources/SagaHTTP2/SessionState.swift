/// What nghttp2's callbacks fill: events, received header fields, and the table of streams.
///
/// Plain Swift without a pointer in it; `HTTP2Session+Callbacks.swift` turns C's arguments into
/// calls of these methods, which only check, copy and append.
struct SessionState {
    let role: HTTP2Role
    private let shared: SharedHTTP2Settings
    var settings: HTTP2Settings { shared.values }

    var events: [HTTP2Event] = []
    var eventsTaken = 0

    var headerBytes: [UInt8] = []
    var headerFields: [HeaderField] = []
    private var blockStart = 0
    private var isInsideBlock = false
    private var blockIsInformational = false
    private var blockListBytes = 0

    var slots: [StreamSlot] = []
    private var freeSlots: [Int32] = []
    var openStreams = 0
    /// The stream that was looked up last, and its place: a frame's callbacks, and mostly the
    /// next frame's, are about the same one. 0 for none.
    var foundStream: Int32 = 0
    var foundPlace: Int32 = 0

    /// Where the bytes now given to nghttp2 begin, as an address to subtract from.
    var inputAddress = 0
    /// DATA bytes to be given back to the connection's window.
    var connectionBytes = 0
    /// Streams whose own half ended before the peer's and that are to be reset.
    var pendingResets: [Int32] = []
    /// Bytes of all streams that were handed out and not consumed.
    var unconsumedBytes = 0
    /// Bytes of all streams that wait to be sent.
    var waitingBytes = 0
    /// Output was seen to wait for the peer's windows, and none has left since.
    var isHeld = false
    var counters = HTTP2Counters()

    /// An ordinary read has less than this in its header blocks.
    private static let keptHeaderBytes = 64 << 10

    var gate: FrameGate
    /// The moment of the last `receive`.
    var now = HTTP2Instant(nanoseconds: 0)
    /// What nghttp2's callbacks found to be too much; they come before an end of its own.
    var breachInside: HTTP2Termination?
    var termination: HTTP2Termination?
    /// The last GOAWAY was handed out: nothing may follow it.
    var hasSentLast = false
    /// A GOAWAY that takes the place of one without a reason.
    var explainedGoAway: [UInt8]?
    /// The frame that leaves is to be replaced, or the connection ended behind it.
    var needsAttention = false
    /// The last stream that this side's GOAWAY frames have named.
    var lastNamedStream = Int32.max
    /// GOAWAY frames in line that do not end the connection.
    var orderlyGoAways = 0
    /// No GOAWAY of this side is in line or sent that names the last stream.
    var takesStreams = true
    var isPeerReady = false
    var peerGoesAway = false
    var mustGiveUpUnsent = false
    var goAwayReason: [UInt8] = []

    init(role: HTTP2Role, settings: SharedHTTP2Settings) {
        self.role = role
        shared = settings
        gate = FrameGate(role, settings)
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
        waitingBytes -= slots[Int(index)].outgoingCount
        consumed(Int(index), slots[Int(index)].unconsumedBytes)
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

    mutating func beganBlock() {
        gate.tookHeaders()
        blockIsInformational = false
        blockStart = headerFields.count
        blockListBytes = 0
        isInsideBlock = true
    }

    /// Forgets the fields whose events were taken; a block that goes on in the next bytes stays.
    ///
    /// Room for a burst is given up again: a few bytes can stand for a whole list of fields, and a
    /// peer that once filled all streams so would leave megabytes with an idle connection.
    mutating func forgetHeaders() {
        let isLarge = headerBytes.capacity > Self.keptHeaderBytes
        guard isInsideBlock, blockStart < headerFields.count else {
            headerFields.removeAll(keepingCapacity: !isLarge)
            headerBytes.removeAll(keepingCapacity: !isLarge)
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
        guard isLarge else { return }
        headerFields = headerFields.map(\.self)
        headerBytes = [UInt8](copying: headerBytes.span)
    }

    /// Keeps a field; false when the block is so far over the limit that it is not worth reading.
    mutating func header(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        blockListBytes += name.count + value.count + 32
        guard blockListBytes <= settings.maxHeaderListBytes else {
            let most = settings.maxHeaderListBytes * settings.limits.headerListFactor
            if blockListBytes <= most { return true }
            broke(.abuse(.headerListBytes, "header list of more than \(most) bytes"))
            return false
        }
        let known = HeaderName(name)
        guard known.isKept else { return true }
        if known == .status, value.count == 3, value[0] == UInt8(ascii: "1") {
            blockIsInformational = true
        }
        let nameStart = headerBytes.count
        if known == .other { headerBytes.append(bytes: name) }
        let valueStart = headerBytes.count
        headerBytes.append(bytes: value)
        headerFields.append(
            HeaderField(
                name: known, nameStart: Int32(nameStart), valueStart: Int32(valueStart),
                valueEnd: Int32(headerBytes.count)))
        return true
    }

    mutating func endedBlock(_ index: Int32, endsStream: Bool) {
        isInsideBlock = false
        if blockIsInformational {
            // RFC 9113, 8.1: any number of them may come before the head; nobody above has a use.
            dropBlock()
            if !gate.chargeUseless(now) { broke(gate.breach) }
            return
        }
        slots[Int(index)].isTold = true
        if endsStream { slots[Int(index)].remoteEnded = true }
        if blockListBytes > settings.maxHeaderListBytes {
            events.append(.headersTooLarge(handle(index), endsStream: endsStream))
        } else {
            events.append(
                .headers(
                    handle(index), fields: blockStart..<headerFields.count, endsStream: endsStream))
        }
    }

    private mutating func dropBlock() {
        guard blockStart < headerFields.count else { return }
        headerBytes.removeSubrange(Int(headerFields[blockStart].nameStart)...)
        headerFields.removeSubrange(blockStart...)
    }

    mutating func data(_ index: Int32, address: Int, count: Int) {
        slots[Int(index)].unconsumedBytes += count
        unconsumedBytes += count
        let start = address - inputAddress
        events.append(.data(handle(index), start..<(start + count)))
    }

    mutating func dataEnded(_ index: Int32) {
        slots[Int(index)].remoteEnded = true
        events.append(.dataEnded(handle(index)))
    }

    /// The application is done with bytes of a stream.
    mutating func consumed(_ index: Int, _ count: Int) {
        let known = min(count, slots[index].unconsumedBytes)
        guard known > 0 else { return }
        slots[index].unconsumedBytes -= known
        unconsumedBytes -= known
    }

    mutating func closed(_ index: Int32, code: UInt32) {
        slots[Int(index)].isClosed = true
        if code == 0 { gate.endedInOrder() }
        // Nobody above knows of a stream whose head was refused.
        guard role == .client || slots[Int(index)].isTold else {
            freeSlot(index)
            return
        }
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
            slots[Int(index)].isResetByUser = true
            pendingResets.append(slots[Int(index)].streamID)
        }
    }

    /// Notes that bytes of a stream were handed to nghttp2.
    mutating func sent(_ index: Int32, count: Int) {
        slots[Int(index)].sent(count)
        waitingBytes -= count
        counters.dataBytesSent += UInt64(count)
        isHeld = false
        if slots[Int(index)].wasFull,
            slots[Int(index)].outgoingCount <= outgoingCapBytes(Int(index)) / 2
        {
            slots[Int(index)].wasFull = false
            events.append(.writable(handle(index)))
        }
    }
}
