internal import CNghttp2

// Bytes in and out.
extension HTTP2Session {
    /// Takes bytes of the peer. Ranges of the events are ranges of `bytes`.
    ///
    /// All events of the call before must have been taken. After an error nothing but the end of
    /// the connection is left. A peer that breaks a rule is told so by the next `drain`, see
    /// ``termination``.
    package mutating func receive(
        _ bytes: Span<UInt8>, now: HTTP2Instant
    ) throws(HTTP2Failure) {
        // SAFETY: the state is alive as long as self.
        let open = unsafe state.pointee.eventsTaken == state.pointee.events.count
        precondition(open, "events of the last receive were not taken")
        // SAFETY: as above.
        unsafe state.pointee.beginReceive(byteCount: bytes.count, now)
        // SAFETY: as above.
        guard unsafe state.pointee.termination == nil, !bytes.isEmpty else { return }
        // SAFETY: as above.
        let scan = unsafe state.pointee.gate.scan(bytes, now: now)
        try feed(bytes.extracting(first: scan.count))
        giveBackConnectionWindow()
        giveUpUnsentRequests()
        // SAFETY: as above.
        terminate(for: unsafe state.pointee.breach(scan))
    }

    private func terminate(for breach: HTTP2Termination?) {
        guard let breach else { return }
        // SAFETY: the state is alive as long as self.
        if breach.abuse == nil { unsafe state.pointee.counters.protocolErrors += 1 }
        terminate(breach)
    }

    private func feed(_ bytes: Span<UInt8>) throws(HTTP2Failure) {
        guard !bytes.isEmpty else { return }
        // SAFETY: nghttp2 reads the buffer during the call only, its callbacks keep offsets.
        let code = unsafe bytes.withUnsafeBufferPointer { buffer in
            // SAFETY: only the address is kept, to subtract from.
            unsafe state.pointee.inputAddress = Int(bitPattern: buffer.baseAddress)
            // SAFETY: as above.
            return unsafe nghttp2_session_mem_recv(raw, buffer.baseAddress, buffer.count)
        }
        if code < 0 { throw Self.failure(code) }
    }

    /// BAD_CLIENT_MAGIC, FLOODED, NOMEM; CALLBACK_FAILURE never, our callbacks return 0.
    static func failure(_ code: Int) -> HTTP2Failure {
        switch Int32(truncatingIfNeeded: code) {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: .notHTTP2
        case NGHTTP2_ERR_FLOODED.rawValue: .flooded
        case NGHTTP2_ERR_NOMEM.rawValue: .outOfMemory
        default: .library(code: code)  // nghttp2 may add codes
        }
    }

    /// Hands out frames to be sent until there are no more, or `limit` bytes are reached.
    ///
    /// Streams may end by this, so there may be new events. Returns whether there may be more.
    /// Behind the GOAWAY of a termination nothing is handed out.
    package mutating func drain(
        limit: Int, _ sink: (RawSpan) -> Void
    ) throws(HTTP2Failure) -> Bool {
        // Streams that ended meanwhile may have freed room.
        giveBackConnectionWindow()
        var batch = memory.frameBatch()
        do throws(HTTP2Failure) {
            let more = try drain(limit: limit, into: &batch, sink)
            batch.handOut(sink)
            return more
        } catch {
            batch.handOut(sink)
            throw error
        }
    }

    private func drain(
        limit: Int, into batch: inout FrameBatch, _ sink: (RawSpan) -> Void
    ) throws(HTTP2Failure) -> Bool {
        var total = 0
        while total < limit {
            // SAFETY: the state is alive as long as self.
            guard unsafe !state.pointee.hasSentLast else { return false }
            var data: UnsafePointer<UInt8>?
            // SAFETY: the session is alive; `data` is valid until the next call.
            let count = unsafe nghttp2_session_mem_send(raw, &data)
            if count < 0 { throw Self.failure(count) }
            guard count > 0 else {
                if submitPendingResets() { continue }
                noteHeldOutput()
                return false
            }
            total += count
            // SAFETY: the state is alive as long as self.
            unsafe state.pointee.counters.bytesSent += UInt64(count)
            // SAFETY: as above.
            if unsafe state.pointee.needsAttention, handOutExplainedGoAway(into: &batch, sink) {
                return false
            }
            // SAFETY: nghttp2 gave `count` bytes, valid until its next call.
            unsafe batch.add(UnsafeRawBufferPointer(start: data, count: count), sink)
        }
        return true
    }

    /// Acts on what the callbacks of a frame that leaves have found.
    ///
    /// True: another frame was handed out in its place, a GOAWAY with a reason.
    private func handOutExplainedGoAway(
        into batch: inout FrameBatch, _ sink: (RawSpan) -> Void
    ) -> Bool {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.needsAttention = false
        terminate(for: unsafe state.pointee.gate.breach)
        // SAFETY: as above.
        guard let frame = unsafe state.pointee.explainedGoAway.take() else { return false }
        batch.handOut(sink)
        // SAFETY: the array outlives the call, and the sink gets its bytes only.
        sink(unsafe frame.span.bytes)
        return true
    }

    private func submitPendingResets() -> Bool {
        // SAFETY: the state is alive as long as self.
        guard unsafe !state.pointee.pendingResets.isEmpty else { return false }
        // SAFETY: as above.
        for streamID in unsafe state.pointee.pendingResets {
            submitReset(streamID, .noError)
        }
        // SAFETY: as above.
        unsafe state.pointee.pendingResets.removeAll(keepingCapacity: true)
        return true
    }

    func submitReset(_ streamID: Int32, _ code: HTTP2ErrorCode) {
        // SAFETY: the session is alive. NOMEM, where the process is lost anyway;
        // INVALID_ARGUMENT is for stream 0.
        _ = unsafe nghttp2_submit_rst_stream(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), streamID, code.rawValue)
    }

    /// Counts once each time that output comes to wait for the peer's windows.
    private func noteHeldOutput() {
        // SAFETY: the state is alive as long as self.
        guard unsafe state.pointee.waitingBytes > 0 else { return }
        // SAFETY: as above.
        guard unsafe !state.pointee.isHeld, isHeldByPeerWindow else { return }
        // SAFETY: as above.
        unsafe state.pointee.isHeld = true
        // SAFETY: as above.
        unsafe state.pointee.counters.windowsDrained += 1
    }

    /// Tells at once of requests that have not left when the peer goes away: nghttp2 would keep
    /// those that wait for the peer's limit of streams until others end.
    private func giveUpUnsentRequests() {
        // SAFETY: the state is alive as long as self.
        guard unsafe state.pointee.mustGiveUpUnsent else { return }
        // SAFETY: as above.
        unsafe state.pointee.mustGiveUpUnsent = false
        // SAFETY: as above.
        for index in unsafe state.pointee.unsentRequests() {
            // SAFETY: as above.
            let streamID = unsafe state.pointee.slots[index].streamID
            // SAFETY: as above.
            unsafe state.pointee.foundStream = 0
            // SAFETY: the session is alive. INVALID_ARGUMENT when nghttp2 has forgotten the
            // stream; then no callback will name its place either.
            _ = unsafe nghttp2_session_set_stream_user_data(raw, streamID, nil)
            submitReset(streamID, .cancel)
            // SAFETY: as above.
            unsafe state.pointee.slots[index].neverSent = true
            // SAFETY: as above.
            unsafe state.pointee.closed(
                Int32(index), code: HTTP2ErrorCode.refusedStream.rawValue)
        }
    }
}
