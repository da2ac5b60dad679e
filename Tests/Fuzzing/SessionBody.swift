import SagaHTTP2

/// One end of HTTP/2 against a peer that sends anything.
struct SessionBody: ~Copyable {
    /// What of a run must not depend on how the bytes were cut.
    struct Seen: Equatable {
        /// Events but DATA, in their order on each stream; streams by the order of their heads,
        /// 0 for the connection.
        var events: [Int: [String]] = [:]
        var data: [Int: [UInt8]] = [:]
        var termination: HTTP2Termination?
        var failure: HTTP2Failure?
        var faults: UInt64 = 0
    }

    private let input: FuzzInput
    private let settings: HTTP2Settings
    private var session: HTTP2Session
    private var output: OutputCheck
    private var seen = Seen()
    private var open: Set<HTTP2Stream> = []
    private var names: [HTTP2Stream: Int] = [:]
    private var now = HTTP2Instant(nanoseconds: 1_000_000_000)

    private static let requests = 3
    private static let answer = [UInt8](repeating: 0x61, count: 200)
    private static let head = HeaderList([":status": "200", "content-type": "application/grpc"])
    private static let trailers = HeaderList(["grpc-status": "0"])

    static func run(_ input: FuzzInput) throws {
        let cut = try seen(input, cut: input.cut)
        guard input.has(.isQuiet), input.cut != 0 else { return }
        let whole = try seen(input, cut: 0)
        // Behind the peer's GOAWAY, when all streams are over, nothing more is looked at.
        let goesAway = whole.events[0]?.contains { $0.hasPrefix("goAway") } ?? false
        guard !goesAway else { return }
        try require(
            cut.termination == whole.termination && cut.failure == whole.failure,
            "ends by \(cut.termination as Any) \(cut.failure as Any) when cut,"
                + " by \(whole.termination as Any) \(whole.failure as Any) when whole")
        // Where a connection ends, more or less of what the peer sent has been looked at.
        guard cut.termination == nil, cut.failure == nil else { return }
        try require(cut.events == whole.events, "cut: \(cut.events)\nwhole: \(whole.events)")
        // Of a stream that breaks a rule within a DATA frame, what came before may be told or not.
        guard cut.faults == 0, whole.faults == 0 else { return }
        try require(cut.data == whole.data, "cut: \(cut.data)\nwhole: \(whole.data)")
    }

    private static func seen(_ input: FuzzInput, cut: UInt8) throws -> Seen {
        var body = try SessionBody(input)
        do {
            try body.play(cut)
        } catch let failure as HTTP2Failure {
            body.seen.failure = failure
        }
        body.seen.termination = body.session.termination
        let counters = body.session.counters
        body.seen.faults = counters.protocolErrors + counters.resetsSent
        return body.seen
    }

    private init(_ input: FuzzInput) throws {
        let settings = input.http2Settings
        let output = try OutputCheck(of: input.role)
        let session = try HTTP2Session(input.role, settings)
        self.input = input
        self.settings = settings
        self.output = output
        self.session = session
    }

    private mutating func play(_ cut: UInt8) throws {
        if input.has(.isClient) {
            for place in 0..<Self.requests {
                guard let stream = try session.request(.anyRequest) else { break }
                open.insert(stream)
                if place == 0 { session.end(stream, trailers: nil) }
                if place == 1 { session.send(stream, prefix: nil, Self.answer.span) }
            }
        }
        try drain()
        for (place, read) in input.reads(cut: cut).enumerated() {
            let wasOver = session.termination != nil
            let part = Array(input.bytes[read])
            try session.receive(part.span, now: now)
            try takeEvents(part, isOver: wasOver)
            try checkBounds(part.count)
            if !input.has(.isUnread), !input.has(.isQuiet) { try drain() }
            if place == 1, input.has(.shutsDown), !input.has(.isQuiet) {
                session.announceShutdown()
                session.ping(7)
                session.goAway(reason: "done")
            }
            if !input.has(.isQuiet) { now.nanoseconds += 1_000_000 }
        }
        try drain()
        try checkEnd()
    }

    private mutating func drain() throws {
        for _ in 0..<10_000 {
            var bytes: [UInt8] = []
            while try session.drain(limit: 1 << 14, { bytes.append(raw: $0) }) {}
            try output.take(bytes)
            try takeEvents([], isOver: false)
            guard bytes.isEmpty else { continue }
            let isIdle = session.wantsToSend
            try require(!isIdle, "wants to send, and hands out nothing")
            return
        }
        throw FuzzFailure("output has no end")
    }

    private mutating func takeEvents(_ part: [UInt8], isOver: Bool) throws {
        while let event = session.nextEvent() {
            try require(!isOver, "\(event) behind the end by \(session.termination as Any)")
            switch event {
            case .headers(let stream, let fields, let ends):
                try begin(stream)
                if input.has(.isQuiet) {
                    let texts = session.headerFields[fields].map { field in
                        "\(field.name) \(session.headerBytes[field.nameRange])"
                            + " \(session.headerBytes[field.valueRange])"
                    }
                    note(stream, "headers \(texts)\(ends ? " end" : "")")
                }
                answer(stream)
            case .headersTooLarge(let stream, let ends):
                try begin(stream)
                note(stream, "too large\(ends ? " end" : "")")
                if !input.has(.isQuiet) { session.reset(stream, .cancel) }
            case .data(let stream, let range):
                try require(open.contains(stream), "DATA on \(stream), which is not open")
                if input.has(.isQuiet) { seen.data[name(stream), default: []] += part[range] }
                if !input.has(.isSlow) { session.consumed(stream, range.count) }
            case .dataEnded(let stream):
                try require(open.contains(stream), "end of \(stream), which is not open")
                note(stream, "ended")
                if !input.has(.isQuiet) { session.end(stream, trailers: Self.trailers) }
            case .writable(let stream): note(stream, "writable")
            case .closed(let stream, let code, let neverSent):
                try require(open.remove(stream) != nil, "\(stream) closed, which is not open")
                note(stream, "closed \(code.rawValue) \(neverSent)")
            case .goAway, .ping, .pingAcknowledged, .settingsReceived, .settingsAcknowledged:
                note(nil, "\(event)")
            }
        }
    }

    private mutating func begin(_ stream: HTTP2Stream) throws {
        if open.contains(stream) { return }
        try require(input.role == .server, "response to \(stream), which is not open")
        open.insert(stream)
    }

    private mutating func answer(_ stream: HTTP2Stream) {
        guard !input.has(.isQuiet), input.role == .server else { return }
        session.respond(stream, Self.head, endsStream: false)
        session.send(stream, prefix: ChunkPrefix(flag: 0, length: 200), Self.answer.span)
        if input.has(.isRestless) {
            session.end(stream, trailers: Self.trailers, resetsAfterEnd: true)
        }
    }

    private mutating func note(_ stream: HTTP2Stream?, _ text: @autoclosure () -> String) {
        guard input.has(.isQuiet) else { return }
        seen.events[stream.map { name($0) } ?? 0, default: []].append(text())
    }

    private mutating func name(_ stream: HTTP2Stream) -> Int {
        if let known = names[stream] { return known }
        names[stream] = names.count + 1
        return names.count
    }

    private func checkBounds(_ received: Int) throws {
        let open = session.openStreams
        let most = input.role == .server ? settings.maxConcurrentStreams : Self.requests
        try require(open <= most, "\(open) open streams, \(most) may be")
        try require(open == self.open.count || input.role == .server, "\(open) streams told")
        // A head has nine bytes, and a block that began before may end.
        let blocks = received / FuzzInput.frameHeadBytes + 2
        let kept = session.headerBytes.count
        try require(kept <= blocks * settings.maxHeaderListBytes, "\(kept) bytes of headers")
        let waiting = session.waitingBytes
        try require(
            waiting <= (open + 1) * (Self.answer.count + 5), "\(waiting) bytes wait to be sent")
        if input.has(.smallLimits) {
            let frames = session.waitingFrames
            try require(frames <= 200, "\(frames) frames wait to be sent")
        }
    }

    private mutating func checkEnd() throws {
        guard let termination = session.termination else { return }
        try require(session.isFinished, "not finished after \(termination)")
        try require(!session.wantsToSend, "wants to send after \(termination)")
        try require(output.hasFailedGoAway, "no GOAWAY for \(termination)")
        let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        try session.receive(ping.span, now: now)
        try takeEvents(ping, isOver: true)
        try drain()
    }
}
