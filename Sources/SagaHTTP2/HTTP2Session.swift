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
    /// Kept alive for nghttp2.
    let memory: HTTP2Memory

    /// What HPACK's table has until SETTINGS say otherwise (RFC 9113, 6.5.2).
    private static let initialHeaderTableBytes = 4096

    /// Makes a session and puts its preface and SETTINGS first in line.
    package init(_ role: HTTP2Role, _ settings: HTTP2Settings) throws(HTTP2Failure) {
        try self.init(role, SharedHTTP2Settings(settings), HTTP2Memory())
    }

    /// Makes a session like others: they hold the settings together, and those of one thread may
    /// share the memory.
    package init(
        _ role: HTTP2Role, _ settings: SharedHTTP2Settings, _ memory: HTTP2Memory
    ) throws(HTTP2Failure) {
        let state = StatePointer.allocate(capacity: 1)
        // SAFETY: just allocated, not yet initialized.
        unsafe state.initialize(to: SessionState(role: role, settings: settings))
        // SAFETY: the state outlives the session, see deinit.
        let made = unsafe Self.makeSession(role, settings.values, state, memory)
        guard let raw = unsafe made else {
            // SAFETY: initialized above, and nobody else has it.
            unsafe state.deinitialize(count: 1)
            // SAFETY: allocated above.
            unsafe state.deallocate()
            throw .outOfMemory
        }
        unsafe self.raw = raw
        unsafe self.state = state
        self.memory = memory
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
        _ role: HTTP2Role, _ settings: HTTP2Settings, _ state: StatePointer,
        _ memory: HTTP2Memory
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
        // SAFETY: the option is alive.
        unsafe limit(option, settings.limits)
        // SAFETY: the option is alive.
        unsafe nghttp2_option_set_max_deflate_dynamic_table_size(
            option, headerTableBytes(role, settings.limits))
        var session: OpaquePointer?
        let code: Int32
        switch role {
        case .server:
            // SAFETY: all arguments are alive; state and memory outlive the session.
            code = unsafe nghttp2_session_server_new3(
                &session, callbacks, state, option, memory.table)
        case .client:
            // SAFETY: all arguments are alive; state and memory outlive the session.
            code = unsafe nghttp2_session_client_new3(
                &session, callbacks, state, option, memory.table)
        }
        // SAFETY: the session goes to its owner, or is freed here.
        guard code == 0, let session = unsafe session else { return nil }
        // SAFETY: as above.
        if unsafe announce(session, role, settings) { return unsafe session }
        // SAFETY: as above.
        unsafe nghttp2_session_del(session)
        return nil
    }

    /// Puts nghttp2's own limits out of the way of the gate's, which come with a reason.
    private static func limit(_ option: OpaquePointer, _ limits: HTTP2Limits) {
        // SAFETY: the option is alive in this and all following calls.
        unsafe nghttp2_option_set_max_outbound_ack(option, limits.waitingAnswers + 8)
        // SAFETY: as above.
        unsafe nghttp2_option_set_max_settings(option, limits.settingsEntries)
        // Debian's 1.52 counts a frame again for each piece in which its head arrives.
        // SAFETY: as above.
        unsafe nghttp2_option_set_max_continuations(
            option, (limits.continuations + 1) * FrameHead.byteCount)
        // SAFETY: as above.
        unsafe nghttp2_option_set_stream_reset_rate_limit(option, 1 << 32, 1 << 32)
    }

    /// How much of what it sends a side keeps for HPACK. A server says few different things, and
    /// has many connections.
    private static func headerTableBytes(_ role: HTTP2Role, _ limits: HTTP2Limits) -> Int {
        switch role {
        case .server: min(limits.headerTableBytes, 1024)
        case .client: limits.headerTableBytes
        }
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
        if settings.limits.headerTableBytes != Self.initialHeaderTableBytes {
            entries.append(
                entry(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, settings.limits.headerTableBytes))
        }
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
