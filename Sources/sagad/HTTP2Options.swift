internal import ArgumentParser
internal import SagaCoordinator
internal import SagaHTTP2

/// The options that say what a peer may do within HTTP/2 before its connection is ended: settings
/// `http2.NAME`, named as the counters of `sagactl status` are.
struct HTTP2Options: ParsableArguments {
    @Option(
        name: .customLong("http2-streams"),
        help: .limit("Streams that a peer may have open at a time.", "number"))
    var streams = Limits().http2.maxConcurrentStreams

    @Option(
        name: .customLong("http2-stream-window"),
        help: .limit("Bytes that a peer may send on a stream before it is given more.", "bytes"))
    var streamWindow = BytesArgument(Limits().http2.streamWindowBytes)

    @Option(
        name: .customLong("http2-connection-window"),
        help: .limit(
            "Bytes that a peer may send on a connection before it is given more.", "bytes"))
    var connectionWindow = BytesArgument(Limits().http2.connectionWindowBytes)

    @Option(
        name: .customLong("http2-header-list"),
        help: .limit("The largest list of headers: names, values, and 32 bytes a field.", "bytes"))
    var headerList = BytesArgument(Limits().http2.maxHeaderListBytes)

    @Option(
        name: .customLong("http2-header-list-factor"),
        help: .limit(
            "A list of up to so many times this size is refused alone, a larger "
                + "one ends the connection.", "number"))
    var headerListFactor = Limits().http2.limits.headerListFactor

    @Option(
        name: .customLong("http2-header-block-bytes"),
        help: .limit("Compressed bytes of one list of headers.", "bytes"))
    var headerBlockBytes = BytesArgument(Limits().http2.limits.headerBlockBytes)

    @Option(
        name: .customLong("http2-header-table"),
        help: .limit("The table of HPACK, each way.", "bytes"))
    var headerTable = BytesArgument(Limits().http2.limits.headerTableBytes)

    @Option(
        name: .customLong("http2-continuation-flood"),
        help: .limit("CONTINUATION frames of one list of headers.", "number"))
    var continuationFlood = Limits().http2.limits.continuations

    @Option(
        name: .customLong("http2-rapid-reset"),
        help: .limit(
            "RST_STREAM of a peer; ten streams that end in order earn one more.", "burst,a-second"))
    var rapidReset = RateArgument(Limits().http2.limits.peerResets)

    @Option(
        name: .customLong("http2-provoked-reset"),
        help: .limit(
            "RST_STREAM sent for faults of a peer; earned like http2-rapid-reset.", "burst,a-second"
        ))
    var provokedReset = RateArgument(Limits().http2.limits.provokedResets)

    @Option(
        name: .customLong("http2-settings-flood"),
        help: .limit("SETTINGS frames.", "burst,a-second"))
    var settingsFlood = RateArgument(Limits().http2.limits.settings)

    @Option(
        name: .customLong("http2-settings-entries"),
        help: .limit("Entries of one SETTINGS frame.", "number"))
    var settingsEntries = Limits().http2.limits.settingsEntries

    @Option(
        name: .customLong("http2-ping-flood"),
        help: .limit(
            "PING frames; each HEADERS or DATA frame sent earns one more.", "burst,a-second"))
    var pingFlood = RateArgument(Limits().http2.limits.pings)

    @Option(
        name: .customLong("http2-unread-answers"),
        help: .limit("Answers to SETTINGS and PING that a peer does not read.", "number"))
    var unreadAnswers = Limits().http2.limits.waitingAnswers

    @Option(
        name: .customLong("http2-window-update-flood"),
        help: .limit(
            "WINDOW_UPDATE frames; each DATA frame sent earns ten more, each "
                + "stream two.", "burst,a-second"))
    var windowUpdateFlood = RateArgument(Limits().http2.limits.windowUpdates)

    @Option(
        name: .customLong("http2-empty-data-flood"),
        help: .limit(
            "DATA frames without a byte; each stream and each DATA frame that is "
                + "not tiny earns one more.", "burst,a-second"))
    var emptyDataFlood = RateArgument(Limits().http2.limits.emptyData)

    @Option(
        name: .customLong("http2-tiny-data-flood"),
        help: .limit(
            "DATA frames that are tiny; earned like http2-empty-data-flood.", "burst,a-second"))
    var tinyDataFlood = RateArgument(Limits().http2.limits.tinyData)

    @Option(
        name: .customLong("http2-tiny-data-bytes"),
        help: .limit("A DATA frame is tiny below so many bytes.", "number"))
    var tinyDataBytes = Limits().http2.limits.tinyDataBytes

    @Option(
        name: .customLong("http2-ignored-headers"),
        help: .limit(
            "HEADERS without effect, on streams that are over or were refused.", "burst,a-second"))
    var ignoredHeaders = RateArgument(Limits().http2.limits.ignoredHeaders)

    @Option(
        name: .customLong("http2-useless-frames"),
        help: .limit(
            "PRIORITY, unknown frames and others without effect; each stream "
                + "earns one more.", "burst,a-second"))
    var uselessFrames = RateArgument(Limits().http2.limits.uselessFrames)

    /// Sets them.
    func apply(to limits: inout Limits) {
        limits.http2.maxConcurrentStreams = streams
        limits.http2.streamWindowBytes = streamWindow.count
        limits.http2.connectionWindowBytes = connectionWindow.count
        limits.http2.maxHeaderListBytes = headerList.count
        limits.http2.limits.headerListFactor = headerListFactor
        limits.http2.limits.headerBlockBytes = headerBlockBytes.count
        limits.http2.limits.headerTableBytes = headerTable.count
        limits.http2.limits.continuations = continuationFlood
        limits.http2.limits.peerResets = rapidReset.limit
        limits.http2.limits.provokedResets = provokedReset.limit
        limits.http2.limits.settings = settingsFlood.limit
        limits.http2.limits.settingsEntries = settingsEntries
        limits.http2.limits.pings = pingFlood.limit
        limits.http2.limits.waitingAnswers = unreadAnswers
        limits.http2.limits.windowUpdates = windowUpdateFlood.limit
        limits.http2.limits.emptyData = emptyDataFlood.limit
        limits.http2.limits.tinyData = tinyDataFlood.limit
        limits.http2.limits.tinyDataBytes = tinyDataBytes
        limits.http2.limits.ignoredHeaders = ignoredHeaders.limit
        limits.http2.limits.uselessFrames = uselessFrames.limit
    }
}
