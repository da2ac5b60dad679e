// What the state keeps of the connection as a whole.
extension SessionState {
    mutating func beginReceive(byteCount: Int, _ now: HTTP2Instant) {
        forgetHeaders()
        self.now = now
        counters.bytesReceived += UInt64(byteCount)
    }

    /// Why the connection is to end behind a read. Of several causes it is the one that came first,
    /// so that it does not depend on how the bytes were split: what nghttp2 made of frames comes
    /// before the frame that the gate stopped at.
    mutating func breach(_ scan: FrameGate.Scan) -> HTTP2Termination? {
        let stoppedAt = scan.isBroken ? gate.breach : nil
        broke(nil)
        return breachInside ?? stoppedAt
    }

    /// Notes what ends the connection behind this read.
    mutating func broke(_ breach: HTTP2Termination?) {
        guard breachInside == nil else { return }
        breachInside = gate.chargeIgnoredHeaders(now) ? breach : gate.breach
    }

    var allCounters: HTTP2Counters {
        var all = counters
        all.framesReceived = gate.framesReceived
        all.headersReceived = UInt64(gate.headersReceived)
        all.resetsReceived = gate.resetsReceived
        return all
    }

    mutating func terminated(_ cause: HTTP2Termination) {
        termination = cause
        if let abuse = cause.abuse { counters.abuses[abuse, default: 0] += 1 }
    }

    // MARK: GOAWAY

    /// Notes a GOAWAY of this side that is handed out now.
    mutating func sentGoAway(
        lastStreamID: Int32, _ code: HTTP2ErrorCode, reason: Span<UInt8>
    ) {
        // RFC 9113, 6.8: the number must not rise. nghttp2 sees to that behind a GOAWAY that was
        // sent, but not behind one that was still in line when the next was made.
        let isLower = lastStreamID <= lastNamedStream
        lastNamedStream = min(lastStreamID, lastNamedStream)
        if code == .noError, orderlyGoAways > 0 {
            orderlyGoAways -= 1
            return
        }
        hasSentLast = true
        if let breachInside,
            breachInside.code != code || breachInside.reason != String(copying: reason)
        {
            // nghttp2 found a fault behind it and was faster to say so.
            needsAttention = true
            explainedGoAway = Self.goAway(
                lastStreamID: lastNamedStream, breachInside.code, reason: breachInside.reason)
            return
        }
        // Another cause may have come behind nghttp2's own; the peer is told the first.
        if !reason.isEmpty {
            let text = String(copying: reason)
            if termination?.code != code || termination?.reason != text {
                termination = HTTP2Termination(code, text)
                counters.abuses = [:]
            }
            if isLower { return }
            needsAttention = true
            explainedGoAway = Self.goAway(
                lastStreamID: lastNamedStream, code, reason: text)
        } else if code != .noError {
            let text = HTTP2Termination.text(for: code)
            termination = HTTP2Termination(code, text)
            counters.abuses = [:]
            needsAttention = true
            explainedGoAway = Self.goAway(
                lastStreamID: lastNamedStream, code, reason: text)
        }
    }

    /// A GOAWAY frame (RFC 9113, 6.8).
    private static func goAway(
        lastStreamID: Int32, _ code: HTTP2ErrorCode, reason: String
    ) -> [UInt8] {
        let debug = Array(reason.utf8)
        var frame: [UInt8] = []
        func append(_ number: UInt32, bytes count: Int) {
            for place in (0..<count).reversed() {
                frame.append(UInt8(truncatingIfNeeded: number >> (8 * UInt32(place))))
            }
        }
        append(UInt32(8 + debug.count), bytes: 3)
        frame += [FrameType.goAway.rawValue, 0]
        append(0, bytes: 4)
        append(UInt32(lastStreamID), bytes: 4)
        append(code.rawValue, bytes: 4)
        return frame + debug
    }

    mutating func receivedGoAway(
        lastStreamID: Int32, _ code: HTTP2ErrorCode, reason: Span<UInt8>
    ) {
        goAwayReason = [UInt8](copying: reason.extracting(first: 1024))
        events.append(.goAway(lastStreamID: lastStreamID, code))
        peerGoesAway = true
        mustGiveUpUnsent = role == .client
    }

    /// The places of requests that were not handed out.
    func unsentRequests() -> [Int] {
        slots.indices.filter {
            slots[$0].streamID != 0 && !slots[$0].requestSent && !slots[$0].isClosed
        }
    }

    // MARK: RST_STREAM

    /// Notes a RST_STREAM of this side that is handed out now.
    mutating func sentReset(_ index: Int32?, _ code: HTTP2ErrorCode) {
        counters.resetsSent += 1
        // REFUSED_STREAM is charged as HEADERS without effect.
        if code == .refusedStream { return }
        if let index, slots[Int(index)].isResetByUser { return }
        counters.resetsProvoked += 1
        if !gate.chargeProvokedReset(now) { needsAttention = true }
    }

    // MARK: Output that waits

    var hasStreamWaitingForWindow: Bool {
        slots.contains {
            $0.streamID != 0 && $0.hasSource && !$0.isDeferred && !$0.isClosed && !$0.localEnded
                && (role == .server || $0.requestSent)
        }
    }
}
