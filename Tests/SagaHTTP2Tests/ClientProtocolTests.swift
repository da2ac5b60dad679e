import SagaHTTP2
import Testing

/// RFC 9113 as a client sees it.
@Suite struct ClientProtocolTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: [UInt8]
        var frames: [String]
        var events: [String]

        init(
            _ name: String, _ bytes: [UInt8], _ frames: [String] = [], _ events: [String] = []
        ) {
            testDescription = name
            self.bytes = bytes
            self.frames = frames
            self.events = events
        }
    }

    private static let head = Wire.headers(1, Wire.response())
    private static let ends = Wire.endHeaders | Wire.endStream
    private static let end = Wire.headers(1, Wire.block(["x": "1"]), ends)

    static let connectionErrors: [Case] = [
        Case(
            "a request of the server", Wire.headers(2, Wire.request),
            ["GOAWAY 0 1 request HEADERS: client received request"]),
        Case(
            "a response to no request", Wire.headers(3, Wire.response()),
            ["GOAWAY 0 1 request HEADERS: client received request"]),
        Case(
            "DATA ahead of a head", Wire.data(1, "x"),
            ["GOAWAY 0 1 DATA: stream not opened"]),
        Case(
            "DATA behind the end", head + end + Wire.data(1, "x"),
            ["GOAWAY 0 5 DATA on stream 1, which the peer has ended"]),
        Case(
            "HEADERS behind the end", head + end + end,
            ["GOAWAY 0 5 HEADERS on stream 1, which the peer has ended"]),
        Case(
            "PUSH_PROMISE when push is off and the server knows",
            Wire.frame(5, Wire.endHeaders, 1, Wire.number(2) + Wire.request),
            ["GOAWAY 0 1 PUSH_PROMISE: push disabled"]),
        Case(
            "a server that turns push on", Wire.settings([(2, 1)]),
            ["GOAWAY 0 1 SETTINGS: server attempted to enable push"]),
        Case(
            "GOAWAY that names a stream of the server", Wire.goAway(2),
            ["GOAWAY 0 1 GOAWAY: invalid last_stream_id"]),
        Case(
            "GOAWAY that takes more than the one before", Wire.goAway(1) + Wire.goAway(3),
            ["GOAWAY 0 1 GOAWAY: invalid last_stream_id"]),
        Case(
            "a block that is no HPACK", Wire.headers(1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ["GOAWAY 0 9 header block cannot be decompressed"]),
        Case(
            "PING of a wrong size", Wire.frame(6, 0, 0, [1]),
            ["GOAWAY 0 6 PING: payload of 1 bytes, expected 8"]),
        Case(
            "CONTINUATION out of nowhere", Wire.continuation(1, []),
            ["GOAWAY 0 1 CONTINUATION: unexpected"]),
    ]

    @Test("connection errors", arguments: connectionErrors)
    func connectionError(example: Case) throws {
        let script = Script(role: .client, bytes: example.bytes, requests: 1)
        let outcome = try script.runInAllPieces()
        #expect(outcome.frames.last == example.frames[0])
        #expect(outcome.isFinished)
        let reason = try #require(outcome.termination?.reason)
        #expect(example.frames[0].hasSuffix(reason))
    }

    static let streamErrors: [Case] = [
        Case("no :status", Wire.headers(1, Wire.block(["a": "b"])), ["RST_STREAM 1 1"]),
        Case("a :status of two digits", Wire.headers(1, Wire.response("20")), ["RST_STREAM 1 1"]),
        Case("101", Wire.headers(1, Wire.response("101")), ["RST_STREAM 1 1"]),
        Case(
            "1xx with the end of the stream", Wire.headers(1, Wire.response("103"), ends),
            ["RST_STREAM 1 1"]),
        Case(
            "DATA behind 1xx", Wire.headers(1, Wire.response("100")) + Wire.data(1, "x"),
            ["RST_STREAM 1 1"]),
        Case(
            "a request's pseudo-header",
            Wire.headers(1, Wire.block([":status": "200", ":path": "/"])),
            ["RST_STREAM 1 1"]),
        Case(
            "an upper-case name", Wire.headers(1, Wire.block([":status": "200", "A": "b"])),
            ["RST_STREAM 1 1"]),
        Case(
            "connection", Wire.headers(1, Wire.block([":status": "200", "connection": "close"])),
            ["RST_STREAM 1 1"]),
        Case(
            "a second head that is not the end", head + Wire.headers(1, Wire.block(["a": "b"])),
            ["RST_STREAM 1 1"]),
        Case(
            "less DATA than content-length",
            Wire.headers(1, Wire.block([":status": "200", "content-length": "2"]))
                + Wire.data(1, "x", Wire.endStream),
            ["RST_STREAM 1 1"]),
        Case("a window over 2^31-1", Wire.windowUpdate(1, 0x7fff_ffff), ["RST_STREAM 1 3"]),
    ]

    @Test("stream errors leave the connection as it was", arguments: streamErrors)
    func streamError(example: Case) throws {
        let bytes = example.bytes + Wire.headers(3, Wire.response(), Self.ends) + Wire.ping()
        let script = Script(role: .client, bytes: bytes, requests: 2)
        let outcome = try script.runInAllPieces(comparesData: false)
        let opened = ["HEADERS 1", "HEADERS 3", "SETTINGS"]
        #expect(
            outcome.frames.filter { !opened.contains($0) }.sorted()
                == (["PING ack 7"] + example.frames).sorted())
        #expect(outcome.counters.resetsProvoked == 1)
        #expect(outcome.termination == nil)
        #expect(outcome.events.contains("headers #2 :status=200 end"))
    }

    static let valid: [Case] = [
        Case(
            "several 1xx ahead of the head",
            Wire.headers(1, Wire.block([":status": "100", "a": "b"]))
                + Wire.headers(1, Wire.response("103")) + Wire.headers(1, Wire.response("199"))
                + Wire.headers(1, Wire.block([":status": "200", "c": "d"])) + Wire.data(1, "x")
                + end,
            [], ["headers #1 :status=200 c=d", "data #1 x", "headers #1 x=1 end"]),
        Case(
            "an end without trailers", head + Wire.data(1, "x", Wire.endStream), [],
            ["headers #1 :status=200", "data #1 x", "data ended #1"]),
        Case(
            "nothing but trailers", Wire.headers(1, Wire.response(), ends), [],
            ["headers #1 :status=200 end"]),
        Case(
            "RST_STREAM behind the end", head + end + Wire.reset(1, 0), [],
            ["headers #1 :status=200", "headers #1 x=1 end", "closed #1 0"]),
        Case("a reset", Wire.reset(1, 7), [], ["closed #1 7"]),
        Case("a PING", Wire.ping(9), ["PING ack 9"], ["ping 9"]),
    ]

    @Test("what has to be tolerated", arguments: valid)
    func tolerated(example: Case) throws {
        let script = Script(role: .client, bytes: example.bytes, requests: 1)
        let outcome = try script.runInAllPieces()
        let opened = ["HEADERS 1", "SETTINGS"]
        #expect(outcome.frames.filter { !opened.contains($0) } == example.frames)
        #expect(outcome.events == example.events)
        #expect(outcome.termination == nil)
    }

    @Test func aPushThatCrossedTheSettingsIsCancelled() throws {
        let push = Wire.frame(5, Wire.endHeaders, 1, Wire.number(2) + Wire.request)
        let script = Script(
            role: .client, bytes: Wire.settings() + push + Self.head, isRaw: true, requests: 1)
        let outcome = try script.runInAllPieces()
        #expect(outcome.frames.contains("RST_STREAM 2 8"))
        #expect(outcome.events == ["headers #1 :status=200"])
        #expect(outcome.termination == nil)
    }

    @Test func settingsComeFirst() throws {
        let script = Script(role: .client, bytes: Wire.ping(), isRaw: true)
        let outcome = try script.runInAllPieces()
        #expect(outcome.frames.last == "GOAWAY 0 1 SETTINGS expected")
        let http1 = Script(
            role: .client, bytes: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), isRaw: true)
        #expect(try http1.runInAllPieces().termination?.code == .frameSizeError)
    }

    @Test func goAwayNamesTheStreamsNeverLookedAt() throws {
        let script = Script(
            role: .client, bytes: Wire.goAway(3, 0, "bye") + Self.head, requests: 3)
        let outcome = try script.runInAllPieces()
        #expect(
            outcome.events.sorted() == [
                "closed #3 7", "go away 3 0", "headers #1 :status=200",
            ])
        #expect(!outcome.isFinished, "two streams go on")
    }

    @Test func goAwayInTwoSteps() throws {
        let script = Script(
            role: .client,
            bytes: Wire.goAway(0x7fff_ffff) + Self.head + Wire.goAway(1) + Self.end, requests: 2)
        let outcome = try script.runInAllPieces()
        #expect(
            outcome.events == [
                "go away 2147483647 0", "headers #1 :status=200", "go away 1 0", "closed #2 7",
                "headers #1 x=1 end",
            ])
    }

    @Test func requestsBeyondTheLimitAreGivenUpAtOnceWhenTheServerGoesAway() throws {
        var session = try HTTP2Session(.client, HTTP2Settings())
        let hello = Wire.settings([(3, 1)])
        let now = HTTP2Instant(nanoseconds: 0)
        try session.receive(hello.span, now: now)
        while session.nextEvent() != nil {}
        let first = try #require(try session.request(Link.head))
        let second = try #require(try session.request(Link.head))
        while try session.drain(limit: 1 << 20, { _ in }) {}
        let sent = (session.isRequestSent(first), session.isRequestSent(second))
        #expect(sent == (true, false))
        let away = Wire.goAway(1)
        try session.receive(away.span, now: now)
        var events: [HTTP2Event] = []
        while let event = session.nextEvent() { events.append(event) }
        #expect(
            events == [
                .goAway(lastStreamID: 1, .noError),
                .closed(second, .refusedStream, neverSent: true),
            ])
        let third = try session.request(Link.head)
        #expect(third == nil)
        // The first goes on, and nothing is heard of the second again.
        let end = Wire.headers(1, Wire.response(), Wire.endHeaders | Wire.endStream)
        session.end(first, trailers: nil)
        while try session.drain(limit: 1 << 20, { _ in }) {}
        try session.receive(end.span, now: now)
        events = []
        while let event = session.nextEvent() { events.append(event) }
        while try session.drain(limit: 1 << 20, { _ in }) {}
        while let event = session.nextEvent() { events.append(event) }
        #expect(events.count == 2)
        #expect(events.last == .closed(first, .noError, neverSent: false))
        let open = session.openStreams
        #expect(open == 0)
        let isFinished = session.isFinished
        #expect(isFinished)
    }
}
