/// Looks at the head of every frame before nghttp2 gets it, and stops at the first that may not
/// pass.
///
/// nghttp2 tells its user nothing of frames that it ignores, answers floods for a long time, and
/// leaves some rules of RFC 9113 out. The gate sees all frames alike, needs no memory that a peer
/// could make grow, and does not touch payloads. It works alike however the bytes are split.
struct FrameGate {
    /// What `scan` found.
    struct Scan {
        /// So many bytes may pass.
        var count: Int
        /// Why the rest may not.
        var breach: HTTP2Termination?
    }

    let role: HTTP2Role
    let limits: HTTP2Limits
    private var prefaceLeft: Int
    private var headCount = 0
    private var headBytes: UInt64 = 0
    private var payloadLeft = 0

    /// The stream of a header block whose CONTINUATION has to come next; 0 for none.
    var blockStream: Int32 = 0
    var isHeaderFrame = false
    var continuations = 0
    var blockBytes = 0

    var highestPeerStream: Int32 = 0
    var skipped: [ClosedRange<Int32>] = []
    /// The newest streams that the peer has ended by END_STREAM or RST_STREAM.
    var ended = SIMD16<Int32>()
    var endedNext = 0

    var framesReceived: UInt64 = 0
    var resetsReceived: UInt64 = 0
    var headersReceived = 0
    var headersIgnored = 0
    /// Header blocks that nghttp2 took up.
    var headersTaken = 0
    var waitingAnswers = 0
    var unansweredPings = 0

    var peerResets: RateBucket
    var provokedResets: RateBucket
    var settings: RateBucket
    var pings: RateBucket
    var windowUpdates: RateBucket
    var emptyData: RateBucket
    var tinyData: RateBucket
    var ignoredHeaders: RateBucket
    var uselessFrames: RateBucket

    /// The bytes with which a client begins (RFC 9113, 3.4).
    private static let prefaceBytes = 24

    init(_ role: HTTP2Role, _ limits: HTTP2Limits) {
        self.role = role
        self.limits = limits
        prefaceLeft = role == .server ? Self.prefaceBytes : 0
        peerResets = RateBucket(limits.peerResets)
        provokedResets = RateBucket(limits.provokedResets)
        settings = RateBucket(limits.settings)
        pings = RateBucket(limits.pings)
        windowUpdates = RateBucket(limits.windowUpdates)
        emptyData = RateBucket(limits.emptyData)
        tinyData = RateBucket(limits.tinyData)
        ignoredHeaders = RateBucket(limits.ignoredHeaders)
        uselessFrames = RateBucket(limits.uselessFrames)
    }

    /// Whether a header block has begun and not ended.
    var isInsideHeaderBlock: Bool { blockStream != 0 || (isHeaderFrame && payloadLeft > 0) }

    /// Goes over the next bytes of the peer.
    mutating func scan(_ bytes: Span<UInt8>, now: HTTP2Instant) -> Scan {
        let end = bytes.count
        var place = min(prefaceLeft, end)
        prefaceLeft -= place
        while place < end {
            if payloadLeft > 0 {
                let step = min(payloadLeft, end - place)
                payloadLeft -= step
                place += step
                continue
            }
            let start = place
            guard let head = takeHead(bytes, &place) else { break }
            framesReceived += 1
            if let breach = judge(head, now) { return Scan(count: start, breach: breach) }
            payloadLeft = head.length
        }
        return Scan(count: end, breach: nil)
    }

    /// The frame head at a place, or what there is of it put by until the rest comes.
    private mutating func takeHead(_ bytes: Span<UInt8>, _ place: inout Int) -> FrameHead? {
        if headCount == 0, bytes.count - place >= FrameHead.byteCount {
            var first: UInt64 = 0
            for offset in 0..<8 { first = first << 8 | UInt64(bytes[place + offset]) }
            place += FrameHead.byteCount
            return FrameHead(first: first, last: bytes[place - 1])
        }
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            headCount += 1
            if headCount == FrameHead.byteCount {
                let head = FrameHead(first: headBytes, last: byte)
                headCount = 0
                headBytes = 0
                return head
            }
            headBytes = headBytes << 8 | UInt64(byte)
        }
        return nil
    }

    // MARK: What this side does

    /// An answer to SETTINGS or PING was handed out.
    mutating func sentAnswer() { waitingAnswers -= 1 }

    /// A HEADERS or DATA frame was handed out.
    mutating func sentWork(isData: Bool) {
        pings.earn(RateBucket.token)
        if isData { windowUpdates.earn(10 * RateBucket.token) }
    }

    /// A request was handed out (client): the server may reset it.
    mutating func sentRequest() {
        peerResets.earn(RateBucket.token)
        openedStream()
    }

    /// A stream was opened by whichever side may.
    mutating func openedStream() {
        emptyData.earn(RateBucket.token)
        tinyData.earn(RateBucket.token)
        uselessFrames.earn(RateBucket.token)
        windowUpdates.earn(2 * RateBucket.token)
    }

    /// A stream ended in order (server).
    mutating func endedInOrder() {
        peerResets.earn(RateBucket.token / 10)
        provokedResets.earn(RateBucket.token / 10)
    }
}
