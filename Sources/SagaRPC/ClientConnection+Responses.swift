internal import SagaHTTP2

// What a server sends, judged.
extension ClientConnection {
    /// What the fields of a head or of trailers say.
    private struct Fields {
        var httpStatus: Int?
        var isGRPC = false
        /// A content type that is not gRPC's.
        var contentType = ""
        /// What `grpc-status` says; nil without one.
        var code: StatusNumber?
        var message = ""
        var details: [UInt8] = []
        var encoding: MessageEncoding? = .identity
        var foreignEncoding = ""
        var metadata = Metadata()
        var pushback: RetryPushback?
        /// Why the metadata cannot be had.
        var metadataFault: RPCStatus?

        var status: RPCStatus {
            switch code {
            case .none: RPCStatus(.unknown, "trailers without grpc-status")
            case .known(let code): RPCStatus(code, message, details: details)
            case .other(let text):
                RPCStatus(
                    .unknown,
                    "grpc-status \(text) is unknown" + (message.isEmpty ? "" : ": \(message)"))
            }
        }
    }

    /// A `grpc-status`.
    private enum StatusNumber {
        case known(RPCCode)
        /// No number, or none that the document has.
        case other(String)

        init(_ text: Span<UInt8>) {
            if let code = text.decimal.flatMap(UInt8.init(exactly:)).flatMap(RPCCode.init) {
                self = .known(code)
            } else {
                self = .other(text.shown)
            }
        }
    }

    private func parse(_ range: Range<Int>) -> Fields {
        var result = Fields()
        let bytes = session.headerBytes
        let fields = session.headerFields
        for place in range {
            let field = fields[place]
            let value = bytes.span.extracting(field.valueRange)
            switch field.name {
            case .status: result.httpStatus = value.decimal
            case .contentType:
                result.isGRPC = value.isGRPCContentType
                if !result.isGRPC { result.contentType = value.shown }
            case .grpcStatus: result.code = StatusNumber(value)
            case .grpcMessage: result.message = PercentEncoding.decode(value)
            case .grpcStatusDetails:
                if let details = Base64.decode(value) { result.details = details }
            case .grpcEncoding:
                result.encoding = MessageEncoding(value)
                if result.encoding == nil { result.foreignEncoding = value.shown }
            case .other:
                let name = bytes.span.extracting(field.nameRange)
                if name.equals("grpc-retry-pushback-ms") {
                    result.pushback = RetryPushback(value)
                } else if !result.metadata.take(name: name, value: value) {
                    result.metadataFault = .notBase64(name)
                }
            case .method, .path, .scheme, .authority, .te, .userAgent, .acceptEncoding,
                .contentLength, .grpcTimeout, .grpcAcceptEncoding:
                break
            }
        }
        return result
    }

    mutating func takeHeaders(_ stream: HTTP2Stream, _ range: Range<Int>, _ endsStream: Bool) {
        guard let index = open(stream) else { return }
        let fields = parse(range)
        switch streams[index].phase {
        case .ended: break
        case .waiting:
            // 1xx: the real head follows.
            if let status = fields.httpStatus, (100..<200).contains(status), !endsStream { return }
            takeHead(stream, index, fields, endsStream)
        case .receiving:
            guard endsStream else {
                give(up: stream, RPCStatus(.internal, "second head in a response"))
                return
            }
            takeTrailers(stream, index, fields)
        }
    }

    private mutating func takeHead(
        _ stream: HTTP2Stream, _ index: Int, _ fields: Fields, _ endsStream: Bool
    ) {
        if endsStream, fields.code != nil {
            takeTrailers(stream, index, fields)
            return
        }
        guard fields.httpStatus == 200, fields.isGRPC else {
            let http = fields.httpStatus ?? 0
            let type = fields.contentType.isEmpty ? "none" : fields.contentType
            let status = RPCStatus(
                RPCCode(httpStatus: http),
                fields.isGRPC
                    ? "HTTP status \(http)"
                    : "response is not gRPC: HTTP status \(http), content-type \(type)")
            streams[index].phase = .receiving
            give(up: stream, status)
            return
        }
        streams[index].phase = .receiving
        if endsStream {
            end(stream, fields.status, fields.metadata)
        } else if let fault = fields.metadataFault {
            give(up: stream, fault)
        } else {
            streams[index].encoding = fields.encoding
            streams[index].foreignEncoding = fields.foreignEncoding
            emit(.headers(stream, fields.metadata))
        }
    }

    private mutating func takeTrailers(
        _ stream: HTTP2Stream, _ index: Int, _ fields: Fields
    ) {
        streams[index].phase = .receiving
        let status = fields.status
        if status.code == .ok, streams[index].deframer.isInside {
            end(stream, RPCStatus(.internal, "response ended in the middle of a message"))
        } else if status.code == .ok, !streams[index].cardinality.mayEnd {
            end(stream, .noResponse, fields.metadata)
        } else if status.code == .cancelled, hasPassed(index) {
            end(stream, .deadlinePassed)
        } else {
            end(stream, status, fields.metadata, fields.pushback)
        }
    }

    /// Whether a call's deadline has passed. What a server ended for that reason ends so here too,
    /// whichever of the two was first.
    private func hasPassed(_ index: Int) -> Bool {
        streams[index].deadline.map { $0 <= now } ?? false
    }

    mutating func takeData(_ stream: HTTP2Stream, _ range: Range<Int>, _ bytes: Span<UInt8>) {
        guard let index = open(stream) else {
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
                    give(up: stream, .tooManyResponses)
                    return
                }
                guard !isCompressed || streams[index].encoding != nil else {
                    give(up: stream, .foreignEncoding(streams[index].foreignEncoding))
                    return
                }
                emit(
                    .message(
                        stream,
                        isCompressed ? .decompressed(message.copied(from: bytes)) : message))
            case .fault(let fault):
                give(up: stream, fault.status(maxMessageBytes: settings.maxMessageBytes))
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

    mutating func takeClosed(
        _ stream: HTTP2Stream, _ code: HTTP2ErrorCode, _ neverSent: Bool
    ) {
        guard let index = open(stream) else { return }
        let hasHead = streams[index].phase == .receiving
        let reach: CallReach =
            neverSent || (code == .refusedStream && !hasHead)
            ? .neverSeen : hasHead ? .answered : .maybeSeen
        let status =
            neverSent || code == .refusedStream
            ? RPCStatus(.unavailable, "server did not take the call")
            : code == .cancel && hasPassed(index)
                ? .deadlinePassed
                : RPCStatus(
                    RPCCode(reset: code), "stream was reset by the server (code \(code.rawValue))")
        finish(index, CallOutcome(status, reach: reach))
    }

    /// Ends a call by what the server said or failed to say.
    mutating func end(
        _ stream: HTTP2Stream, _ status: RPCStatus, _ metadata: Metadata = Metadata(),
        _ pushback: RetryPushback? = nil
    ) {
        guard let index = open(stream) else { return }
        let reach: CallReach = streams[index].phase == .receiving ? .answered : .maybeSeen
        let needsReset = !streams[index].localEnded
        finish(
            index, CallOutcome(status, metadata: metadata, reach: reach, pushback: pushback))
        if needsReset { session.reset(stream, .noError) }
    }

    /// Ends a call from this side, and tells the server.
    mutating func give(up stream: HTTP2Stream, _ status: RPCStatus) {
        guard let index = open(stream) else { return }
        let reach: CallReach = streams[index].phase == .receiving ? .answered : .maybeSeen
        finish(index, CallOutcome(status, reach: reach))
        session.reset(stream, .cancel)
    }

    mutating func finish(_ index: Int, _ outcome: CallOutcome) {
        let stream = streams[index].stream
        streams[index].phase = .ended
        streams[index].deadline = nil
        streams[index].deframer = Deframer()
        let held = streams[index].heldBytes
        if held > 0 {
            streams[index].heldBytes = 0
            session.consumed(stream, held)
        }
        emit(.ended(stream, outcome))
    }
}

extension RPCStatus {
    /// A server compressed in a way that the request did not offer it.
    fileprivate static func foreignEncoding(_ name: String) -> Self {
        RPCStatus(
            .internal,
            "message is compressed with \(name), which is not among those accepted: "
                + MessageEncoding.acceptedNames)
    }
}
