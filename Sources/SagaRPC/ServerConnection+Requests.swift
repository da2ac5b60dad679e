internal import SagaHTTP2

// What a peer sends, judged.
extension ServerConnection {
    /// What the fields of a request say.
    private struct Request {
        enum Verb { case get, head, post, other }
        var verb = Verb.other
        var isGRPC = false
        var pathField: HeaderField?
        var deadline: RPCInstant?
        var metadata = Metadata()
        var encoding = MessageEncoding.identity
        var callerTakesGzip = false
        /// How much body is announced; nil if that is not said.
        var contentLength: Int?
        /// The first thing that makes the call impossible.
        var fault: RPCStatus?
        var faultMetadata = Metadata()
    }

    mutating func begin(_ stream: HTTP2Stream, _ endsStream: Bool) -> Int {
        let index = Int(stream.index)
        // A stream whose head was invalid has a place and no event: places may be left out.
        while streams.count <= index { streams.append(ServerStream(stream: stream)) }
        streams[index].stream = stream
        streams[index].phase = .answered
        streams[index].headSent = false
        streams[index].deadline = nil
        streams[index].tag = 0
        streams[index].heldBytes = 0
        streams[index].isPaused = false
        streams[index].remoteEnded = endsStream
        streams[index].encoding = .identity
        streams[index].callerTakesGzip = false
        streams[index].announced = .identity
        streams[index].sending = .identity
        return index
    }

    mutating func takeHeaders(
        _ stream: HTTP2Stream, _ range: Range<Int>, _ endsStream: Bool, _ now: RPCInstant
    ) {
        if Int(stream.index) < streams.count, streams[Int(stream.index)].stream == stream {
            // Trailers of a request: gRPC gives them no meaning.
            if endsStream { takeEnd(stream) }
            return
        }
        let index = begin(stream, endsStream)
        let bytes = session.headerBytes
        let request = parse(range, bytes, now)
        if request.isGRPC, request.verb != .post {
            respondAndEnd(stream, prepared.postOnly)
            return
        }
        switch request.verb {
        case .get, .head:
            answerPlain(stream, request.pathField, bytes, hasBody: request.verb == .get)
            return
        case .other:
            respondAndEnd(stream, prepared.methodNotAllowed, awaitsRest: hasSmallBody(request))
            return
        case .post: break
        }
        guard request.isGRPC else {
            respondAndEnd(
                stream, prepared.unsupportedMediaType, awaitsRest: hasSmallBody(request))
            return
        }
        let path = request.pathField?.valueRange ?? 0..<0
        guard let method = methods.index(of: bytes.span.extracting(path)) else {
            let name = bytes.span.extracting(path).shown
            refuse(
                stream, RPCStatus(.unimplemented, "unknown method \(name)"),
                isMethodUnknown: true)
            return
        }
        if let fault = request.fault {
            refuse(stream, fault, request.faultMetadata)
            return
        }
        if let deadline = request.deadline, deadline <= now {
            refuse(stream, .deadlinePassed)
            return
        }
        streams[index].phase = .receiving
        streams[index].cardinality = Cardinality(one: methods.kinds[method.rawValue].takesOne)
        streams[index].encoding = request.encoding
        streams[index].callerTakesGzip = request.callerTakesGzip
        if request.callerTakesGzip {
            streams[index].announced = settings.encoding
            streams[index].sending = settings.encoding
        }
        if let deadline = request.deadline {
            streams[index].deadline = deadline
            deadlines.note(deadline)
        }
        emit(
            .opened(
                stream,
                RequestHead(method: method, deadline: request.deadline, metadata: request.metadata))
        )
        if endsStream { takeEnd(stream) }
    }

    private func parse(
        _ range: Range<Int>, _ bytes: [UInt8], _ now: RPCInstant
    ) -> Request {
        var request = Request()
        let fields = session.headerFields
        for place in range {
            let field = fields[place]
            let value = bytes.span.extracting(field.valueRange)
            switch field.name {
            case .method:
                request.verb =
                    value.equals("POST")
                    ? .post : value.equals("GET") ? .get : value.equals("HEAD") ? .head : .other
            case .path: request.pathField = field
            case .contentType: request.isGRPC = value.isGRPCContentType
            case .grpcTimeout:
                if let timeout = RPCTimeout(value) {
                    request.deadline = now.advanced(by: timeout)
                } else {
                    request.fault = RPCStatus(.internal, "malformed grpc-timeout")
                }
            case .grpcEncoding:
                if let encoding = MessageEncoding(value) {
                    request.encoding = encoding
                } else {
                    request.fault = RPCStatus(
                        .unimplemented,
                        "grpc-encoding \(value.shown) is not among those supported: "
                            + MessageEncoding.acceptedNames)
                    request.faultMetadata = .acceptedEncodings
                }
            case .grpcAcceptEncoding:
                if MessageEncoding.listsGzip(value) { request.callerTakesGzip = true }
            case .other:
                let name = bytes.span.extracting(field.nameRange)
                if !request.metadata.take(name: name, value: value) {
                    request.fault = .notBase64(name)
                }
            case .contentLength: request.contentLength = value.decimal
            case .scheme, .authority, .status, .te, .userAgent, .acceptEncoding, .grpcStatus,
                .grpcMessage, .grpcStatusDetails:
                break
            }
        }
        return request
    }

    /// Whether the rest of a plain request is about to come anyway, since it needs no more room
    /// than its sender has from the start.
    ///
    /// Clients such as curl 7.88 lose an answer whose stream is reset while they still send.
    private func hasSmallBody(_ request: Request) -> Bool {
        request.contentLength.map { $0 <= settings.http2.streamWindowBytes } ?? false
    }

    /// Answers plain HTTP/2 on the same port, so that probes and people meet no bare reset.
    private mutating func answerPlain(
        _ stream: HTTP2Stream, _ pathField: HeaderField?, _ bytes: [UInt8], hasBody: Bool
    ) {
        let target = bytes.span.extracting(pathField?.valueRange ?? 0..<0)
        let path = target.extracting(0..<target.countToQuery)
        let (status, text) =
            path.equals("/healthz")
            ? (200, "ok\n")
            : path.equals("/")
                ? (200, "\(settings.programName) \(settings.programVersion)\n")
                : (404, "not found\n")
        let body = Array(text.utf8)
        let head = PreparedResponses.plain(status, bodyBytes: body.count)
        guard hasBody else {
            respondAndEnd(stream, head)
            return
        }
        session.respond(stream, head, endsStream: false)
        session.send(stream, prefix: nil, body.span)
        session.end(
            stream, trailers: nil,
            resetsAfterEnd: !streams[Int(stream.index)].remoteEnded)
    }

    mutating func refuseHeaders(_ stream: HTTP2Stream, _ endsStream: Bool) {
        if isOpen(stream) {
            fail(
                stream,
                RPCStatus(
                    .resourceExhausted,
                    "trailers are over the limit of \(settings.http2.maxHeaderListBytes) bytes"))
            return
        }
        _ = begin(stream, endsStream)
        refuse(
            stream,
            RPCStatus(
                .resourceExhausted,
                "headers are over the limit of \(settings.http2.maxHeaderListBytes) bytes"))
    }

    mutating func takeData(_ stream: HTTP2Stream, _ range: Range<Int>, _ bytes: Span<UInt8>) {
        guard let index = open(stream), streams[index].phase == .receiving else {
            session.consumed(stream, range.count)
            return
        }
        let takesCompressed = streams[index].encoding != .identity
        var place = range.lowerBound
        loop: while true {
            switch streams[index].deframer.next(
                bytes, at: &place, end: range.upperBound,
                maxMessageBytes: settings.maxMessageBytes, takesCompressed: takesCompressed)
            {
            case .message(let message, let isCompressed):
                guard streams[index].cardinality.message() else {
                    fail(stream, .tooManyRequests)
                    return
                }
                emit(
                    .message(
                        stream,
                        isCompressed ? .decompressed(message.copied(from: bytes)) : message))
            case .fault(let fault):
                fail(stream, fault.status(maxMessageBytes: settings.maxMessageBytes))
                return
            case .more: break loop
            }
        }
        if streams[index].isPaused {
            streams[index].heldBytes += range.count
        } else {
            session.consumed(stream, range.count)
        }
    }

    mutating func takeEnd(_ stream: HTTP2Stream) {
        let index = Int(stream.index)
        guard index < streams.count, streams[index].stream == stream else { return }
        streams[index].remoteEnded = true
        guard streams[index].phase == .receiving else { return }
        if streams[index].deframer.isInside {
            fail(stream, RPCStatus(.internal, "request ended in the middle of a message"))
        } else if !streams[index].cardinality.mayEnd {
            fail(stream, .noRequest)
        } else {
            streams[index].phase = .halfClosed
            emit(.halfClosed(stream))
        }
    }

    /// Ends a call for a fault of its caller, and tells the owner.
    mutating func fail(_ stream: HTTP2Stream, _ status: RPCStatus) {
        finish(stream, explained(status))
        emit(.ended(stream, .failed(status)))
    }

    /// Answers a request that never became a call.
    private mutating func refuse(
        _ stream: HTTP2Stream, _ status: RPCStatus, _ metadata: Metadata = Metadata(),
        isMethodUnknown: Bool = false
    ) {
        let explained = explained(status, isMethodUnknown: isMethodUnknown)
        respondAndEnd(stream, PreparedResponses.trailersOnly(explained, metadata))
    }

    /// A status of the connection's own, with the details that the service gives such.
    private func explained(_ status: RPCStatus, isMethodUnknown: Bool = false) -> RPCStatus {
        guard status.details.isEmpty, let explain = settings.explain else { return status }
        return RPCStatus(status.code, status.message, details: explain(status, isMethodUnknown))
    }
}

extension RPCStatus {
    /// A deadline has passed.
    static let deadlinePassed = RPCStatus(.deadlineExceeded, "deadline of the call has passed")

    /// A `-bin` value cannot be read.
    static func notBase64(_ name: Span<UInt8>) -> Self {
        RPCStatus(.internal, "metadata \(name.shown) is not base64")
    }
}

extension Metadata {
    /// What a server says beside the refusal of an unknown `grpc-encoding`.
    static let acceptedEncodings = Metadata(
        unchecked: [
            Entry(name: "grpc-accept-encoding", value: .text(MessageEncoding.acceptedNames))
        ])
}

extension Span<UInt8> {
    /// How long a request's path is without what begins with a question mark.
    var countToQuery: Int {
        var end = 0
        while end < count, self[end] != UInt8(ascii: "?") { end += 1 }
        return end
    }

    /// Whether a `content-type` is gRPC's: `application/grpc`, alone or with `+format` or
    /// `;parameter` behind it.
    var isGRPCContentType: Bool {
        let base = PreparedResponses.contentType.utf8.count
        guard count >= base, extracting(0..<base).equals("application/grpc") else { return false }
        return count == base || self[base] == UInt8(ascii: "+") || self[base] == UInt8(ascii: ";")
    }
}
