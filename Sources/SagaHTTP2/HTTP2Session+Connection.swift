internal import CNghttp2

// What concerns the connection as a whole.
extension HTTP2Session {
    /// Sends GOAWAY with a reason and takes no further byte; drain, then close.
    ///
    /// What waits on streams is dropped.
    package mutating func terminate(_ code: HTTP2ErrorCode, reason: String) {
        terminate(HTTP2Termination(code, reason))
    }

    func terminate(_ cause: HTTP2Termination) {
        // SAFETY: the state is alive as long as self.
        guard unsafe state.pointee.termination == nil else { return }
        // SAFETY: as above.
        unsafe state.pointee.terminated(cause)
        submitGoAway(cause.code, cause.reason)
    }

    /// Why this side ended the connection; nil while it has not.
    ///
    /// Where nghttp2 ends it, that is known when `drain` has handed out the GOAWAY.
    package var termination: HTTP2Termination? {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.termination
    }

    private func submitGoAway(_ code: HTTP2ErrorCode, _ reason: String) {
        let debug = Array(reason.utf8.prefix(Self.maxReasonBytes))
        // SAFETY: the session is alive.
        let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
        // SAFETY: nghttp2 copies the debug data. NOMEM; INVALID_ARGUMENT only for more than 16 KiB.
        _ = unsafe nghttp2_submit_goaway(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, debug, debug.count)
    }

    /// A GOAWAY has to fit a frame.
    private static let maxReasonBytes = 1024

    /// Announces that the end is near, and refuses nothing yet (RFC 9113, 6.8): calls that are on
    /// their way are still taken. After a round trip ``goAway(reason:)`` follows.
    package mutating func announceShutdown() {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.orderlyGoAways += 1
        // SAFETY: the session is alive. NOMEM; INVALID_STATE on a client, which has no use for it.
        _ = unsafe nghttp2_submit_shutdown_notice(raw)
    }

    /// Takes no further stream and names the last one taken; open streams go on to their end.
    ///
    /// A stream that comes before `drain` has handed this out is above the last one: nobody is
    /// told of it, and the peer may try it elsewhere.
    package mutating func goAway(reason: String) {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.orderlyGoAways += 1
        // SAFETY: as above.
        unsafe state.pointee.takesStreams = false
        submitGoAway(.noError, reason)
    }

    /// Sends a PING; its answer is an event with the same number.
    package mutating func ping(_ number: UInt64) {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.gate.unansweredPings += 1
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        // SAFETY: nghttp2 copies eight bytes. NOMEM only.
        _ = unsafe nghttp2_submit_ping(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), bytes)
    }

    /// The debug text of the peer's last GOAWAY.
    package var goAwayReason: String {
        // SAFETY: the state is alive as long as self.
        String(decoding: unsafe state.pointee.goAwayReason, as: UTF8.self)
    }

    // MARK: What a lifecycle needs to know

    /// Whether the peer's preface and SETTINGS have come.
    package var isPeerReady: Bool {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.isPeerReady
    }

    /// Whether a header block has begun and its end has not come.
    package var isInsideHeaderBlock: Bool {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.gate.isInsideHeaderBlock
    }

    /// Streams that are not over, those waiting for their turn at the peer's limit included.
    package var openStreams: Int {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.openStreams
    }

    /// Bytes of all streams that wait to be sent.
    package var waitingBytes: Int {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.waitingBytes
    }

    /// Frames that wait to be sent, DATA aside.
    package var waitingFrames: Int {
        // SAFETY: the session is alive.
        unsafe nghttp2_session_get_outbound_queue_size(raw)
    }

    /// Whether a stream has something to send that only the peer's windows hold back.
    package var isHeldByPeerWindow: Bool {
        guard !wantsToSend else { return false }
        // SAFETY: the state is alive as long as self.
        return unsafe state.pointee.hasStreamWaitingForWindow
    }

    /// Whether nothing remains but closing: no frame is waited for and none is left to send.
    package var isFinished: Bool {
        // SAFETY: the state is alive as long as self.
        if unsafe state.pointee.hasSentLast { return true }
        // SAFETY: as above.
        if unsafe state.pointee.termination != nil { return !wantsToSend }
        // SAFETY: the session is alive.
        return unsafe !wantsToSend && nghttp2_session_want_read(raw) == 0
    }

    /// Whether `drain` would hand out anything.
    package var wantsToSend: Bool {
        // SAFETY: the state is alive as long as self.
        guard unsafe !state.pointee.hasSentLast else { return false }
        // SAFETY: the session is alive.
        return unsafe nghttp2_session_want_write(raw) != 0
    }

    /// How many streams the peer lets this side have open at once.
    package var peerMaxConcurrentStreams: Int {
        // SAFETY: the session is alive.
        unsafe Int(
            nghttp2_session_get_remote_settings(raw, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// What the peer made this session do so far.
    package var counters: HTTP2Counters {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.allCounters
    }
}
