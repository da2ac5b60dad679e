/// What a peer may do at most before its connection is ended; see the article on limits.
///
/// Each rate lets a quiet peer do `burst` at once. Where useful work earns more, the comment says
/// so: a limit in relation to work does not hit an honest peer for being busy.
package struct HTTP2Limits: Equatable, Sendable {
    /// RST_STREAM of the peer. On a server ten streams that end in order earn one, on a client
    /// each request does.
    package var peerResets: RateLimit
    /// RST_STREAM that this side sends for faults of the peer; earned like ``peerResets``.
    package var provokedResets: RateLimit
    /// SETTINGS frames.
    package var settings: RateLimit
    /// Entries of one SETTINGS frame.
    package var settingsEntries: Int
    /// PING frames. Each HEADERS or DATA frame that this side sends earns one, as gRPC's
    /// ping strikes are forgotten then; some clients measure the round trip all the time.
    package var pings: RateLimit
    /// SETTINGS and PING of the peer whose answers wait to be sent.
    package var waitingAnswers: Int
    /// WINDOW_UPDATE frames. Each DATA frame that this side sends earns ten, each stream two
    /// (the ratio that Envoy uses).
    package var windowUpdates: RateLimit
    /// DATA frames without a byte and without END_STREAM. Each stream, and each DATA frame that is
    /// not tiny, earns one.
    package var emptyData: RateLimit
    /// DATA frames of less than ``tinyDataBytes`` without END_STREAM; earned like ``emptyData``.
    package var tinyData: RateLimit
    /// A DATA frame is tiny below this size: gRPC's shortest message has five bytes.
    package var tinyDataBytes: Int
    /// CONTINUATION frames of one header block.
    package var continuations: Int
    /// Compressed bytes of one header block, CONTINUATION included.
    package var headerBlockBytes: Int
    /// A header list up to this many times ``HTTP2Settings/maxHeaderListBytes`` is refused alone,
    /// a larger one ends the connection.
    package var headerListFactor: Int
    /// HEADERS frames that have no effect, on streams that are over or over the limit of streams.
    package var ignoredHeaders: RateLimit
    /// Frames without effect: PRIORITY, GOAWAY, PUSH_PROMISE, unknown types, answers to no PING,
    /// informational responses. Each stream earns one.
    package var uselessFrames: RateLimit
    /// The table of HPACK each way, in bytes; 4096 is what RFC 9113 begins with.
    package var headerTableBytes: Int

    /// Makes limits; the defaults are safe, and honest clients are far from them.
    package init(
        peerResets: RateLimit = RateLimit(burst: 100, perSecond: 10),
        provokedResets: RateLimit = RateLimit(burst: 100, perSecond: 10),
        settings: RateLimit = RateLimit(burst: 100, perSecond: 10),
        settingsEntries: Int = 32,
        pings: RateLimit = RateLimit(burst: 200, perSecond: 20),
        waitingAnswers: Int = 500,
        windowUpdates: RateLimit = RateLimit(burst: 10_000, perSecond: 1000),
        emptyData: RateLimit = RateLimit(burst: 100, perSecond: 10),
        tinyData: RateLimit = RateLimit(burst: 1000, perSecond: 1000),
        tinyDataBytes: Int = 5,
        continuations: Int = 8,
        headerBlockBytes: Int = 64 << 10,
        headerListFactor: Int = 4,
        ignoredHeaders: RateLimit = RateLimit(burst: 1000, perSecond: 100),
        uselessFrames: RateLimit = RateLimit(burst: 1000, perSecond: 100),
        headerTableBytes: Int = 4096
    ) {
        self.peerResets = peerResets
        self.provokedResets = provokedResets
        self.settings = settings
        self.settingsEntries = settingsEntries
        self.pings = pings
        self.waitingAnswers = waitingAnswers
        self.windowUpdates = windowUpdates
        self.emptyData = emptyData
        self.tinyData = tinyData
        self.tinyDataBytes = tinyDataBytes
        self.continuations = continuations
        self.headerBlockBytes = headerBlockBytes
        self.headerListFactor = headerListFactor
        self.ignoredHeaders = ignoredHeaders
        self.uselessFrames = uselessFrames
        self.headerTableBytes = headerTableBytes
    }
}
