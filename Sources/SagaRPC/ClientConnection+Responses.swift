internal import SagaHTTP2

// What a server sends, judged.
extension ClientConnection {
    /// What the fields of a head or of trailers say.
    private struct Fields {
        var httpStatus: Int?
        var isGRPC = false
        var code: RPCCode?
        var hasStatus = false
        var message = ""
        var details: [UInt8] = []
        var encoding: MessageEncoding? = .identity
        var foreignEncoding = ""
        var metadata = Metadata()
        var hasMalformedMetadata = false

        var status: RPCStatus {
            guard hasStatus else { return RPCStatus(.unknown, "trailers without grpc-status") }
            guard let code else { return RPCStatus(.unknown, "unknown grpc-status: \(message)") }
            return RPCStatus(code, message, details: details)
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
            case .status: result.httpStatus = Int(PercentEncoding.decode(value))
            case .contentType: result.isGRPC = value.isGRPCContentType
            case .grpcStatus:
                result.hasStatus = true
                result.code = UInt8(PercentEncoding.decode(value)).flatMap(RPCCode.init(rawValue:))
            case .grpcMessage: result.message = PercentEncoding.decode(value)
            case .grpcStatusDetails:
                if let details = Base64.decode(value) { result.details = details }
            case .grpcEncoding:
                result.encoding = MessageEncoding(value)
                if result.encoding == nil { result.foreignEncoding = value.shown }
            case .other:
                let name = bytes.span.extracting(field.nameRange)
                if !result.metadata.take(name: name, value: value) {
                    result.hasMalformedMetadata = true
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
        if endsStream, fields.hasStatus {
            takeTrailers(stream, index, fields)
            return
        }
        guard fields.httpStatus == 200, fields.isGRPC else {
            let http = fields.httpStatus ?? 0
            let status =
                http == 200
                ? RPCStatus(.unknown, "response is not gRPC (content-type)")
                : RPCStatus(RPCCode(httpStatus: http), "HTTP status \(http)")
            streams[index].phase = .receiving
            give(up: stream, status)
            return
        }
        streams[index].phase = .receiving
        if endsStream {
            end(stream, fields.status, fields.metadata)
        } else if fields.hasMalformedMetadata {
            give(up: stream, RPCStatus(.internal, "metadata with -bin is not base64"))
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
        if streams[index].deframer.isInside, fields.status.code == .ok {
            end(stream, RPCStatus(.internal, "response ended in the middle of a message"))
        } else {
            end(stream, fields.status, fields.metadata)
        }
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
            case .message(let message, isCompressed: false): emit(.message(stream, message))
            case .message(let message, isCompressed: true):
                guard streams[index].encoding != nil else {
                    give(up: stream, .foreignEncoding(streams[index].foreignEncoding))
                    return
                }
                emit(.message(stream, .decompressed(message.copied(from: bytes))))
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
            : RPCStatus(
                RPCCode(reset: code), "stream was reset by the server (code \(code.rawValue))")
        finish(index, CallOutcome(status, reach: reach))
    }

    /// Ends a call by what the server said or failed to say.
    mutating func end(
        _ stream: HTTP2Stream, _ status: RPCStatus, _ metadata: Metadata = Metadata()
    ) {
        guard let index = open(stream) else { return }
        let reach: CallReach = streams[index].phase == .receiving ? .answered : .maybeSeen
        let needsReset = !streams[index].localEnded
        finish(index, CallOutcome(status, metadata: metadata, reach: reach))
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
