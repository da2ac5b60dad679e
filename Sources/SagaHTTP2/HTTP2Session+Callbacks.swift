internal import CNghttp2

/// What a callback's user data points to.
typealias StatePointer = UnsafeMutablePointer<SessionState>

/// The callbacks, as C functions; nghttp2 forbids send and receive in them, so they only tell the
/// state and answer 0.
@safe enum SessionCallbacks {
    /// A stream's place, as nghttp2 keeps it for us plus one; nil when the stream has none.
    private static func place(
        _ session: OpaquePointer?, _ state: StatePointer, _ streamID: Int32
    ) -> Int32? {
        // SAFETY: see `state`.
        if streamID != 0, unsafe state.pointee.foundStream == streamID {
            // SAFETY: see `state`.
            return unsafe state.pointee.foundPlace
        }
        // SAFETY: the session is alive in its own callback; the pointer is never followed.
        let data = unsafe nghttp2_session_get_stream_user_data(session, streamID)
        // Only the address is read, a number put there by `userData(forPlace:)`.
        let number = Int(bitPattern: data)
        guard number != 0 else { return nil }
        // SAFETY: see `state`.
        unsafe state.pointee.foundStream = streamID
        // SAFETY: see `state`.
        unsafe state.pointee.foundPlace = Int32(number - 1)
        return Int32(number - 1)
    }

    /// The number that stands for a place in nghttp2's stream user data.
    static func userData(forPlace index: Int32) -> UnsafeMutableRawPointer? {
        // SAFETY: an address that is never followed.
        unsafe UnsafeMutableRawPointer(bitPattern: Int(index) + 1)
    }

    private static func state(_ userData: UnsafeMutableRawPointer?) -> StatePointer {
        // SAFETY: the session was made with this pointer, and its owner frees it after nghttp2.
        unsafe userData.unsafelyUnwrapped.assumingMemoryBound(to: SessionState.self)
    }

    static func install(in callbacks: OpaquePointer) {
        // SAFETY: `callbacks` is alive; the functions capture nothing.
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, beginFrame)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, beginHeaders)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, header)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameReceived)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataChunk)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frameNotSent)
        // SAFETY: as above.
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
            callbacks, invalidFrame)
    }

    private static let beginFrame: nghttp2_on_begin_frame_callback = { _, head, userData in
        // SAFETY: nghttp2 gives the head of the frame, valid during the call.
        let type = unsafe head.unsafelyUnwrapped.pointee.type
        // SAFETY: see `state`.
        if type == FrameType.headers.rawValue { unsafe state(userData).pointee.gate.beganHeaders() }
        return 0
    }

    private static let beginHeaders: nghttp2_on_begin_headers_callback = {
        session, frame, userData in
        // SAFETY: every frame begins with its header, valid during the call.
        let streamID = unsafe frame.unsafelyUnwrapped.pointee.hd.stream_id
        // SAFETY: nghttp2 calls this for HEADERS only (push is off), so `headers` is the member.
        let category = unsafe frame.unsafelyUnwrapped.pointee.headers.cat
        // SAFETY: see `state`.
        if category == NGHTTP2_HCAT_REQUEST, unsafe state(userData).pointee.takesStreams {
            // SAFETY: see `state`.
            let index = unsafe state(userData).pointee.openSlot(streamID)
            // SAFETY: the stream was just opened, and the data is a number, not memory.
            _ = unsafe nghttp2_session_set_stream_user_data(
                session, streamID, SessionCallbacks.userData(forPlace: index))
            // SAFETY: see `state`.
            unsafe state(userData).pointee.foundStream = streamID
            // SAFETY: see `state`.
            unsafe state(userData).pointee.foundPlace = index
        }
        // SAFETY: see `state`.
        unsafe state(userData).pointee.beganBlock()
        return 0
    }

    private static let header: nghttp2_on_header_callback = {
        _, _, name, nameCount, value, valueCount, _, userData in
        // SAFETY: nghttp2 gives `nameCount` bytes, never nil, valid during the call.
        let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameCount)
        // SAFETY: nghttp2 gives `valueCount` bytes, never nil, valid during the call.
        let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueCount)
        // SAFETY: the spans end with this call; for the state see `state`.
        let isKept = unsafe state(userData).pointee.header(
            name: nameBytes.span, value: valueBytes.span)
        // The stream is reset and the rest of the block decompressed without callbacks.
        return isKept ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }

    private static let frameReceived: nghttp2_on_frame_recv_callback = {
        session, frame, userData in
        // SAFETY: every frame begins with its header, valid during the call.
        let head = unsafe frame.unsafelyUnwrapped.pointee.hd
        let endsStream = head.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        let isAck = head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
        // SAFETY: see `state`.
        let state = unsafe state(userData)
        switch UInt32(head.type) {
        case NGHTTP2_HEADERS.rawValue:
            // SAFETY: see `place`.
            guard let index = unsafe place(session, state, head.stream_id) else { return 0 }
            // SAFETY: see `state`.
            unsafe state.pointee.endedBlock(index, endsStream: endsStream)
        case NGHTTP2_DATA.rawValue:
            // SAFETY: see `place`.
            guard endsStream, let index = unsafe place(session, state, head.stream_id)
            else { return 0 }
            // SAFETY: see `state`.
            unsafe state.pointee.dataEnded(index)
        case NGHTTP2_SETTINGS.rawValue:
            // SAFETY: see `state`.
            if !isAck { unsafe state.pointee.isPeerReady = true }
            // SAFETY: see `state`.
            unsafe state.pointee.events.append(isAck ? .settingsAcknowledged : .settingsReceived)
        case NGHTTP2_PING.rawValue:
            // SAFETY: the type says that `ping` is the member.
            let bytes = unsafe frame.unsafelyUnwrapped.pointee.ping.opaque_data
            // SAFETY: both types are eight plain bytes.
            let number = unsafe unsafeBitCast(bytes, to: UInt64.self).bigEndian
            // SAFETY: see `state`.
            unsafe state.pointee.counters.pingsReceived += isAck ? 0 : 1
            // SAFETY: see `state`.
            unsafe state.pointee.events.append(isAck ? .pingAcknowledged(number) : .ping(number))
        case NGHTTP2_GOAWAY.rawValue:
            // SAFETY: the type says that `goaway` is the member.
            let goAway = unsafe frame.unsafelyUnwrapped.pointee.goaway
            // SAFETY: nghttp2 gives this many bytes of debug data, valid during the call.
            let reason = unsafe UnsafeBufferPointer(
                start: goAway.opaque_data, count: goAway.opaque_data_len)
            // SAFETY: see `state`; the span ends with this call.
            unsafe state.pointee.receivedGoAway(
                lastStreamID: goAway.last_stream_id, HTTP2ErrorCode(rawValue: goAway.error_code),
                reason: reason.span)
        default: break  // nothing that concerns anybody above; types are an open set
        }
        return 0
    }

    private static let dataChunk: nghttp2_on_data_chunk_recv_callback = {
        session, _, streamID, data, count, userData in
        // SAFETY: see `state`.
        let state = unsafe state(userData)
        // SAFETY: see `state`.
        unsafe state.pointee.connectionBytes += count
        // SAFETY: see `place`.
        guard let index = unsafe place(session, state, streamID) else { return 0 }
        // SAFETY: the chunk lies in the bytes given to `receive`; only its address is read.
        unsafe state.pointee.data(index, address: Int(bitPattern: data), count: count)
        return 0
    }

    private static let streamClosed: nghttp2_on_stream_close_callback = {
        session, streamID, code, userData in
        // SAFETY: see `state`.
        let state = unsafe state(userData)
        // SAFETY: see `place`.
        guard let index = unsafe place(session, state, streamID) else { return 0 }
        // The place is free for another stream from now on.
        // SAFETY: see `state`.
        unsafe state.pointee.foundStream = 0
        // SAFETY: see `state`.
        unsafe state.pointee.closed(index, code: code)
        return 0
    }

    private static let frameSent: nghttp2_on_frame_send_callback = { session, frame, userData in
        // SAFETY: every frame begins with its header, valid during the call.
        let head = unsafe frame.unsafelyUnwrapped.pointee.hd
        // SAFETY: see `state`.
        let state = unsafe state(userData)
        // SAFETY: see `state`.
        unsafe state.pointee.counters.framesSent += 1
        switch UInt32(head.type) {
        case NGHTTP2_DATA.rawValue, NGHTTP2_HEADERS.rawValue:
            let isData = UInt32(head.type) == NGHTTP2_DATA.rawValue
            // SAFETY: see `state`.
            unsafe state.pointee.gate.sentWork(isData: isData)
            // SAFETY: see `state`.
            unsafe state.pointee.counters.answersSent += 1
            // SAFETY: the type says that `headers` is the member.
            let isRequest =
                unsafe !isData
                && frame.unsafelyUnwrapped.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
            let endsStream = head.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            // SAFETY: see `place`.
            guard isRequest || endsStream, let index = unsafe place(session, state, head.stream_id)
            else { break }
            // SAFETY: see `state`.
            if isRequest { unsafe state.pointee.sentRequest(index) }
            // SAFETY: see `state`.
            if endsStream { unsafe state.pointee.sentEndOfStream(index) }
        case NGHTTP2_RST_STREAM.rawValue:
            // SAFETY: the type says that `rst_stream` is the member.
            let code = unsafe frame.unsafelyUnwrapped.pointee.rst_stream.error_code
            // SAFETY: see `state` and `place`.
            unsafe state.pointee.sentReset(
                place(session, state, head.stream_id), HTTP2ErrorCode(rawValue: code))
        case NGHTTP2_SETTINGS.rawValue, NGHTTP2_PING.rawValue:
            guard head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 else { break }
            // SAFETY: see `state`.
            unsafe state.pointee.gate.sentAnswer()
        case NGHTTP2_GOAWAY.rawValue:
            // SAFETY: the type says that `goaway` is the member.
            let goAway = unsafe frame.unsafelyUnwrapped.pointee.goaway
            // SAFETY: nghttp2 gives this many bytes of debug data, valid during the call.
            let reason = unsafe UnsafeBufferPointer(
                start: goAway.opaque_data, count: goAway.opaque_data_len)
            // SAFETY: see `state`; the span ends with this call.
            unsafe state.pointee.sentGoAway(
                lastStreamID: goAway.last_stream_id, HTTP2ErrorCode(rawValue: goAway.error_code),
                reason: reason.span)
        default: break  // nothing is kept of others; types are an open set
        }
        return 0
    }

    private static let frameNotSent: nghttp2_on_frame_not_send_callback = {
        session, frame, _, userData in
        // SAFETY: every frame begins with its header, valid during the call.
        let head = unsafe frame.unsafelyUnwrapped.pointee.hd
        // SAFETY: see `state`.
        let state = unsafe state(userData)
        // SAFETY: see `place`.
        guard UInt32(head.type) == NGHTTP2_HEADERS.rawValue,
            let index = unsafe place(session, state, head.stream_id)
        else { return 0 }
        // SAFETY: the type says that `headers` is the member.
        if unsafe frame.unsafelyUnwrapped.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
            // SAFETY: see `state`.
            unsafe state.pointee.slots[Int(index)].neverSent = true
        }
        return 0
    }

    private static let invalidFrame: nghttp2_on_invalid_frame_recv_callback = {
        _, _, _, userData in
        // SAFETY: see `state`.
        unsafe state(userData).pointee.counters.protocolErrors += 1
        return 0
    }

    /// Gives nghttp2 at most as many bytes of a stream as it asks for, and says how it goes on.
    static let readSource: nghttp2_data_source_read_callback = {
        session, streamID, buffer, length, flags, source, userData in
        // SAFETY: the source was made by `HTTP2Session.provider`, so `fd` is the member.
        let index = unsafe Int(source.unsafelyUnwrapped.pointee.fd)
        // SAFETY: see `state`.
        let state = unsafe state(userData)
        // SAFETY: see `state`; the place of a stream that nghttp2 knows is in the table.
        let waiting = unsafe state.pointee.slots[index].outgoingCount
        let count = min(waiting, length)
        if count > 0 {
            // SAFETY: `count` bytes are in the array from `outgoingStart` and fit the buffer.
            unsafe state.pointee.slots[index].outgoing.withUnsafeBufferPointer { bytes in
                let start = unsafe state.pointee.slots[index].outgoingStart
                // SAFETY: both ranges were checked above, and they do not overlap.
                unsafe buffer.unsafelyUnwrapped.update(
                    from: bytes.baseAddress.unsafelyUnwrapped + start, count: count)
            }
            // SAFETY: see `state`.
            unsafe state.pointee.sent(Int32(index), count: count)
        }
        guard count == waiting else { return count }
        // SAFETY: see `state`.
        switch unsafe state.pointee.slots[index].ending {
        case .none:
            guard count == 0 else { return 0 + count }
            // SAFETY: see `state`.
            unsafe state.pointee.slots[index].isDeferred = true
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .bare:
            // SAFETY: nghttp2 gives a place for the flags.
            unsafe flags.unsafelyUnwrapped.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        case .trailers(let trailers):
            // SAFETY: nghttp2 gives a place for the flags.
            unsafe flags.unsafelyUnwrapped.pointee |=
                NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            // SAFETY: trailers may be submitted here; nghttp2 copies them.
            let code = unsafe trailers.withNameValues {
                // SAFETY: the vector is valid during the closure.
                unsafe nghttp2_submit_trailer(session, streamID, $0.baseAddress, $0.count)
            }
            // NOMEM; INVALID_ARGUMENT is for stream 0.
            if code != 0 { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        }
        return count
    }
}
