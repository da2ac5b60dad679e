internal import CNghttp2

// What is done on one stream. A stream that is over takes every call without effect.
extension HTTP2Session {
    /// Whether a stream can still be written to or consumed from.
    package func isLive(_ stream: HTTP2Stream) -> Bool {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.live(stream) != nil
    }

    /// The number that the stream has on the wire; 0 for one that is over.
    package func streamID(_ stream: HTTP2Stream) -> Int32 {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return 0 }
        // SAFETY: as above.
        return unsafe state.pointee.slots[index].streamID
    }

    /// Whether `drain` has handed out a request's head: before, no server can have seen it.
    package func isRequestSent(_ stream: HTTP2Stream) -> Bool {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return true }
        // SAFETY: as above.
        return unsafe state.pointee.slots[index].requestSent
    }

    private func provider(_ index: Int) -> nghttp2_data_provider {
        // SAFETY: the source is a number, not memory.
        unsafe nghttp2_data_provider(
            source: nghttp2_data_source(fd: Int32(index)),
            read_callback: SessionCallbacks.readSource)
    }

    /// Opens a stream with a request (client). The request leaves when the peer's limit of
    /// streams allows. Nil: the connection's stream numbers are used up, or the peer goes away.
    package mutating func request(_ head: HeaderList) throws(HTTP2Failure) -> HTTP2Stream? {
        // SAFETY: the state is alive as long as self.
        guard unsafe !state.pointee.peerGoesAway, unsafe state.pointee.termination == nil
        else { return nil }
        // SAFETY: the state is alive as long as self.
        let index = unsafe state.pointee.openSlot(0)
        // SAFETY: see `provider`.
        var provider = unsafe provider(Int(index))
        let code = unsafe head.withNameValues {
            // SAFETY: nghttp2 copies the fields and the provider; the user data is a number.
            unsafe nghttp2_submit_request(
                raw, nil, $0.baseAddress, $0.count, &provider,
                SessionCallbacks.userData(forPlace: index))
        }
        guard code > 0 else {
            // SAFETY: as above.
            unsafe state.pointee.freeSlot(index)
            if code == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE.rawValue { return nil }
            // NOMEM; PROTO on a server, INVALID_ARGUMENT for a stream that depends on itself.
            throw Self.failure(Int(code))
        }
        // SAFETY: as above.
        unsafe state.pointee.slots[Int(index)].streamID = code
        // SAFETY: as above.
        unsafe state.pointee.slots[Int(index)].hasSource = true
        // SAFETY: as above.
        return unsafe state.pointee.handle(index)
    }

    /// Sends a response's head (server); with `endsStream` nothing follows it.
    package mutating func respond(
        _ stream: HTTP2Stream, _ head: HeaderList, endsStream: Bool
    ) {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return }
        // SAFETY: as above.
        let streamID = unsafe state.pointee.slots[index].streamID
        // SAFETY: as above.
        unsafe state.pointee.slots[index].hasSource = !endsStream
        // SAFETY: see `provider`.
        var provider = unsafe provider(index)
        // Errors: NOMEM; DATA_EXIST, PROTO, INVALID_ARGUMENT are our bugs. A stream that cannot
        // be answered is reset, so that no side waits for ever.
        let code = unsafe head.withNameValues { fields in
            // SAFETY: nghttp2 copies the fields and the provider.
            unsafe withUnsafePointer(to: &provider) { provider in
                unsafe nghttp2_submit_response(
                    raw, streamID, fields.baseAddress, fields.count, endsStream ? nil : provider)
            }
        }
        if code != 0 { submitReset(streamID, .internalError) }
    }

    /// Puts bytes behind those that wait on a stream. Returns how many wait now; 0 when the
    /// stream is over.
    @discardableResult
    package mutating func send(
        _ stream: HTTP2Stream, prefix: ChunkPrefix?, _ bytes: Span<UInt8>
    ) -> Int {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return 0 }
        // SAFETY: as above.
        let waiting = unsafe state.pointee.enqueue(index, prefix, bytes)
        wake(index)
        return waiting
    }

    /// Ends this side's half behind the waiting bytes, with trailers if there are any.
    ///
    /// `resetsAfterEnd`: the rest of the peer's half is not wanted.
    package mutating func end(
        _ stream: HTTP2Stream, trailers: HeaderList?, resetsAfterEnd: Bool = false
    ) {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return }
        // SAFETY: as above.
        unsafe state.pointee.slots[index].ending = trailers.map { .trailers($0) } ?? .bare
        if resetsAfterEnd { resetAfterEnd(stream) }
        wake(index)
    }

    /// Resets the stream behind the end of this side's half, if the peer's half is open then.
    package mutating func resetAfterEnd(_ stream: HTTP2Stream) {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return }
        // SAFETY: as above.
        unsafe state.pointee.slots[index].resetsAfterEnd = true
    }

    /// Ends the stream at once; what waits on it is dropped.
    package mutating func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return }
        // SAFETY: as above.
        unsafe state.pointee.slots[index].isResetByUser = true
        // SAFETY: as above.
        unsafe submitReset(state.pointee.slots[index].streamID, code)
    }

    /// Bytes that wait to be sent on a stream.
    package func outgoingBytes(_ stream: HTTP2Stream) -> Int {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return 0 }
        // SAFETY: as above.
        return unsafe state.pointee.slots[index].outgoingCount
    }

    /// Lowers the cap of one stream below that of the settings, for bytes sent from now on.
    package mutating func setOutgoingCap(_ stream: HTTP2Stream, bytes: Int) {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return }
        // SAFETY: as above.
        unsafe state.pointee.slots[index].outgoingCapBytes = bytes
    }

    /// Gives the peer room for as many bytes more on the stream.
    ///
    /// The connection's window is given back by `receive` itself, so that one slow stream does not
    /// hold up the others, unless too much of all streams together is not consumed.
    package mutating func consumed(_ stream: HTTP2Stream, _ count: Int) {
        // SAFETY: the state is alive as long as self.
        guard let index = unsafe state.pointee.live(stream) else { return }
        // SAFETY: as above.
        unsafe state.pointee.consumed(index, count)
        giveBackConnectionWindow()
        // SAFETY: as above.
        guard count > 0, unsafe !state.pointee.slots[index].remoteEnded else { return }
        // SAFETY: the session is alive. NOMEM; INVALID_STATE without the option that we set.
        _ = unsafe nghttp2_session_consume_stream(
            raw, state.pointee.slots[index].streamID, count)
    }

    func giveBackConnectionWindow() {
        // SAFETY: the state is alive as long as self.
        let count = unsafe state.pointee.takeConnectionBytes()
        guard count > 0 else { return }
        // SAFETY: the session is alive. NOMEM; INVALID_STATE without the option that we set.
        _ = unsafe nghttp2_session_consume_connection(raw, count)
    }

    /// Tells nghttp2 that a stream it had given up asking has bytes or an end now.
    private func wake(_ index: Int) {
        // SAFETY: the state is alive as long as self.
        guard unsafe state.pointee.slots[index].isDeferred else { return }
        // SAFETY: as above.
        unsafe state.pointee.slots[index].isDeferred = false
        // SAFETY: the session is alive. NOMEM; INVALID_ARGUMENT when the stream has no deferred
        // data, which is so when it was closed meanwhile.
        _ = unsafe nghttp2_session_resume_data(raw, state.pointee.slots[index].streamID)
    }
}

extension SessionState {
    /// DATA bytes whose room on the connection can be given back.
    mutating func takeConnectionBytes() -> Int {
        guard unconsumedBytes <= settings.unconsumedCapBytes else { return 0 }
        defer { connectionBytes = 0 }
        return connectionBytes
    }

    mutating func sentRequest(_ index: Int32) {
        slots[Int(index)].requestSent = true
        gate.sentRequest()
    }

    mutating func enqueue(_ index: Int, _ prefix: ChunkPrefix?, _ bytes: Span<UInt8>) -> Int {
        slots[index].outgoing.append(prefix, bytes)
        waitingBytes += bytes.count + (prefix == nil ? 0 : ChunkPrefix.byteCount)
        let waiting = slots[index].outgoingCount
        if waiting > outgoingCapBytes(index) { slots[index].wasFull = true }
        return waiting
    }

    /// How many bytes may wait on a stream before its caller is to stop.
    func outgoingCapBytes(_ index: Int) -> Int {
        min(settings.outgoingCapBytes, slots[index].outgoingCapBytes)
    }
}
