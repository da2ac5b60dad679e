package import SagaHTTP2

/// The server's end of one connection: gRPC over HTTP/2 without a socket and without a clock.
///
/// Bytes go in with `receive`, what callers did comes out of `nextEvent`, and what is to be sent
/// out of `drain`. All four kinds of methods are alike in here: messages each way, then an end.
/// A call that is over takes every call of these methods without effect.
package struct ServerConnection: ~Copyable {
    var session: HTTP2Session
    var streams: [ServerStream] = []
    var deadlines = DeadlineScan()
    private let shared: SharedRPCSettings
    var settings: RPCSettings { shared.values }
    let methods: MethodTable
    let prepared = PreparedResponses.shared
    let coder: MessageCoder
    private var events: [ServerEvent] = []
    private var eventsTaken = 0
    private var shutdown = Shutdown.none
    private var shutdownReason = ""

    /// How far an orderly end is.
    private enum Shutdown: Equatable {
        /// Can transition to: announced.
        case none
        /// The peer was told; calls on their way are taken until it answers.
        /// Can transition to: last.
        case announced
        /// No further call is taken.
        case last
    }

    /// The number of the PING whose answer says that all calls on their way have arrived.
    private static let shutdownPing: UInt64 = 0x7361_6761_6472_6169
    /// The number of the PING that asks whether the peer is there.
    private static let keepalivePing: UInt64 = 0x7361_6761_6c69_7665

    /// Makes a connection; its SETTINGS are first in line to be sent.
    package init(_ settings: RPCSettings, methods: MethodTable) throws(HTTP2Failure) {
        try self.init(
            SharedRPCSettings(settings), methods: methods, coder: MessageCoder(),
            memory: HTTP2Memory())
    }

    /// Makes a connection like others; those of one thread share `coder` and `memory`.
    package init(
        _ settings: SharedRPCSettings, methods: MethodTable, coder: MessageCoder,
        memory: HTTP2Memory
    ) throws(HTTP2Failure) {
        session = try HTTP2Session(.server, settings.http2, memory)
        shared = settings
        self.methods = methods
        self.coder = coder
    }

    // MARK: Bytes and events

    /// Takes bytes of the peer. All events of the call before must have been taken.
    ///
    /// After an error only ``connectionLost()`` is left.
    package mutating func receive(
        _ bytes: Span<UInt8>, now: RPCInstant
    ) throws(HTTP2Failure) {
        try session.receive(bytes, now: HTTP2Instant(nanoseconds: now.nanoseconds))
        while let event = session.nextEvent() { take(event, bytes, now) }
    }

    /// Hands out what is to be sent, until there is no more or `limit` bytes are reached.
    /// Returns whether there may be more.
    package mutating func drain(
        limit: Int, _ sink: (RawSpan) -> Void
    ) throws(HTTP2Failure) -> Bool {
        let more = try session.drain(limit: limit, sink)
        let empty: [UInt8] = []
        while let event = session.nextEvent() {
            take(event, empty.span, RPCInstant(nanoseconds: 0))
        }
        return more
    }

    /// The next event, oldest first. Ranges are those of the last `receive`.
    package mutating func nextEvent() -> ServerEvent? {
        while eventsTaken < events.count {
            let event = events[eventsTaken]
            eventsTaken += 1
            guard case .message(let stream, .decompressed(let small)) = event else { return event }
            // Now and not on arrival: a few bytes may become many, and are not to do so for more
            // messages than one at once.
            guard isOpen(stream) else { continue }
            do throws(RPCStatus) {
                let bytes = try coder.decompressed(small, limit: settings.maxDecompressedBytes)
                return .message(stream, .decompressed(bytes))
            } catch {
                events.removeSubrange(..<eventsTaken)
                eventsTaken = 0
                events.removeAll { $0.stream == stream }
                fail(stream, error)
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
    mutating func emit(_ event: ServerEvent) { events.append(event) }

    private mutating func take(_ event: HTTP2Event, _ bytes: Span<UInt8>, _ now: RPCInstant) {
        switch event {
        case .headers(let stream, let fields, let endsStream):
            takeHeaders(stream, fields, endsStream, now)
        case .headersTooLarge(let stream, let endsStream):
            refuseHeaders(stream, endsStream)
        case .data(let stream, let range): takeData(stream, range, bytes)
        case .dataEnded(let stream): takeEnd(stream)
        case .writable(let stream):
            if isOpen(stream) { emit(.writable(stream)) }
        case .closed(let stream, _, _):
            let index = Int(stream.index)
            guard index < streams.count, streams[index].stream == stream else { return }
            if streams[index].phase != .answered { emit(.ended(stream, .cancelled)) }
            close(index)
        case .pingAcknowledged(Self.shutdownPing) where shutdown == .announced:
            shutdown = .last
            session.goAway(reason: shutdownReason)
        case .goAway, .ping, .pingAcknowledged, .settingsReceived, .settingsAcknowledged: break
        }
    }

    private mutating func close(_ index: Int) {
        streams[index].phase = .answered
        streams[index].deadline = nil
        streams[index].deframer = Deframer()
    }

    /// The place of a call that was opened and is not finished.
    // Inlined: else the whole connection is copied for it.
    @inline(__always) func open(_ stream: HTTP2Stream) -> Int? {
        let index = Int(stream.index)
        guard index < streams.count, streams[index].stream == stream,
            streams[index].phase != .answered
        else { return nil }
        return index
    }

    /// Whether a call can still be written to.
    package func isOpen(_ stream: HTTP2Stream) -> Bool { open(stream) != nil }

    // MARK: The caller's own number

    /// Ties a number of the owner to a call.
    package mutating func setTag(_ stream: HTTP2Stream, _ tag: UInt64) {
        let index = Int(stream.index)
        guard index < streams.count, streams[index].stream == stream else { return }
        streams[index].tag = tag
    }

    /// The owner's number of a call that is open; 0 if there is none.
    ///
    /// Mutating by name only: a call that merely borrows is given a copy of the connection.
    package mutating func openTag(_ stream: HTTP2Stream) -> UInt64 {
        open(stream).map { streams[$0].tag } ?? 0
    }

    /// The owner's number of a call, also of one that has just ended; 0 if there is none.
    package func tag(_ stream: HTTP2Stream) -> UInt64 {
        let index = Int(stream.index)
        guard index < streams.count, streams[index].stream == stream else { return 0 }
        return streams[index].tag
    }

    // MARK: Deadlines

    /// A moment before which no deadline is due; ``expire(now:)`` wants to be called then.
    package var nextDeadline: RPCInstant? { deadlines.earliest }

    /// Ends the calls whose deadline has passed: the caller gets DEADLINE_EXCEEDED.
    package mutating func expire(now: RPCInstant) {
        guard deadlines.isDue(now) else { return }
        for index in streams.indices {
            guard let deadline = streams[index].deadline, streams[index].phase != .answered
            else { continue }
            if deadline > now {
                deadlines.note(deadline)
            } else {
                let stream = streams[index].stream
                if session.outgoingBytes(stream) > 0 {
                    // A status would wait behind messages that nobody wants any more.
                    reset(stream, .cancel)
                } else {
                    finish(stream, .deadlinePassed)
                }
                emit(.ended(stream, .deadlineExceeded))
            }
        }
    }

    // MARK: The end

    /// Begins an orderly end: tells the peer, takes what is on its way, lets open calls end.
    ///
    /// - Parameter reason: what the peer is told, in the GOAWAY behind which nothing more is taken.
    package mutating func beginShutdown(reason: String = "server is shutting down") {
        guard shutdown == .none else { return }
        shutdown = .announced
        shutdownReason = reason
        session.announceShutdown()
        session.ping(Self.shutdownPing)
    }

    /// Ends the connection for a reason that the peer is told; drain, then close.
    package mutating func terminate(_ code: HTTP2ErrorCode, reason: String) {
        session.terminate(code, reason: reason)
    }

    /// Ends all open calls with an event each, since the socket is gone.
    package mutating func connectionLost() {
        for index in streams.indices where streams[index].phase != .answered {
            emit(.ended(streams[index].stream, .connectionLost))
            close(index)
        }
    }

    /// Whether the socket is to be closed: everything is sent, and nothing more is waited for.
    package var isFinished: Bool { session.isFinished }

    /// Whether there is something to drain.
    package var wantsToSend: Bool { session.wantsToSend }

    /// Sends a PING: a peer that is there answers, and any byte of it is an answer.
    package mutating func ping() { session.ping(Self.keepalivePing) }

    /// Bytes that wait on all calls together.
    package var waitingBytes: Int { session.waitingBytes }

    /// Whether a call has something to send that only the peer's windows hold back.
    package var isHeldByPeerWindow: Bool { session.isHeldByPeerWindow }

    /// Whether the peer's preface and SETTINGS have come.
    package var isPeerReady: Bool { session.isPeerReady }

    /// Whether a header block has begun to arrive and has not ended.
    package var isInsideHeaderBlock: Bool { session.isInsideHeaderBlock }

    /// Streams that are not over.
    package var openStreams: Int { session.openStreams }

    /// Why this side ended the connection; nil while it has not.
    package var termination: HTTP2Termination? { session.termination }

    /// What the peer made this connection do so far.
    package var counters: HTTP2Counters { session.counters }
}
