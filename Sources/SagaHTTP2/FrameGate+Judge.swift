// What may pass. A rule that nghttp2 enforces with a reason of its own is left to it.
extension FrameGate {
    /// Says why a frame may not pass; nil when it may.
    mutating func judge(_ head: FrameHead, _ now: HTTP2Instant) -> HTTP2Termination? {
        isHeaderFrame = false
        // No larger one is ever announced.
        guard head.length <= 16_384 else {
            return HTTP2Termination(
                .frameSizeError, "frame of \(head.length) bytes, the limit is 16384")
        }
        let type = FrameType(rawValue: head.type)
        if blockStream != 0 {
            // nghttp2 ends the connection for any other frame.
            guard type == .continuation, head.streamID == blockStream else { return nil }
            return judgeContinuation(head)
        }
        switch type {
        case .data: return judgeData(head, now)
        case .headers: return judgeHeaders(head)
        case .resetStream: return judgeReset(head, now)
        case .windowUpdate:
            guard head.length == 4 else { return wrongSize(head, "WINDOW_UPDATE", "4") }
            return windowUpdates.take(now)
                ? nil : .rate(.windowUpdateFlood, limits.windowUpdates, of: "WINDOW_UPDATE frames")
        case .settings: return judgeSettings(head, now)
        case .ping: return judgePing(head, now)
        case .goAway:
            guard head.length >= 8 else { return wrongSize(head, "GOAWAY", "at least 8") }
            return useless(now)
        case .priority:
            guard head.length == 5 else { return wrongSize(head, "PRIORITY", "5") }
            guard head.streamID != 0 else {
                return HTTP2Termination(.protocolError, "PRIORITY: stream_id == 0")
            }
            return useless(now)
        case .pushPromise:
            beginBlock(head)
            return useless(now)
        case .continuation: return nil  // nghttp2 ends the connection: none was expected
        case nil: return useless(now)
        }
    }

    private func wrongSize(
        _ head: FrameHead, _ name: String, _ expected: String
    ) -> HTTP2Termination {
        HTTP2Termination(
            .frameSizeError, "\(name): payload of \(head.length) bytes, expected \(expected)")
    }

    private mutating func useless(_ now: HTTP2Instant) -> HTTP2Termination? {
        uselessFrames.take(now)
            ? nil : .rate(.uselessFrames, limits.uselessFrames, of: "frames without effect")
    }

    // MARK: Streams

    /// Notes that the peer has ended its half.
    private mutating func end(_ streamID: Int32) {
        ended[endedNext] = streamID
        endedNext = (endedNext + 1) & 15
    }

    /// RFC 9113, 5.1: what follows END_STREAM or RST_STREAM is STREAM_CLOSED. nghttp2 knows that
    /// of streams that this side has not ended yet; of the others the newest are remembered here.
    private func ifEnded(_ head: FrameHead, _ name: String) -> HTTP2Termination? {
        guard head.streamID != 0, any(ended .== head.streamID) else { return nil }
        return HTTP2Termination(
            .streamClosed, "\(name) on stream \(head.streamID), which the peer has ended")
    }

    private mutating func judgeData(
        _ head: FrameHead, _ now: HTTP2Instant
    ) -> HTTP2Termination? {
        if let breach = ifEnded(head, "DATA") { return breach }
        if head.has(FrameFlag.endStream) {
            end(head.streamID)
            return nil
        }
        // Padding is in the payload: up to 255 bytes and their count may be all there is.
        let padding = head.has(FrameFlag.padded) ? 256 : 0
        if head.length >= limits.tinyDataBytes + padding {
            emptyData.earn(RateBucket.token)
            tinyData.earn(RateBucket.token)
            return nil
        }
        if head.length == 0 {
            return emptyData.take(now)
                ? nil : .rate(.emptyDataFlood, limits.emptyData, of: "empty DATA frames")
        }
        return tinyData.take(now)
            ? nil
            : .rate(
                .tinyDataFlood, limits.tinyData,
                of: "DATA frames below \(limits.tinyDataBytes) bytes")
    }

    private mutating func judgeHeaders(_ head: FrameHead) -> HTTP2Termination? {
        if let breach = ifEnded(head, "HEADERS") ?? ifSkipped(head.streamID) { return breach }
        headersReceived += 1
        if head.has(FrameFlag.endStream) { end(head.streamID) }
        beginBlock(head)
        return nil
    }

    /// RFC 9113, 5.1.1: the first use of a number closes all lower unused ones, and HEADERS on
    /// such a one is a connection error; nghttp2 drops them without a word. Only the newest gaps
    /// are remembered, and an ordinary client leaves none.
    private mutating func ifSkipped(_ streamID: Int32) -> HTTP2Termination? {
        guard role == .server, streamID & 1 == 1 else { return nil }
        if streamID > highestPeerStream {
            let next = highestPeerStream == 0 ? 1 : highestPeerStream + 2
            if streamID > next {
                if skipped.count == 64 { skipped.removeFirst() }
                skipped.append(next...(streamID - 2))
            }
            highestPeerStream = streamID
            openedStream()
        } else if !skipped.isEmpty, skipped.contains(where: { $0.contains(streamID) }) {
            return HTTP2Termination(
                .protocolError, "HEADERS on stream \(streamID), closed by a later one")
        }
        return nil
    }

    private mutating func judgeReset(
        _ head: FrameHead, _ now: HTTP2Instant
    ) -> HTTP2Termination? {
        guard head.length == 4 else { return wrongSize(head, "RST_STREAM", "4") }
        resetsReceived += 1
        end(head.streamID)
        return peerResets.take(now)
            ? nil : .rate(.rapidReset, limits.peerResets, of: "RST_STREAM frames")
    }

    // MARK: Header blocks

    private mutating func beginBlock(_ head: FrameHead) {
        isHeaderFrame = true
        continuations = 0
        blockBytes = head.length
        blockStream = head.has(FrameFlag.endHeaders) ? 0 : head.streamID
    }

    private mutating func judgeContinuation(_ head: FrameHead) -> HTTP2Termination? {
        isHeaderFrame = true
        continuations += 1
        blockBytes += head.length
        guard continuations <= limits.continuations else {
            return .abuse(
                .continuationFlood,
                "more than \(limits.continuations) CONTINUATION frames of one header block")
        }
        guard blockBytes <= limits.headerBlockBytes else {
            return .abuse(
                .headerBlockBytes, "header block of more than \(limits.headerBlockBytes) bytes")
        }
        if head.has(FrameFlag.endHeaders) { blockStream = 0 }
        return nil
    }

    /// Charges the header blocks that nghttp2 did not take up; called behind it.
    mutating func chargeIgnoredHeaders(_ now: HTTP2Instant) -> HTTP2Termination? {
        let ignored = headersReceived - headersTaken - (isInsideHeaderBlock ? 1 : 0)
        while headersIgnored < ignored {
            headersIgnored += 1
            guard ignoredHeaders.take(now) else {
                return .rate(
                    .ignoredHeaders, limits.ignoredHeaders, of: "HEADERS without effect")
            }
        }
        return nil
    }

    // MARK: The connection

    private mutating func judgeSettings(
        _ head: FrameHead, _ now: HTTP2Instant
    ) -> HTTP2Termination? {
        let isAnswer = head.has(FrameFlag.acknowledgement)
        guard isAnswer ? head.length == 0 : head.length % 6 == 0 else {
            return wrongSize(head, "SETTINGS", isAnswer ? "0" : "a multiple of 6")
        }
        if isAnswer { return nil }
        guard head.length / 6 <= limits.settingsEntries else {
            return .abuse(
                .settingsEntries, "SETTINGS frame of more than \(limits.settingsEntries) entries")
        }
        guard settings.take(now) else {
            return .rate(.settingsFlood, limits.settings, of: "SETTINGS frames")
        }
        return mustAnswer()
    }

    private mutating func judgePing(
        _ head: FrameHead, _ now: HTTP2Instant
    ) -> HTTP2Termination? {
        guard head.length == 8 else { return wrongSize(head, "PING", "8") }
        if head.has(FrameFlag.acknowledgement) {
            guard unansweredPings > 0 else { return useless(now) }
            unansweredPings -= 1
            return nil
        }
        guard pings.take(now) else {
            return .rate(.pingFlood, limits.pings, of: "PING frames")
        }
        return mustAnswer()
    }

    private mutating func mustAnswer() -> HTTP2Termination? {
        waitingAnswers += 1
        guard waitingAnswers <= limits.waitingAnswers else {
            return .abuse(
                .unreadAnswers,
                "more than \(limits.waitingAnswers) answers to SETTINGS and PING not read")
        }
        return nil
    }

    /// Charges a frame that only a look inside shows to be without effect.
    mutating func chargeUseless(_ now: HTTP2Instant) -> HTTP2Termination? { useless(now) }

    /// Charges a RST_STREAM that this side sent for a fault of the peer.
    mutating func chargeProvokedReset(_ now: HTTP2Instant) -> HTTP2Termination? {
        provokedResets.take(now)
            ? nil
            : .rate(
                .provokedReset, limits.provokedResets, of: "faults that reset a stream")
    }
}
