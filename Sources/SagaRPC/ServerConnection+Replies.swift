package import SagaHTTP2

// What a server answers. A call that is over takes everything without effect.
extension ServerConnection {
    /// Answers a unary call: head, one message, and OK, in one go.
    package mutating func reply(_ stream: HTTP2Stream, _ message: Span<UInt8>) {
        guard let index = open(stream) else { return }
        let needsReset = !streams[index].remoteEnded
        let headSent = streams[index].headSent
        put(stream, index, message)
        session.end(stream, trailers: prepared.okTrailers, resetsAfterEnd: needsReset)
        if !headSent { session.respond(stream, head(index), endsStream: false) }
        finished(index)
    }

    /// Sends the head with metadata; without this the first message sends one without.
    package mutating func sendHead(_ stream: HTTP2Stream, _ metadata: Metadata = Metadata()) {
        guard let index = open(stream), !streams[index].headSent else { return }
        streams[index].headSent = true
        if metadata.isEmpty {
            session.respond(stream, head(index), endsStream: false)
        } else {
            var head = head(index)
            head.append(metadata)
            session.respond(stream, head, endsStream: false)
        }
    }

    private func head(_ index: Int) -> HeaderList {
        prepared.head(
            streams[index].announced, discloses: streams[index].encoding != .identity)
    }

    /// Says how messages go out from the next one on. Returns whether they will.
    ///
    /// A caller who does not take gzip gets none, and neither does one whom the head has told of
    /// none. A call that is to be compressed in part says gzip first and switches between the
    /// two. What would not become smaller goes out as it is.
    @discardableResult
    package mutating func setCompression(
        _ stream: HTTP2Stream, _ encoding: MessageEncoding
    ) -> Bool {
        guard let index = open(stream) else { return false }
        switch encoding {
        case .identity: break
        case .gzip:
            guard streams[index].callerTakesGzip,
                !streams[index].headSent || streams[index].announced == .gzip
            else { return false }
            streams[index].announced = .gzip
        }
        streams[index].sending = encoding
        return true
    }

    /// Sends one message. Returns how many bytes wait on the call now: a caller who sees more
    /// than the cap stops until the event `writable`.
    @discardableResult
    package mutating func send(_ stream: HTTP2Stream, _ message: Span<UInt8>) -> Int {
        guard let index = open(stream) else { return 0 }
        sendHead(stream)
        return put(stream, index, message)
    }

    /// Puts a message in line, compressed if that was asked for and makes it smaller.
    @discardableResult
    private mutating func put(
        _ stream: HTTP2Stream, _ index: Int, _ message: Span<UInt8>
    ) -> Int {
        if streams[index].sending == .gzip, let small = coder.compressed(message) {
            let prefix = ChunkPrefix(flag: 1, length: UInt32(small.count))
            return session.send(stream, prefix: prefix, small.span)
        }
        let prefix = ChunkPrefix(flag: 0, length: UInt32(message.count))
        return session.send(stream, prefix: prefix, message)
    }

    /// Ends a call with a status, behind the messages sent before.
    package mutating func finish(
        _ stream: HTTP2Stream, _ status: RPCStatus, _ metadata: Metadata = Metadata()
    ) {
        guard let index = open(stream) else { return }
        finished(index)
        guard streams[index].headSent else {
            respondAndEnd(
                stream,
                PreparedResponses.trailersOnly(
                    status, metadata, discloses: streams[index].encoding != .identity))
            return
        }
        let trailers =
            status == .ok && metadata.isEmpty
            ? prepared.okTrailers : PreparedResponses.trailers(status, metadata)
        session.end(
            stream, trailers: trailers, resetsAfterEnd: !streams[index].remoteEnded)
    }

    /// Resets a call without a status; what waits on it is dropped.
    package mutating func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard let index = open(stream) else { return }
        finished(index)
        session.reset(stream, code)
    }

    /// Bytes that wait to be sent on a call.
    package func outgoingBytes(_ stream: HTTP2Stream) -> Int { session.outgoingBytes(stream) }

    /// Lowers the cap of one call below that of the settings.
    package mutating func setOutgoingCap(_ stream: HTTP2Stream, bytes: Int) {
        session.setOutgoingCap(stream, bytes: bytes)
    }

    /// Stops giving the caller room: it can send what its window holds, then waits.
    package mutating func pauseReceiving(_ stream: HTTP2Stream) {
        guard let index = open(stream) else { return }
        streams[index].isPaused = true
    }

    /// Gives the caller the room back that was held.
    package mutating func resumeReceiving(_ stream: HTTP2Stream) {
        guard let index = open(stream), streams[index].isPaused else { return }
        streams[index].isPaused = false
        let held = streams[index].heldBytes
        streams[index].heldBytes = 0
        session.consumed(stream, held)
    }

    /// `awaitsRest`: what still comes of the request is taken and dropped, and not reset.
    mutating func respondAndEnd(
        _ stream: HTTP2Stream, _ head: HeaderList, awaitsRest: Bool = false
    ) {
        if !streams[Int(stream.index)].remoteEnded, !awaitsRest { session.resetAfterEnd(stream) }
        session.respond(stream, head, endsStream: true)
    }

    private mutating func finished(_ index: Int) {
        streams[index].phase = .answered
        streams[index].deadline = nil
        if streams[index].deframer.isInside { streams[index].deframer = Deframer() }
        let held = streams[index].heldBytes
        if held > 0 {
            streams[index].heldBytes = 0
            session.consumed(streams[index].stream, held)
        }
    }
}
