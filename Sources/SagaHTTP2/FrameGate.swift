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
        /// The rest may not; the gate's `breach` says why.
        var isBroken: Bool
    }

    let role: HTTP2Role
    private let shared: SharedHTTP2Settings
    var limits: HTTP2Limits { shared.values.limits }
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
    /// Streams that the peer has ended by END_STREAM or RST_STREAM, each at the place that its
    /// number says: a check is one comparison, and a newer stream takes an older one's place.
    var ended = [Int32](repeating: 0, count: Self.endedCount)

    var framesReceived: UInt64 = 0
    var resetsReceived: UInt64 = 0
    var headersReceived = 0
    var headersIgnored = 0
    /// HEADERS that nghttp2 has looked at: none behind an end of its own.
    private(set) var headersBegun = 0
    /// Header blocks that nghttp2 took up.
    private(set) var headersTaken = 0
    /// Whether the HEADERS looked at last were taken up.
    private(set) var isNewestTaken = false
    var waitingAnswers = 0
    var unansweredPings = 0
    var work = UsefulWork()
    /// Why the frame that was judged last may not pass.
    var breach: HTTP2Termination?

    var peerResets: RateBucket
    var provokedResets: RateBucket
    var settings: RateBucket
    var pings: RateBucket
    var windowUpdates: RateBucket
    var emptyData: RateBucket
    var tinyData: RateBucket
    var ignoredHeaders: RateBucket
    var uselessFrames: RateBucket

    /// A power of two, so that numbers find their places by a mask.
    static let endedCount = 64
    /// The bytes with which a client begins (RFC 9113, 3.4).
    private static let prefaceBytes = 24

    init(_ role: HTTP2Role, _ shared: SharedHTTP2Settings) {
        self.role = role
        self.shared = shared
        let limits = shared.values.limits
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
            guard mayPass(head, now) else { return Scan(count: start, isBroken: true) }
            payloadLeft = head.length
        }
        return Scan(count: end, isBroken: false)
    }

    /// The frame head at a place, or what there is of it put by until the rest comes.
    private mutating func takeHead(_ bytes: Span<UInt8>, _ place: inout Int) -> FrameHead? {
        if headCount == 0, bytes.count - place >= FrameHead.byteCount {
            // SAFETY: nine bytes from `place` on are there, as was just compared.
            let first = unsafe bytes.bytes.unsafeLoadUnaligned(
                fromByteOffset: place, as: UInt64.self)
            place += FrameHead.byteCount
            return FrameHead(first: UInt64(bigEndian: first), last: bytes[place - 1])
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

    // MARK: What nghttp2 makes of it

    /// nghttp2 looks at HEADERS.
    mutating func beganHeaders() {
        headersBegun += 1
        isNewestTaken = false
    }

    /// nghttp2 takes up the HEADERS that it looks at.
    mutating func tookHeaders() {
        headersTaken += 1
        isNewestTaken = true
    }

    // MARK: What this side does

    /// An answer to SETTINGS or PING was handed out.
    mutating func sentAnswer() { waitingAnswers -= 1 }

    /// A HEADERS or DATA frame was handed out.
    mutating func sentWork(isData: Bool) {
        work.sentFrames += 1
        if isData { work.sentData += 1 }
    }

    /// A request was handed out (client).
    mutating func sentRequest() { work.streams += 1 }

    /// A stream ended without an error.
    mutating func endedInOrder() { work.orderlyEnds += 1 }
}
