package import SagaHTTP2

/// The client's end of one connection: gRPC over HTTP/2 without a socket and without a clock.
///
/// Bytes go in with `receive`, what the server did comes out of `nextEvent`, and what is to be
/// sent out of `drain`. Every call that was opened ends with exactly one event `ended`. A call
/// that is over takes every call of these methods without effect.
package struct ClientConnection: ~Copyable {
    var session: HTTP2Session
    var streams: [ClientStream] = []
    var deadlines = DeadlineScan()
    private let shared: SharedRPCSettings
    var settings: RPCSettings { shared.values }
    let coder: MessageCoder
    private let authority: String
    private let scheme: String
    private var pseudoHeaders: [String: HeaderList] = [:]
    /// Those of the last call: most are followed by another one of the same method.
    private var lastPath = ""
    private var lastHeaders = HeaderList()
    /// The head of the call that is being opened; kept for its room.
    private var head = HeaderList()
    private var hasSentTimeout = false
    /// What all calls have beside their pseudo-headers.
    private let commonFields: HeaderList
    private var events: [ClientEvent] = []
    private var eventsTaken = 0
    private var goneAway: String?
    /// The latest moment that was told.
    private(set) var now = RPCInstant(nanoseconds: 0)

    /// Makes a connection; preface and SETTINGS are first in line to be sent.
    ///
    /// `authority` is what the server is called, HOST:PORT; `scheme` is `http` or `https`.
    /// Connections of one thread may share a `coder`.
    package init(
        _ settings: RPCSettings, authority: String, scheme: String,
        coder: MessageCoder = MessageCoder()
    ) throws(HTTP2Failure) {
        shared = SharedRPCSettings(settings)
        session = try HTTP2Session(.client, shared.http2, HTTP2Memory())
        self.coder = coder
        commonFields = HeaderList([
            "te": "trailers", "content-type": PreparedResponses.contentType,
            "grpc-accept-encoding": MessageEncoding.acceptedNames,
            "user-agent": "\(settings.programName)/\(settings.programVersion)",
        ])
        self.authority = authority
        self.scheme = scheme
    }

    // MARK: Bytes and events

    /// Takes bytes of the peer. All events of the call before must have been taken.
    ///
    /// After an error only ``connectionLost(_:)`` is left.
    package mutating func receive(
        _ bytes: Span<UInt8>, now: RPCInstant
    ) throws(HTTP2Failure) {
        self.now = now
        try session.receive(bytes, now: HTTP2Instant(nanoseconds: now.nanoseconds))
        while let event = session.nextEvent() { take(event, bytes) }
    }

    /// Hands out what is to be sent, until there is no more or `limit` bytes are reached.
    /// Returns whether there may be more. Calls may end by this.
    package mutating func drain(
        limit: Int, _ sink: (RawSpan) -> Void
    ) throws(HTTP2Failure) -> Bool {
        let more = try session.drain(limit: limit, sink)
        let empty: [UInt8] = []
        while let event = session.nextEvent() { take(event, empty.span) }
        return more
    }

    /// The next event, oldest first. Ranges are those of the last `receive`.
    package mutating func nextEvent() -> ClientEvent? {
        while eventsTaken < events.count {
            let event = events[eventsTaken]
            eventsTaken += 1
            guard case .message(let stream, .decompressed(let small)) = event else { return event }
            // Now and not on arrival, see the server's.
            do throws(RPCStatus) {
                let bytes = try coder.decompressed(small, limit: settings.maxDecompressedBytes)
                return .message(stream, .decompressed(bytes))
            } catch {
                events.removeSubrange(..<eventsTaken)
                eventsTaken = 0
                events.removeAll { $0.stream == stream }
                if isOpen(stream) {
                    give(up: stream, error)
                } else {
                    // The server's end had come already; the message before it decides.
                    emit(.ended(stream, CallOutcome(error, reach: .answered)))
                }
            }
        }
        if !events.isEmpty {
            events.removeAll(keepingCapacity: true)
            eventsTaken = 0
        }
        return nil
    }

    /// Puts an event behind those that wait; a message that is `decompressed` there is in truth
    /// still compressed.
    mutating func emit(_ event: ClientEvent) { events.append(event) }

    private mutating func take(_ event: HTTP2Event, _ bytes: Span<UInt8>) {
        switch event {
        case .headers(let stream, let fields, let endsStream):
            takeHeaders(stream, fields, endsStream)
        case .headersTooLarge(let stream, _):
            if let index = open(stream) { streams[index].phase = .receiving }
            give(
                up: stream,
                RPCStatus(
                    .resourceExhausted,
                    "headers are over the limit of \(settings.http2.maxHeaderListBytes) bytes"))
        case .data(let stream, let range): takeData(stream, range, bytes)
        case .dataEnded(let stream):
            end(stream, RPCStatus(.internal, "response ended without a status"))
        case .writable(let stream):
            if isOpen(stream) { emit(.writable(stream)) }
        case .closed(let stream, let code, let neverSent):
            takeClosed(stream, code, neverSent)
        case .goAway(_, let code):
            goneAway = session.goAwayReason
            emit(.goAway(code, reason: session.goAwayReason))
        case .pingAcknowledged(let number): emit(.pingAcknowledged(number))
        case .settingsReceived: emit(.ready)
        case .ping, .settingsAcknowledged: break
        }
    }

    // MARK: Calls

    /// Opens a call of a method, `/package.Service/Method`; its messages follow with `send`.
    ///
    /// A call over the server's limit of streams waits in here. `deadline` is enforced on both
    /// sides: the server is told what is left at `now`. `encoding` is that of its messages; without
    /// one the settings say it. A `kind` with one message in its response is held to that.
    package mutating func open(
        _ path: String, _ metadata: Metadata = Metadata(), kind: MethodKind = .bidirectional,
        deadline: RPCInstant? = nil, encoding: MessageEncoding? = nil, now: RPCInstant
    ) throws(HTTP2Failure) -> CallOpening {
        self.now = now
        if let goneAway {
            return .refused(RPCStatus(.unavailable, "connection is going away: \(goneAway)"))
        }
        let encoding = encoding ?? settings.encoding
        makeHead(path, timeout: deadline.map { now.remaining(until: $0) }, encoding, metadata)
        guard let stream = try session.request(head) else {
            return .refused(RPCStatus(.unavailable, "stream numbers of the connection are used up"))
        }
        let index = Int(stream.index)
        while streams.count <= index { streams.append(ClientStream(stream: stream)) }
        streams[index] = ClientStream(
            stream: stream, phase: .waiting, cardinality: Cardinality(one: kind.givesOne),
            announced: encoding, sending: encoding, deadline: deadline)
        if let deadline { deadlines.note(deadline) }
        return .opened(stream)
    }

    /// Makes ``head``: pseudo-headers, behind them a timeout, then all else (gRPC's
    /// `PROTOCOL-HTTP2`, Requests).
    private mutating func makeHead(
        _ path: String, timeout: RPCTimeout?, _ encoding: MessageEncoding, _ metadata: Metadata
    ) {
        head.removeAll()
        head.append(pseudoHeaders(path))
        if let timeout {
            // The first one puts the name into HPACK's table; no later value is worth a place.
            head.append("grpc-timeout", isIndexed: !hasSentTimeout) { timeout.writeText(to: &$0) }
            hasSentTimeout = true
        }
        head.append(commonFields)
        if encoding != .identity { head.append("grpc-encoding", encoding.name) }
        if !metadata.isEmpty { head.append(metadata) }
    }

    /// The pseudo-headers of a method's calls.
    private mutating func pseudoHeaders(_ path: String) -> HeaderList {
        if path == lastPath { return lastHeaders }
        let headers =
            pseudoHeaders[path]
            ?? HeaderList([
                ":method": "POST", ":scheme": scheme, ":path": path, ":authority": authority,
            ])
        pseudoHeaders[path] = headers
        lastPath = path
        lastHeaders = headers
        return headers
    }

    /// The place of a call that has not ended.
    // Inlined: else the whole connection is copied for it.
    @inline(__always) func open(_ stream: HTTP2Stream) -> Int? {
        let index = Int(stream.index)
        guard index < streams.count, streams[index].stream == stream,
            streams[index].phase != .ended
        else { return nil }
        return index
    }

    /// Whether a call has not ended.
    package func isOpen(_ stream: HTTP2Stream) -> Bool { open(stream) != nil }

    /// Sends one message. Returns how many bytes wait on the call now: a caller who sees more
    /// than the cap stops until the event `writable`.
    @discardableResult
    package mutating func send(_ stream: HTTP2Stream, _ message: Span<UInt8>) -> Int {
        guard let index = open(stream), !streams[index].localEnded else { return 0 }
        if streams[index].sending == .gzip, let small = coder.compressed(message) {
            let prefix = ChunkPrefix(flag: 1, length: UInt32(small.count))
            return session.send(stream, prefix: prefix, small.span)
        }
        let prefix = ChunkPrefix(flag: 0, length: UInt32(message.count))
        return session.send(stream, prefix: prefix, message)
    }

    /// Says how messages go out from the next one on. Returns whether they will: gzip needs a call
    /// that was opened with it. What would not become smaller goes out as it is.
    @discardableResult
    package mutating func setCompression(
        _ stream: HTTP2Stream, _ encoding: MessageEncoding
    ) -> Bool {
        guard let index = open(stream),
            encoding == .identity || encoding == streams[index].announced
        else { return false }
        streams[index].sending = encoding
        return true
    }

    /// Says that nothing more is sent.
    package mutating func halfClose(_ stream: HTTP2Stream) {
        guard let index = open(stream), !streams[index].localEnded else { return }
        streams[index].localEnded = true
        session.end(stream, trailers: nil)
    }

    /// Gives a call up: the server is told, and the call ends as CANCELLED.
    package mutating func cancel(_ stream: HTTP2Stream) {
        give(up: stream, RPCStatus(.cancelled, "call was cancelled by its caller"))
    }

    /// Bytes that wait to be sent on a call.
    package func outgoingBytes(_ stream: HTTP2Stream) -> Int { session.outgoingBytes(stream) }

    /// Stops giving the server room: it can send what its window holds, then waits.
    package mutating func pauseReceiving(_ stream: HTTP2Stream) {
        guard let index = open(stream) else { return }
        streams[index].isPaused = true
    }

    /// Gives the server the room back that was held.
    package mutating func resumeReceiving(_ stream: HTTP2Stream) {
        guard let index = open(stream), streams[index].isPaused else { return }
        streams[index].isPaused = false
        let held = streams[index].heldBytes
        streams[index].heldBytes = 0
        session.consumed(stream, held)
    }

    /// Ties a number of the owner to a call.
    package mutating func setTag(_ stream: HTTP2Stream, _ tag: UInt64) {
        guard let index = open(stream) else { return }
        streams[index].tag = tag
    }

    /// The owner's number of a call, also while its last events are taken; 0 if none.
    ///
    /// Mutating by name only, see the server's.
    package mutating func tag(_ stream: HTTP2Stream) -> UInt64 {
        let index = Int(stream.index)
        guard index < streams.count, streams[index].stream == stream else { return 0 }
        return streams[index].tag
    }

    // MARK: Deadlines

    /// A moment before which no deadline is due; ``expire(now:)`` wants to be called then.
    package var nextDeadline: RPCInstant? { deadlines.earliest }

    /// Ends the calls whose deadline has passed with DEADLINE_EXCEEDED.
    package mutating func expire(now: RPCInstant) {
        self.now = now
        guard deadlines.isDue(now) else { return }
        for index in streams.indices {
            guard let deadline = streams[index].deadline, streams[index].phase != .ended
            else { continue }
            if deadline > now {
                deadlines.note(deadline)
            } else {
                give(up: streams[index].stream, .deadlinePassed)
            }
        }
    }

    // MARK: The connection

    /// Sends a PING; its answer is an event with the same number.
    package mutating func ping(_ number: UInt64) { session.ping(number) }

    /// Ends the connection for a reason that the peer is told; drain, then close.
    package mutating func terminate(_ code: HTTP2ErrorCode, reason: String) {
        session.terminate(code, reason: reason)
    }

    /// Ends all open calls as UNAVAILABLE, since the socket is gone; those whose request was not
    /// handed out by `drain` end as `neverSeen`.
    package mutating func connectionLost(_ reason: String) {
        let status = RPCStatus(.unavailable, reason)
        for index in streams.indices where streams[index].phase != .ended {
            let stream = streams[index].stream
            if session.isRequestSent(stream) {
                end(stream, status)
            } else {
                finish(index, CallOutcome(status, reach: .neverSeen))
            }
        }
    }

    /// Whether the connection takes further calls.
    package var takesCalls: Bool { goneAway == nil }

    /// How many calls the server lets run at once.
    package var peerMaxConcurrentStreams: Int { session.peerMaxConcurrentStreams }

    /// Streams that are not over.
    package var openStreams: Int { session.openStreams }

    /// Whether the socket is to be closed: everything is sent, and nothing more is waited for.
    package var isFinished: Bool { session.isFinished }

    /// Whether there is something to drain.
    package var wantsToSend: Bool { session.wantsToSend }

    /// Why this side ended the connection; nil while it has not.
    package var termination: HTTP2Termination? { session.termination }

    /// What the peer made this connection do so far.
    package var counters: HTTP2Counters { session.counters }
}
