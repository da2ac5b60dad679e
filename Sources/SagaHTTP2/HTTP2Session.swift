internal import CNghttp2

/// One end of an HTTP/2 connection without a socket: bytes in, events out, bytes out.
///
/// `receive` takes what came from the peer and leaves events to be taken with `nextEvent`; all
/// other calls change what `drain` will hand out. No call is made from within a callback of
/// nghttp2, and nothing that a peer sends reaches a precondition. A stream that is gone takes
/// calls without effect, since the peer may end it at any time.
@safe package struct HTTP2Session: ~Copyable {
    let raw: OpaquePointer
    let state: StatePointer
    private var isTerminated = false

    /// Makes a session and puts its preface and SETTINGS first in line.
    package init(_ role: HTTP2Role, _ settings: HTTP2Settings) throws(HTTP2Failure) {
        let state = StatePointer.allocate(capacity: 1)
        // SAFETY: just allocated, not yet initialized.
        unsafe state.initialize(to: SessionState(role: role, settings: settings))
        // SAFETY: the state outlives the session, see deinit.
        let made = unsafe Self.makeSession(role, settings, state)
        guard let raw = unsafe made else {
            // SAFETY: initialized above, and nobody else has it.
            unsafe state.deinitialize(count: 1)
            // SAFETY: allocated above.
            unsafe state.deallocate()
            throw .outOfMemory
        }
        unsafe self.raw = raw
        unsafe self.state = state
    }

    deinit {
        // SAFETY: the owner frees each once; nghttp2 first, its callbacks use the state.
        unsafe nghttp2_session_del(raw)
        // SAFETY: as above.
        unsafe state.deinitialize(count: 1)
        // SAFETY: as above.
        unsafe state.deallocate()
    }

    /// NOMEM is the only error of all calls in here; nil stands for it.
    private static func makeSession(
        _ role: HTTP2Role, _ settings: HTTP2Settings, _ state: StatePointer
    ) -> OpaquePointer? {
        var callbacks: OpaquePointer?
        // SAFETY: the place for the result is ours.
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0,
            let callbacks = unsafe callbacks
        else {
            return nil
        }
        // SAFETY: nghttp2 copies the callbacks into the session.
        defer { unsafe nghttp2_session_callbacks_del(callbacks) }
        // SAFETY: the callbacks are alive.
        unsafe SessionCallbacks.install(in: callbacks)
        var option: OpaquePointer?
        // SAFETY: the place for the result is ours.
        guard unsafe nghttp2_option_new(&option) == 0, let option = unsafe option else {
            return nil
        }
        // SAFETY: nghttp2 reads the option during the call that makes the session only.
        defer { unsafe nghttp2_option_del(option) }
        // SAFETY: the option is alive.
        unsafe nghttp2_option_set_no_auto_window_update(option, 1)
        // SAFETY: the option is alive.
        unsafe nghttp2_option_set_no_closed_streams(option, 1)
        var session: OpaquePointer?
        let code: Int32
        switch role {
        case .server:
            // SAFETY: all arguments are alive; the state outlives the session.
            code = unsafe nghttp2_session_server_new2(&session, callbacks, state, option)
        case .client:
            // SAFETY: all arguments are alive; the state outlives the session.
            code = unsafe nghttp2_session_client_new2(&session, callbacks, state, option)
        }
        // SAFETY: the session goes to its owner, or is freed here.
        guard code == 0, let session = unsafe session else { return nil }
        // SAFETY: as above.
        if unsafe announce(session, role, settings) { return unsafe session }
        // SAFETY: as above.
        unsafe nghttp2_session_del(session)
        return nil
    }

    /// Puts the SETTINGS in line; false when there is no memory.
    private static func announce(
        _ session: OpaquePointer, _ role: HTTP2Role, _ settings: HTTP2Settings
    ) -> Bool {
        func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
            nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(value))
        }
        var entries = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.streamWindowBytes),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.maxHeaderListBytes),
            entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
        ]
        switch role {
        case .server:
            entries.append(
                entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams))
        case .client:
            entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        }
        // SAFETY: nghttp2 copies the entries. NOMEM, or INVALID_ARGUMENT for our own numbers.
        let code = unsafe nghttp2_submit_settings(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        precondition(
            code != NGHTTP2_ERR_INVALID_ARGUMENT.rawValue, "settings out of range: \(settings)")
        guard code == 0 else { return false }
        // SAFETY: the session is alive. NOMEM; other errors are for a shrinking window.
        return unsafe nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(settings.connectionWindowBytes))
            == 0
    }

    // MARK: Bytes

    /// Takes bytes of the peer. Ranges of the events are ranges of `bytes`.
    ///
    /// All events of the call before must have been taken. After an error nothing but the end of
    /// the connection is left.
    package mutating func receive(_ bytes: Span<UInt8>) throws(HTTP2Failure) {
        // SAFETY: the state is alive as long as self.
        let open = unsafe state.pointee.eventsTaken == state.pointee.events.count
        precondition(open, "events of the last receive were not taken")
        // SAFETY: as above.
        unsafe state.pointee.forgetHeaders()
        guard !isTerminated, !bytes.isEmpty else { return }
        // SAFETY: nghttp2 reads the buffer during the call only, its callbacks keep offsets.
        let code = unsafe bytes.withUnsafeBufferPointer { buffer in
            // SAFETY: only the address is kept, to subtract from.
            unsafe state.pointee.inputAddress = Int(bitPattern: buffer.baseAddress)
            // SAFETY: as above.
            return unsafe nghttp2_session_mem_recv(raw, buffer.baseAddress, buffer.count)
        }
        if code < 0 { throw Self.failure(code) }
        giveBackConnectionWindow()
        // SAFETY: the state is alive as long as self.
        if let violation = unsafe state.pointee.violation {
            switch violation {
            case .headersOnSkippedStream(let id):
                // SAFETY: as above.
                unsafe state.pointee.counters.protocolErrors += 1
                terminate(.protocolError, reason: "HEADERS on stream \(id), closed by a later one")
            }
        }
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
    package mutating func drain(
        limit: Int, _ sink: (RawSpan) -> Void
    ) throws(HTTP2Failure) -> Bool {
        var total = 0
        while total < limit {
            var data: UnsafePointer<UInt8>?
            // SAFETY: the session is alive; `data` is valid until the next call.
            let count = unsafe nghttp2_session_mem_send(raw, &data)
            if count < 0 { throw Self.failure(count) }
            guard count > 0 else {
                if submitPendingResets() { continue }
                return false
            }
            // SAFETY: nghttp2 gave `count` bytes, valid until its next call, behind the sink.
            sink(unsafe UnsafeRawBufferPointer(start: data, count: count).bytes)
            total += count
        }
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

    // MARK: Events

    /// The next event, oldest first. The place of a closed stream is free once this gave it out.
    package mutating func nextEvent() -> HTTP2Event? {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.takeEvent()
    }

    /// The header fields of the last `receive`.
    package var headerFields: [HeaderField] {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.headerFields
    }

    /// The bytes of ``headerFields``.
    package var headerBytes: [UInt8] {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.headerBytes
    }

    // MARK: The connection

    /// Sends GOAWAY with a reason and takes no further byte; drain, then close.
    package mutating func terminate(_ code: HTTP2ErrorCode, reason: String) {
        guard !isTerminated else { return }
        isTerminated = true
        submitGoAway(code, reason)
    }

    private func submitGoAway(_ code: HTTP2ErrorCode, _ reason: String) {
        let debug = Array(reason.utf8)
        // SAFETY: the session is alive.
        let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
        // SAFETY: nghttp2 copies the debug data. NOMEM; INVALID_ARGUMENT only for more than 16 KiB.
        _ = unsafe nghttp2_submit_goaway(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, debug, debug.count)
    }

    /// Announces that the end is near, and refuses nothing yet (RFC 9113, 6.8): calls that are on
    /// their way are still taken. After a round trip ``goAway(reason:)`` follows.
    package mutating func announceShutdown() {
        // SAFETY: the session is alive. NOMEM; INVALID_STATE on a client, which has no use for it.
        _ = unsafe nghttp2_submit_shutdown_notice(raw)
    }

    /// Takes no further stream and names the last one taken; open streams go on to their end.
    package mutating func goAway(reason: String) {
        submitGoAway(.noError, reason)
    }

    /// Sends a PING; its answer is an event with the same number.
    package mutating func ping(_ number: UInt64) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        // SAFETY: nghttp2 copies eight bytes. NOMEM only.
        _ = unsafe nghttp2_submit_ping(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), bytes)
    }

    /// The debug text of the peer's last GOAWAY.
    package var goAwayReason: String {
        // SAFETY: the state is alive as long as self.
        String(decoding: unsafe state.pointee.goAwayReason, as: UTF8.self)
    }

    /// Streams that are not over, those waiting for their turn at the peer's limit included.
    package var openStreams: Int {
        // SAFETY: the state is alive as long as self.
        unsafe state.pointee.openStreams
    }

    /// Whether nothing remains but closing: no frame is waited for and none is left to send.
    package var isFinished: Bool {
        // SAFETY: the session is alive.
        let wantsWrite = unsafe nghttp2_session_want_write(raw) != 0
        if isTerminated { return !wantsWrite }
        // SAFETY: the session is alive.
        return unsafe !wantsWrite && nghttp2_session_want_read(raw) == 0
    }

    /// Whether `drain` would hand out anything.
    package var wantsToSend: Bool {
        // SAFETY: the session is alive.
        unsafe nghttp2_session_want_write(raw) != 0
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
        unsafe state.pointee.counters
    }
}

extension SessionState {
    mutating func takeEvent() -> HTTP2Event? {
        guard eventsTaken < events.count else {
            if !events.isEmpty {
                events.removeAll(keepingCapacity: true)
                eventsTaken = 0
            }
            return nil
        }
        let event = events[eventsTaken]
        eventsTaken += 1
        if case .closed(let stream, _, _) = event { freeSlot(stream.index) }
        return event
    }
}
