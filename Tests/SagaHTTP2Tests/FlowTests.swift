import SagaHTTP2
import Testing

/// Windows, both ways.
@Suite struct FlowTests {
    private static let now = HTTP2Instant(nanoseconds: 0)

    private static func server(_ settings: HTTP2Settings) throws -> HTTP2Session {
        var session = try HTTP2Session(.server, settings)
        let hello = Wire.hello
        while try session.drain(limit: 1 << 20, { _ in }) {}
        try session.receive(hello.span, now: now)
        while session.nextEvent() != nil {}
        while try session.drain(limit: 1 << 20, { _ in }) {}
        return session
    }

    private static func small() -> HTTP2Settings {
        var settings = HTTP2Settings()
        settings.streamWindowBytes = 1000
        settings.connectionWindowBytes = 65_535
        return settings
    }

    /// What the session sends for bytes; DATA is consumed or left.
    private static func frames(
        _ session: inout HTTP2Session, _ bytes: [UInt8], consumes: Bool
    ) throws -> [String] {
        var output: [UInt8] = []
        try session.receive(bytes.span, now: now)
        while let event = session.nextEvent() {
            if consumes, case .data(let stream, let range) = event {
                session.consumed(stream, range.count)
            }
        }
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        while session.nextEvent() != nil {}
        return Wire.read(output)
    }

    @Test(
        "a window that is exceeded",
        arguments: [
            (1001, 0, "RST_STREAM 1 3"),
            (1000, 1, "RST_STREAM 1 3"),
        ])
    func streamWindow(first: Int, second: Int, frame: String) throws {
        var bytes = Wire.headers(1, Wire.request) + Wire.data(1, count: first)
        if second > 0 { bytes += Wire.data(1, count: second) }
        let outcome = try Script(settings: Self.small(), bytes: bytes).run()
        #expect(outcome.frames.contains(frame))
        #expect(outcome.counters.resetsProvoked == 1)
        #expect(outcome.termination == nil)
    }

    @Test func theConnectionsWindowIsKeptTo() throws {
        var settings = HTTP2Settings()
        settings.unconsumedCapBytes = 10_000
        settings.connectionWindowBytes = 65_535
        var session = try Self.server(settings)
        var sent = try Self.frames(&session, Wire.requests(2, ends: false), consumes: false)
        // Nothing is consumed: the connection's window is held, and then exceeded.
        for _ in 0..<4 {
            sent += try Self.frames(&session, Wire.data(1, count: 16_000), consumes: false)
        }
        #expect(!sent.contains { $0.hasPrefix("WINDOW_UPDATE 0") })
        sent = try Self.frames(&session, Wire.data(3, count: 16_000), consumes: false)
        #expect(sent == ["GOAWAY 3 3 flow-control window of the connection was exceeded"])
    }

    @Test func aSlowStreamDoesNotHoldUpAnother() throws {
        var session = try Self.server(Self.small())
        _ = try Self.frames(&session, Wire.requests(101, ends: false), consumes: false)
        var sent: [String] = []
        // A hundred streams fill their windows and are not read.
        for place in 0..<100 {
            let data = Wire.data(UInt32(2 * place + 1), count: 1000)
            sent += try Self.frames(&session, data, consumes: false)
        }
        let given = sent.filter { $0.hasPrefix("WINDOW_UPDATE 0") }.compactMap {
            $0.split(separator: " ").last.flatMap { Int($0) }
        }
        #expect(given.reduce(0, +) > 60_000, "the connection's window is given back")
        #expect(
            !sent.contains { $0.hasPrefix("WINDOW_UPDATE ") && !$0.hasPrefix("WINDOW_UPDATE 0") })
        sent = try Self.frames(&session, Wire.data(201, count: 1000), consumes: true)
        #expect(sent.contains("WINDOW_UPDATE 201 1000"))
    }

    @Test func bytesOfAllStreamsTogetherHaveALimit() throws {
        var settings = HTTP2Settings()
        settings.connectionWindowBytes = 65_535
        settings.unconsumedCapBytes = 50_000
        var session = try Self.server(settings)
        _ = try Self.frames(&session, Wire.requests(4, ends: false), consumes: false)
        var sent: [String] = []
        for place in 0..<4 {
            let data = Wire.data(UInt32(2 * place + 1), count: 16_000)
            sent += try Self.frames(&session, data, consumes: false)
        }
        // Two times 16,000 were under the limit, 48,000 too; the rest is held.
        #expect(sent.filter { $0.hasPrefix("WINDOW_UPDATE 0") } == ["WINDOW_UPDATE 0 48000"])
        // The end of a stream frees what it held.
        sent = try Self.frames(&session, Wire.reset(1), consumes: false)
        sent += try Self.frames(&session, Wire.reset(3) + Wire.ping(), consumes: false)
        for _ in 0..<2 {
            sent += try Self.frames(&session, Wire.data(5, count: 16_000), consumes: true)
        }
        #expect(sent.filter { $0.hasPrefix("WINDOW_UPDATE 0") } == ["WINDOW_UPDATE 0 48000"])
    }

    @Test(
        "DATA that nobody takes does not cost the connection's window",
        arguments: [
            // Of a stream that this side has reset.
            Wire.headers(1, Wire.request(with: ["A": "b"])),
            // Of a stream that breaks its content-length.
            Wire.headers(1, Wire.request(with: ["content-length": "0"])),
        ])
    func lateData(head: [UInt8]) throws {
        var session = try Self.server(Self.small())
        _ = try Self.frames(&session, head, consumes: false)
        var given = 0
        for _ in 0..<100 {
            let sent = try Self.frames(
                &session, Wire.data(1, count: 10_000, Wire.padded), consumes: false)
            for frame in sent where frame.hasPrefix("WINDOW_UPDATE 0") {
                given += frame.split(separator: " ").last.flatMap { Int($0) } ?? 0
            }
        }
        #expect(given > 1_000_000 - 65_535)
        let termination = session.termination
        #expect(termination == nil)
    }

    @Test func paddingIsGivenBack() throws {
        var session = try Self.server(Self.small())
        _ = try Self.frames(&session, Wire.requests(1, ends: false), consumes: false)
        var given = 0
        for _ in 0..<100 {
            let padded: [UInt8] = [200] + [UInt8](repeating: 1, count: 250 + 200)
            let data = Wire.frame(0, Wire.padded, 1, padded)
            let sent = try Self.frames(&session, data, consumes: true)
            for frame in sent where frame.hasPrefix("WINDOW_UPDATE 1 ") {
                given += frame.split(separator: " ").last.flatMap { Int($0) } ?? 0
            }
        }
        #expect(given > 45_100 - 1000)
        let termination = session.termination
        #expect(termination == nil)
    }

    // MARK: The peer's windows

    @Test func aZeroWindowHoldsOutputBackAndIsSeen() throws {
        var session = try Self.server(HTTP2Settings())
        let request = Wire.settings([(4, 0)]) + Wire.requests(1)
        var stream: HTTP2Stream?
        try session.receive(request.span, now: Self.now)
        while let event = session.nextEvent() {
            if case .headers(let opened, _, _) = event { stream = opened }
        }
        let opened = try #require(stream)
        session.respond(opened, HeaderList([":status": "200"]), endsStream: false)
        let message = [UInt8](repeating: 7, count: 100)
        session.send(opened, prefix: ChunkPrefix(flag: 0, length: 100), message.span)
        var held = session.isHeldByPeerWindow
        #expect(!held, "there is a head to send first")
        var output: [UInt8] = []
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        #expect(Wire.read(output).last == "HEADERS 1")
        held = session.isHeldByPeerWindow
        #expect(held)
        #expect(session.waitingBytes == 105)
        #expect(session.counters.windowsDrained == 1)
        while try session.drain(limit: 1 << 20, { _ in }) {}
        #expect(session.counters.windowsDrained == 1, "counted once")
        // The window is opened by SETTINGS as well as by WINDOW_UPDATE.
        output = []
        let more = Wire.settings([(4, 5)]) + Wire.windowUpdate(1, 1)
        try session.receive(more.span, now: Self.now)
        while session.nextEvent() != nil {}
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        #expect(Wire.read(output) == ["SETTINGS ack", "DATA 1 6"])
        #expect(session.waitingBytes == 99)
        #expect(session.counters.windowsDrained == 2)
        // A window may become negative; what is missing has to be made up first.
        output = []
        let less = Wire.settings([(4, 0)]) + Wire.windowUpdate(1, 5)
        try session.receive(less.span, now: Self.now)
        while session.nextEvent() != nil {}
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        #expect(Wire.read(output) == ["SETTINGS ack"])
        output = []
        let rest = Wire.windowUpdate(1, 1000)
        session.end(opened, trailers: HeaderList(["x": "1"]))
        try session.receive(rest.span, now: Self.now)
        while session.nextEvent() != nil {}
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        #expect(Wire.read(output) == ["DATA 1 99", "HEADERS 1 end"])
        #expect(session.waitingBytes == 0)
        held = session.isHeldByPeerWindow
        #expect(!held)
    }

    @Test func theConnectionsWindowHoldsAllStreams() throws {
        var session = try Self.server(HTTP2Settings())
        let request = Wire.settings([(4, 1 << 20)]) + Wire.requests(2)
        var streams: [HTTP2Stream] = []
        try session.receive(request.span, now: Self.now)
        while let event = session.nextEvent() {
            if case .headers(let opened, _, _) = event { streams.append(opened) }
        }
        let message = [UInt8](repeating: 7, count: 100_000)
        for stream in streams {
            session.respond(stream, HeaderList([":status": "200"]), endsStream: false)
            session.send(stream, prefix: nil, message.span)
            session.end(stream, trailers: nil)
        }
        while try session.drain(limit: 1 << 20, { _ in }) {}
        let held = session.isHeldByPeerWindow
        #expect(held)
        #expect(session.waitingBytes == 200_000 - 65_535)
        let update = Wire.windowUpdate(0, 1 << 20)
        try session.receive(update.span, now: Self.now)
        while try session.drain(limit: 1 << 20, { _ in }) {}
        while session.nextEvent() != nil {}
        #expect(session.waitingBytes == 0)
        let open = session.openStreams
        #expect(open == 0)
    }
}
