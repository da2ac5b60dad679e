/// What a peer and this side did that is worth something: it earns the peer tokens.
///
/// Plain counts, since they are on the path of every call.
struct UsefulWork: Equatable {
    /// Streams that were opened: by the peer on a server, by this side on a client.
    var streams = 0
    /// DATA frames of the peer that were not tiny.
    var fullData = 0
    /// HEADERS and DATA frames that were handed out.
    var sentFrames = 0
    /// DATA frames of these.
    var sentData = 0
    /// Streams that ended without an error.
    var orderlyEnds = 0

    /// Thousandths of a token for resets: on a server ten streams that end in order pay for one,
    /// on a client each request does.
    func forResets(_ role: HTTP2Role) -> Int {
        switch role {
        case .server: orderlyEnds * RateBucket.token / 10
        case .client: streams * RateBucket.token
        }
    }

    /// Thousandths of a token for PING.
    var forPings: Int { sentFrames * RateBucket.token }

    /// Thousandths of a token for WINDOW_UPDATE.
    var forWindowUpdates: Int { (10 * sentData + 2 * streams) * RateBucket.token }

    /// Thousandths of a token for DATA frames with little or nothing in them.
    var forSmallData: Int { (fullData + streams) * RateBucket.token }

    /// Thousandths of a token for frames without effect.
    var forUselessFrames: Int { streams * RateBucket.token }
}
