// What may pass. A rule that nghttp2 enforces with a reason of its own is left to it.
extension FrameGate {
    /// Whether a frame may pass; if not, `breach` says why.
    mutating func mayPass(_ head: FrameHead, _ now: HTTP2Instant) -> Bool {
        isHeaderFrame = false
        // No larger one is ever announced.
        guard head.length <= 16_384 else {
            return refuse(
                .frameSizeError, "frame of \(head.length) bytes, the limit is 16384")
        }
        let type = FrameType(rawValue: head.type)
        if blockStream != 0 {
            // nghttp2 ends the connection for any other frame.
            guard type == .continuation, head.streamID == blockStream else { return true }
            return mayContinue(head)
        }
        switch type {
        case .data: return mayPassData(head, now)
        case .headers: return mayPassHeaders(head)
        case .resetStream: return mayReset(head, now)
        case .windowUpdate: return mayUpdateWindow(head, now)
        case .settings: return mayPassSettings(head, now)
        case .ping: return mayPing(head, now)
        case .goAway:
            guard head.length >= 8 else { return wrongSize(head, "GOAWAY", "at least 8") }
            return chargeUseless(now)
        case .priority:
            guard head.length == 5 else { return wrongSize(head, "PRIORITY", "5") }
            guard head.streamID != 0 else {
                return refuse(.protocolError, "PRIORITY: stream_id == 0")
            }
            return chargeUseless(now)
        case .pushPromise:
            beginBlock(head)
            return chargeUseless(now)
        case .continuation: return true  // nghttp2 ends the connection: none was expected
        case nil: return chargeUseless(now)
        }
    }

    // MARK: Refusals

    private mutating func refuse(_ code: HTTP2ErrorCode, _ reason: String) -> Bool {
        breach = HTTP2Termination(code, reason)
        return false
    }

    private mutating func wrongSize(
        _ head: FrameHead, _ name: String, _ expected: String
    ) -> Bool {
        refuse(
            .frameSizeError, "\(name): payload of \(head.length) bytes, expected \(expected)")
    }

    private mutating func abuse(_ rule: HTTP2Abuse, _ text: String) -> Bool {
        breach = .abuse(rule, text)
        return false
    }

    private mutating func exceeded(
        _ rule: HTTP2Abuse, _ limit: RateLimit, of what: String
    ) -> Bool {
        breach = .rate(rule, limit, of: what)
        return false
    }

    // MARK: Streams

    private static func endedPlace(_ streamID: Int32) -> Int {
        Int(streamID >> 1) & (endedCount - 1)
    }

    /// Notes that the peer has ended its half.
    private mutating func end(_ streamID: Int32) {
        ended[Self.endedPlace(streamID)] = streamID
    }

    /// Whether the peer is known to have ended its half. RFC 9113, 5.1: what follows END_STREAM or
    /// RST_STREAM is STREAM_CLOSED. nghttp2 knows that of streams that this side has not ended
    /// yet; of the others the newest are remembered here.
    private func hasEnded(_ streamID: Int32) -> Bool {
        ended[Self.endedPlace(streamID)] == streamID && streamID != 0
    }

    private mutating func refuseAfterEnd(_ head: FrameHead, _ name: String) -> Bool {
        refuse(
            .streamClosed, "\(name) on stream \(head.streamID), which the peer has ended")
    }

    private mutating func mayPassData(_ head: FrameHead, _ now: HTTP2Instant) -> Bool {
        if hasEnded(head.streamID) { return refuseAfterEnd(head, "DATA") }
        if head.has(FrameFlag.endStream) {
            end(head.streamID)
            return true
        }
        // Padding is in the payload: up to 255 bytes and their count may be all there is.
        let padding = head.has(FrameFlag.padded) ? 256 : 0
        if head.length >= limits.tinyDataBytes + padding {
            work.fullData += 1
            return true
        }
        if head.length == 0 {
            return emptyData.take(now, earned: work.forSmallData)
                || exceeded(.emptyDataFlood, limits.emptyData, of: "empty DATA frames")
        }
        return tinyData.take(now, earned: work.forSmallData)
            || exceeded(
                .tinyDataFlood, limits.tinyData,
                of: "DATA frames below \(limits.tinyDataBytes) bytes")
    }

    private mutating func mayPassHeaders(_ head: FrameHead) -> Bool {
        if hasEnded(head.streamID) { return refuseAfterEnd(head, "HEADERS") }
        if role == .server, head.streamID & 1 == 1 {
            if head.streamID > highestPeerStream {
                opened(head.streamID)
            } else if isSkipped(head.streamID) {
                return refuse(
                    .protocolError, "HEADERS on stream \(head.streamID), closed by a later one")
            }
        }
        headersReceived += 1
        if head.has(FrameFlag.endStream) { end(head.streamID) }
        beginBlock(head)
        return true
    }

    private mutating func opened(_ streamID: Int32) {
        let next = highestPeerStream == 0 ? 1 : highestPeerStream + 2
        if streamID > next {
            // Only the newest gaps are remembered, and an ordinary client leaves none.
            if skipped.count == 64 { skipped.removeFirst() }
            skipped.append(next...(streamID - 2))
        }
        highestPeerStream = streamID
        work.streams += 1
    }

    /// RFC 9113, 5.1.1: the first use of a number closes all lower unused ones, and HEADERS on
    /// such a one is a connection error; nghttp2 drops them without a word.
    private func isSkipped(_ streamID: Int32) -> Bool {
        skipped.contains { $0.contains(streamID) }
    }

    private mutating func mayReset(_ head: FrameHead, _ now: HTTP2Instant) -> Bool {
        guard head.length == 4 else { return wrongSize(head, "RST_STREAM", "4") }
        resetsReceived += 1
        end(head.streamID)
        return peerResets.take(now, earned: work.forResets(role))
            || exceeded(.rapidReset, limits.peerResets, of: "RST_STREAM frames")
    }

    private mutating func mayUpdateWindow(_ head: FrameHead, _ now: HTTP2Instant) -> Bool {
        guard head.length == 4 else { return wrongSize(head, "WINDOW_UPDATE", "4") }
        return windowUpdates.take(now, earned: work.forWindowUpdates)
            || exceeded(.windowUpdateFlood, limits.windowUpdates, of: "WINDOW_UPDATE frames")
    }

    // MARK: Header blocks

    private mutating func beginBlock(_ head: FrameHead) {
        isHeaderFrame = true
        continuations = 0
        blockBytes = head.length
        blockStream = head.has(FrameFlag.endHeaders) ? 0 : head.streamID
    }

    private mutating func mayContinue(_ head: FrameHead) -> Bool {
        isHeaderFrame = true
        continuations += 1
        blockBytes += head.length
        guard continuations <= limits.continuations else {
            return abuse(
                .continuationFlood,
                "more than \(limits.continuations) CONTINUATION frames of one header block")
        }
        guard blockBytes <= limits.headerBlockBytes else {
            return abuse(
                .headerBlockBytes, "header block of more than \(limits.headerBlockBytes) bytes")
        }
        if head.has(FrameFlag.endHeaders) { blockStream = 0 }
        return true
    }

    /// Charges the header blocks that nghttp2 looked at and did not take up.
    mutating func chargeIgnoredHeaders(_ now: HTTP2Instant) -> Bool {
        // Of padded ones nghttp2 makes up its mind when more than the frame's head is there.
        let isUndecided =
            !isNewestTaken && headersBegun == headersReceived && isInsideHeaderBlock
        let ignored = headersBegun - headersTaken - (isUndecided ? 1 : 0)
        while headersIgnored < ignored {
            headersIgnored += 1
            guard ignoredHeaders.take(now, earned: 0) else {
                return exceeded(
                    .ignoredHeaders, limits.ignoredHeaders, of: "HEADERS without effect")
            }
        }
        return true
    }

    // MARK: The connection

    private mutating func mayPassSettings(_ head: FrameHead, _ now: HTTP2Instant) -> Bool {
        let isAnswer = head.has(FrameFlag.acknowledgement)
        guard isAnswer ? head.length == 0 : head.length % 6 == 0 else {
            return wrongSize(head, "SETTINGS", isAnswer ? "0" : "a multiple of 6")
        }
        if isAnswer { return true }
        guard head.length / 6 <= limits.settingsEntries else {
            return abuse(
                .settingsEntries, "SETTINGS frame of more than \(limits.settingsEntries) entries")
        }
        guard settings.take(now, earned: 0) else {
            return exceeded(.settingsFlood, limits.settings, of: "SETTINGS frames")
        }
        return mayBeAnswered()
    }

    private mutating func mayPing(_ head: FrameHead, _ now: HTTP2Instant) -> Bool {
        guard head.length == 8 else { return wrongSize(head, "PING", "8") }
        if head.has(FrameFlag.acknowledgement) {
            guard unansweredPings > 0 else { return chargeUseless(now) }
            unansweredPings -= 1
            return true
        }
        guard pings.take(now, earned: work.forPings) else {
            return exceeded(.pingFlood, limits.pings, of: "PING frames")
        }
        return mayBeAnswered()
    }

    private mutating func mayBeAnswered() -> Bool {
        waitingAnswers += 1
        guard waitingAnswers <= limits.waitingAnswers else {
            return abuse(
                .unreadAnswers,
                "more than \(limits.waitingAnswers) answers to SETTINGS and PING not read")
        }
        return true
    }

    /// Charges a frame without effect.
    mutating func chargeUseless(_ now: HTTP2Instant) -> Bool {
        uselessFrames.take(now, earned: work.forUselessFrames)
            || exceeded(.uselessFrames, limits.uselessFrames, of: "frames without effect")
    }

    /// Charges a RST_STREAM that this side sent for a fault of the peer.
    mutating func chargeProvokedReset(_ now: HTTP2Instant) -> Bool {
        provokedResets.take(now, earned: work.forResets(role))
            || exceeded(
                .provokedReset, limits.provokedResets, of: "faults that reset a stream")
    }
}
