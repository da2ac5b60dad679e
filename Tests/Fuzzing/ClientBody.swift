import SagaHTTP2
import SagaRPC

/// A gRPC client against a server that sends anything.
struct ClientBody: ~Copyable {
    private let input: FuzzInput
    private let settings: RPCSettings
    private var client: ClientConnection
    private var output: OutputCheck
    /// Calls that have not ended; true: their head has come.
    private var calls: [HTTP2Stream: Bool] = [:]
    private var now = RPCInstant(nanoseconds: 1_000_000_000)

    private static let message = [UInt8](repeating: 0x61, count: 100)

    static func run(_ input: FuzzInput) throws {
        var body = try ClientBody(input)
        do {
            try body.play()
        } catch is HTTP2Failure {
            // Nothing but the end of the connection is left.
        }
        body.client.connectionLost("gone")
        while let event = body.client.nextEvent() { try body.take(event, []) }
        try require(body.calls.isEmpty, "\(body.calls.count) calls have no end")
    }

    private init(_ input: FuzzInput) throws {
        let settings = input.rpcSettings
        let output = try OutputCheck(of: .client)
        let client = try ClientConnection(settings, authority: "a:1", scheme: "http")
        self.input = input
        self.settings = settings
        self.output = output
        self.client = client
    }

    private mutating func play() throws {
        for kind in MethodKind.allCases { try open(kind) }
        try drain()
        for (place, read) in input.reads(cut: input.cut).enumerated() {
            let part = Array(input.bytes[read])
            try client.receive(part.span, now: now)
            while let event = client.nextEvent() { try take(event, part) }
            now.nanoseconds += 1_000_000
            client.expire(now: now)
            try takeRest()
            if !input.has(.isUnread) { try drain() }
            if place == 1, input.has(.shutsDown) {
                client.ping(7)
                try open(.unary)
            }
        }
        try drain()
        guard let termination = client.termination else { return }
        try require(client.isFinished, "not finished after \(termination)")
        try require(output.hasFailedGoAway, "no GOAWAY for \(termination)")
    }

    private mutating func open(_ kind: MethodKind) throws {
        var metadata = Metadata()
        try? metadata.add("a", "b")
        try? metadata.add("c-bin", bytes: [0, 255])
        let opening = try client.open(
            "/t.S/M", metadata, kind: kind,
            deadline: kind == .serverStreaming
                ? RPCInstant(nanoseconds: now.nanoseconds + 20_000_000) : nil,
            now: now)
        guard case .opened(let stream) = opening else { return }
        try require(calls[stream] == nil, "\(stream) opened twice")
        calls[stream] = false
        client.send(stream, Self.message.span)
        if input.has(.isSlow) { client.pauseReceiving(stream) }
        if !input.has(.isRestless) || kind == .unary { client.halfClose(stream) }
    }

    private mutating func drain() throws {
        for _ in 0..<10_000 {
            var bytes: [UInt8] = []
            while try client.drain(limit: 1 << 14, { bytes.append(raw: $0) }) {}
            try output.take(bytes)
            try takeRest()
            guard bytes.isEmpty else { continue }
            let isIdle = client.wantsToSend
            try require(!isIdle, "wants to send, and hands out nothing")
            return
        }
        throw FuzzFailure("output has no end")
    }

    private mutating func takeRest() throws {
        while let event = client.nextEvent() { try take(event, []) }
    }

    private mutating func take(_ event: ClientEvent, _ part: [UInt8]) throws {
        switch event {
        case .headers(let stream, _):
            try require(calls[stream] == false, "head of \(stream), which does not wait for one")
            calls[stream] = true
        case .message(let stream, let message):
            try require(calls[stream] == true, "message on \(stream) without a head")
            let count = message.array(in: part).count
            let limit: Int
            switch message {
            case .input, .assembled: limit = settings.maxMessageBytes
            case .decompressed: limit = settings.maxDecompressedBytes
            }
            try require(count <= limit, "message of \(count) bytes, \(limit) may be")
            if input.has(.isSlow), count % 2 == 0 { client.resumeReceiving(stream) }
            if input.has(.isRestless), count == 3 { client.cancel(stream) }
        case .ended(let stream, let outcome):
            let hadHead = calls.removeValue(forKey: stream)
            try require(hadHead != nil, "\(stream) ended, which is not open")
            try require(
                hadHead == false || outcome.reach == .answered, "\(outcome.reach) with a head")
        case .writable(let stream):
            try require(calls[stream] != nil, "\(stream) writable, which is not open")
        case .ready, .goAway, .pingAcknowledged: break
        }
    }
}
