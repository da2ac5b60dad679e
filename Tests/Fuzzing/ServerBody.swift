import SagaHTTP2
import SagaRPC

/// A gRPC server against a client that sends anything.
struct ServerBody: ~Copyable {
    /// How far a call is, as its events tell.
    private enum Phase { case open, halfClosed }

    private let input: FuzzInput
    private let settings: RPCSettings
    private var server: ServerConnection
    private var output: OutputCheck
    private var calls: [HTTP2Stream: Phase] = [:]
    private var methods: [HTTP2Stream: MethodIndex] = [:]
    private var received: [HTTP2Stream: [UInt8]] = [:]
    private var now = RPCInstant(nanoseconds: 1_000_000_000)

    /// One method of each kind, and what a corpus made by other programs asks for.
    private static let table = MethodTable(
        ["/t.S/U", "/t.S/C", "/t.S/S", "/t.S/B", "/test.Service/Echo"],
        kinds: MethodKind.allCases + [.bidirectional])

    static func run(_ input: FuzzInput) throws {
        var body = try ServerBody(input)
        do {
            try body.play()
        } catch is HTTP2Failure {
            // Nothing but the end of the connection is left.
        }
        try body.close()
    }

    private init(_ input: FuzzInput) throws {
        let settings = input.rpcSettings
        let output = try OutputCheck(of: .server)
        let server = try ServerConnection(settings, methods: Self.table)
        self.input = input
        self.settings = settings
        self.output = output
        self.server = server
    }

    private mutating func play() throws {
        for (place, read) in input.reads(cut: input.cut).enumerated() {
            let part = Array(input.bytes[read])
            try server.receive(part.span, now: now)
            try takeEvents(part)
            let open = server.openStreams
            try require(open <= settings.http2.maxConcurrentStreams, "\(open) open streams")
            now.nanoseconds += 1_000_000
            server.expire(now: now)
            try takeEvents([])
            if !input.has(.isUnread) { try drain() }
            if place == 1, input.has(.shutsDown) { server.beginShutdown() }
        }
        try drain()
        now.nanoseconds += 1_000_000_000_000_000
        server.expire(now: now)
        try takeEvents([])
        try drain()
        guard let termination = server.termination else { return }
        try require(server.isFinished, "not finished after \(termination)")
        try require(output.hasFailedGoAway, "no GOAWAY for \(termination)")
    }

    /// The socket is gone: each call that is open is told, once.
    private mutating func close() throws {
        server.connectionLost()
        while let event = server.nextEvent() { try take(event, []) }
        try require(calls.isEmpty, "\(calls.count) calls have no end")
    }

    private mutating func drain() throws {
        for _ in 0..<10_000 {
            var bytes: [UInt8] = []
            while try server.drain(limit: 1 << 14, { bytes.append(raw: $0) }) {}
            try output.take(bytes)
            try takeEvents([])
            guard bytes.isEmpty else { continue }
            let isIdle = server.wantsToSend
            try require(!isIdle, "wants to send, and hands out nothing")
            return
        }
        throw FuzzFailure("output has no end")
    }

    private mutating func takeEvents(_ part: [UInt8]) throws {
        while let event = server.nextEvent() { try take(event, part) }
    }

    private mutating func take(_ event: ServerEvent, _ part: [UInt8]) throws {
        switch event {
        case .opened(let stream, let head):
            try require(calls[stream] == nil, "\(stream) opened twice")
            calls[stream] = .open
            methods[stream] = head.method
            received[stream] = []
            try begin(stream, head)
        case .message(let stream, let message):
            try require(calls[stream] == .open, "message on \(stream), which is not open")
            let bytes = message.array(in: part)
            try check(message, bytes)
            received[stream] = bytes
            if head(stream).takesOne == false { answer(stream, bytes) }
        case .halfClosed(let stream):
            try require(calls[stream] == .open, "end of \(stream), which is not open")
            calls[stream] = .halfClosed
            let bytes = received[stream] ?? []
            if input.has(.isSlow) { server.resumeReceiving(stream) }
            if head(stream).givesOne {
                server.reply(stream, bytes.span)
            } else {
                answer(stream, bytes)
                server.finish(stream, RPCStatus(.ok), metadata)
            }
            over(stream)
        case .ended(let stream, _):
            try require(calls[stream] != nil, "\(stream) ended, which is not open")
            over(stream)
        case .writable(let stream):
            try require(calls[stream] != nil, "\(stream) writable, which is not open")
        }
    }

    private mutating func over(_ stream: HTTP2Stream) {
        calls[stream] = nil
        methods[stream] = nil
        received[stream] = nil
    }

    private func head(_ stream: HTTP2Stream) -> MethodKind {
        methods[stream].map { Self.table.kinds[$0.rawValue] } ?? .bidirectional
    }

    private func check(_ message: MessageBytes, _ bytes: [UInt8]) throws {
        let limit: Int
        switch message {
        case .input, .assembled: limit = settings.maxMessageBytes
        case .decompressed: limit = settings.maxDecompressedBytes
        }
        try require(bytes.count <= limit, "message of \(bytes.count) bytes, \(limit) may be")
    }

    private mutating func begin(_ stream: HTTP2Stream, _ head: RequestHead) throws {
        if input.has(.isSlow) { server.pauseReceiving(stream) }
        guard input.has(.isRestless) else { return }
        server.setCompression(stream, .gzip)
        // Text that a peer sent need not be text that may be sent.
        server.sendHead(stream, metadata)
        if head.metadata.text("cut") != nil {
            server.finish(stream, RPCStatus(.aborted, "caf\u{e9} %", details: [0, 1]), metadata)
            over(stream)
        }
    }

    private mutating func answer(_ stream: HTTP2Stream, _ bytes: [UInt8]) {
        let waiting = server.send(stream, bytes.span)
        if input.has(.isRestless), waiting > 1 << 16 {
            server.reset(stream, .cancel)
            over(stream)
        }
    }

    private var metadata: Metadata {
        var metadata = Metadata()
        try? metadata.add("a", "b")
        try? metadata.add("c-bin", bytes: [0, 255])
        return metadata
    }
}

extension FuzzInput {
    var rpcSettings: RPCSettings {
        let isSmall = has(.smallLimits)
        return RPCSettings(
            http2: http2Settings, maxMessageBytes: isSmall ? 64 : 1 << 16,
            maxDecompressedBytes: isSmall ? 128 : 1 << 18,
            encoding: has(.isRestless) ? .gzip : .identity, programName: "fuzz",
            programVersion: "1")
    }
}

extension MessageBytes {
    /// The message, found in what was received if it is there.
    func array(in bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .input(let range): Array(bytes[range])
        case .assembled(let array), .decompressed(let array): array
        }
    }
}
