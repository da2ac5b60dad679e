import SagaHTTP2
import Testing

/// RFC 9113, section by section, as a server sees it; the list of cases is h2spec's and more.
@Suite struct ServerProtocolTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: [UInt8]
        /// What the server sends, its answers to SETTINGS aside; with a GOAWAY only that counts.
        var frames: [String]

        init(_ name: String, _ bytes: [UInt8], _ frames: [String] = []) {
            testDescription = name
            self.bytes = bytes
            self.frames = frames
        }
    }

    private static let open = Wire.headers(1, Wire.request)
    private static let whole = Wire.headers(1, Wire.request, Wire.endHeaders | Wire.endStream)
    private static let half = Array(Wire.request.prefix(9))
    private static let rest = Array(Wire.request.dropFirst(9))

    static let connectionErrors: [Case] = [
        // 4.2
        Case(
            "a frame over the limit", Wire.frame(0, 0, 1, [UInt8](repeating: 0, count: 16_385)),
            ["GOAWAY 0 6 frame of 16385 bytes, the limit is 16384"]),
        // 4.3
        Case(
            "a block that is no HPACK", Wire.headers(1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ["GOAWAY 1 9 header block cannot be decompressed"]),
        Case(
            "a frame of another stream inside a block",
            Wire.headers(1, half, 0) + Wire.headers(3, Wire.request),
            ["GOAWAY 1 1 unexpected non-CONTINUATION frame or stream_id is invalid"]),
        Case(
            "PRIORITY inside a block", Wire.headers(1, half, 0) + Wire.priority(1),
            ["GOAWAY 1 1 unexpected non-CONTINUATION frame or stream_id is invalid"]),
        Case(
            "an unknown frame inside a block", Wire.headers(1, half, 0) + Wire.frame(0x16),
            ["GOAWAY 1 1 unexpected non-CONTINUATION frame or stream_id is invalid"]),
        // 5.1
        Case("DATA on an idle stream", Wire.data(1, "x"), ["GOAWAY 0 1 DATA: stream in idle"]),
        Case(
            "RST_STREAM on an idle stream", Wire.reset(1),
            ["GOAWAY 0 1 RST_STREAM: stream in idle"]),
        Case(
            "WINDOW_UPDATE on an idle stream", Wire.windowUpdate(1, 1),
            ["GOAWAY 0 1 WINDOW_UPDATE to idle stream"]),
        Case(
            "CONTINUATION on an idle stream", Wire.continuation(1, Wire.request),
            ["GOAWAY 0 1 CONTINUATION: unexpected"]),
        Case(
            "DATA behind END_STREAM", whole + Wire.data(1, "x"),
            ["GOAWAY 1 5 DATA on stream 1, which the peer has ended"]),
        Case(
            "HEADERS behind END_STREAM", whole + whole,
            ["GOAWAY 1 5 HEADERS on stream 1, which the peer has ended"]),
        Case(
            "CONTINUATION behind END_STREAM", whole + Wire.continuation(1, []),
            ["GOAWAY 1 1 CONTINUATION: unexpected"]),
        Case(
            "DATA behind RST_STREAM", open + Wire.reset(1) + Wire.data(1, "x"),
            ["GOAWAY 1 5 DATA on stream 1, which the peer has ended"]),
        Case(
            "HEADERS behind RST_STREAM", open + Wire.reset(1) + open,
            ["GOAWAY 1 5 HEADERS on stream 1, which the peer has ended"]),
        // 5.1.1
        Case(
            "HEADERS on an even stream", Wire.headers(2, Wire.request),
            ["GOAWAY 0 1 request HEADERS: invalid stream_id"]),
        Case(
            "HEADERS on a skipped stream",
            Wire.headers(5, Wire.request) + Wire.headers(3, Wire.request),
            ["GOAWAY 5 1 HEADERS on stream 3, closed by a later one"]),
        // 6.1
        Case("DATA on stream 0", Wire.data(0, "x"), ["GOAWAY 0 1 DATA: stream_id == 0"]),
        Case(
            "DATA with too much padding", open + Wire.frame(0, Wire.padded, 1, [6, 1, 2, 3]),
            ["GOAWAY 1 1 DATA: invalid padding"]),
        Case(
            "padded DATA without a length", open + Wire.frame(0, Wire.padded, 1, []),
            ["GOAWAY 1 1 DATA: insufficient padding space"]),
        // 6.2
        Case(
            "HEADERS on stream 0", Wire.headers(0, Wire.request),
            ["GOAWAY 0 1 request HEADERS: stream_id == 0"]),
        Case(
            "HEADERS with too much padding",
            Wire.headers(1, [200] + Wire.request, Wire.endHeaders | Wire.padded),
            ["GOAWAY 0 1 HEADERS: invalid padding"]),
        Case(
            "HEADERS that depends on itself",
            Wire.headers(
                1, Wire.number(1) + [1] + Wire.request, Wire.endHeaders | Wire.priorityFlag),
            ["GOAWAY 0 1 request HEADERS: depend on itself"]),
        // 6.3
        Case("PRIORITY on stream 0", Wire.priority(0), ["GOAWAY 0 1 PRIORITY: stream_id == 0"]),
        Case(
            "PRIORITY of a wrong size", Wire.frame(2, 0, 1, [0, 0, 0, 0]),
            ["GOAWAY 0 6 PRIORITY: payload of 4 bytes, expected 5"]),
        // 6.4
        Case("RST_STREAM on stream 0", Wire.reset(0), ["GOAWAY 0 1 RST_STREAM: stream_id == 0"]),
        Case(
            "RST_STREAM of a wrong size", open + Wire.frame(3, 0, 1, [0, 0, 0]),
            ["GOAWAY 1 6 RST_STREAM: payload of 3 bytes, expected 4"]),
        // 6.5
        Case(
            "SETTINGS on a stream", Wire.frame(4, 0, 1),
            ["GOAWAY 0 1 SETTINGS: stream_id != 0"]),
        Case(
            "SETTINGS of a wrong size", Wire.frame(4, 0, 0, [0, 3, 0, 0, 0]),
            ["GOAWAY 0 6 SETTINGS: payload of 5 bytes, expected a multiple of 6"]),
        Case(
            "an answer to SETTINGS with a payload",
            Wire.frame(4, Wire.acknowledgement, 0, [0, 3, 0, 0, 0, 1]),
            ["GOAWAY 0 6 SETTINGS: payload of 6 bytes, expected 0"]),
        Case(
            "an answer to no SETTINGS", Wire.settingsAck,
            ["GOAWAY 0 1 SETTINGS: unexpected ACK"]),
        Case(
            "ENABLE_PUSH of 2", Wire.settings([(2, 2)]),
            ["GOAWAY 0 1 SETTINGS: invalid SETTINGS_ENBLE_PUSH"]),
        Case(
            "INITIAL_WINDOW_SIZE over 2^31-1", Wire.settings([(4, 0x8000_0000)]),
            ["GOAWAY 0 3 SETTINGS: too large SETTINGS_INITIAL_WINDOW_SIZE"]),
        Case(
            "MAX_FRAME_SIZE below 2^14", Wire.settings([(5, 16_383)]),
            ["GOAWAY 0 1 SETTINGS: invalid SETTINGS_MAX_FRAME_SIZE"]),
        Case(
            "MAX_FRAME_SIZE over 2^24-1", Wire.settings([(5, 1 << 24)]),
            ["GOAWAY 0 1 SETTINGS: invalid SETTINGS_MAX_FRAME_SIZE"]),
        // 6.6, 8.4
        Case(
            "PUSH_PROMISE from a client",
            open + Wire.frame(5, Wire.endHeaders, 1, Wire.number(2) + Wire.request),
            ["GOAWAY 1 1 PUSH_PROMISE: push disabled"]),
        // 6.7
        Case(
            "PING on a stream", Wire.frame(6, 0, 1, [UInt8](repeating: 0, count: 8)),
            ["GOAWAY 0 1 PING: stream_id != 0"]),
        Case(
            "PING of a wrong size", Wire.frame(6, 0, 0, [1, 2, 3]),
            ["GOAWAY 0 6 PING: payload of 3 bytes, expected 8"]),
        // 6.8
        Case(
            "GOAWAY on a stream", Wire.frame(7, 0, 1, Wire.number(0) + Wire.number(0)),
            ["GOAWAY 0 1 GOAWAY: stream_id != 0"]),
        Case(
            "GOAWAY of a wrong size", Wire.frame(7, 0, 0, [0, 0, 0, 0]),
            ["GOAWAY 0 6 GOAWAY: payload of 4 bytes, expected at least 8"]),
        Case(
            "a second GOAWAY with a higher stream", open + Wire.goAway(0) + Wire.goAway(2),
            ["GOAWAY 1 1 GOAWAY: invalid last_stream_id"]),
        // 6.9
        Case(
            "WINDOW_UPDATE of 0", Wire.windowUpdate(0, 0),
            ["GOAWAY 0 1 WINDOW_UPDATE: window_size_increment == 0"]),
        Case(
            "WINDOW_UPDATE of 0 on a stream", open + Wire.windowUpdate(1, 0),
            ["GOAWAY 1 1 WINDOW_UPDATE: window_size_increment == 0"]),
        Case(
            "WINDOW_UPDATE of a wrong size", Wire.frame(8, 0, 0, [0, 0, 1]),
            ["GOAWAY 0 6 WINDOW_UPDATE: payload of 3 bytes, expected 4"]),
        Case(
            "the connection's window over 2^31-1", Wire.windowUpdate(0, 0x7fff_ffff),
            ["GOAWAY 0 3 flow-control window of the connection was exceeded"]),
        // 6.10
        Case(
            "CONTINUATION behind the end of a block", open + Wire.continuation(1, []),
            ["GOAWAY 1 1 CONTINUATION: unexpected"]),
        Case(
            "CONTINUATION on stream 0", Wire.headers(1, half, 0) + Wire.continuation(0, rest),
            ["GOAWAY 1 1 unexpected non-CONTINUATION frame or stream_id is invalid"]),
    ]

    @Test("connection errors", arguments: connectionErrors)
    func connectionError(example: Case) throws {
        let script = Script(bytes: example.bytes)
        // Pieces of large frames are all alike.
        let outcome =
            example.bytes.count < 1000 ? try script.runInAllPieces() : try script.run()
        #expect(outcome.frames.last == example.frames[0])
        #expect(outcome.frames.filter { $0.hasPrefix("GOAWAY") }.count == 1)
        #expect(outcome.isFinished)
        #expect(outcome.termination?.abuse == nil)
        let reason = try #require(outcome.termination?.reason)
        #expect(example.frames[0].hasSuffix(reason))
        #expect(outcome.counters.abuses.isEmpty)
    }

    static let streamErrors: [Case] = [
        // 8.1
        Case(
            "trailers without END_STREAM", open + Wire.headers(1, Wire.block(["a": "b"])),
            ["RST_STREAM 1 1"]),
        // 8.1.1
        Case(
            "more DATA than content-length",
            Wire.headers(1, Wire.request(with: ["content-length": "1"])) + Wire.data(1, "abc"),
            ["RST_STREAM 1 1"]),
        Case(
            "less DATA than content-length",
            Wire.headers(1, Wire.request(with: ["content-length": "4"]))
                + Wire.data(1, "abc", Wire.endStream),
            ["RST_STREAM 1 1"]),
        Case(
            "no DATA for a content-length",
            Wire.headers(
                1, Wire.request(with: ["content-length": "4"]), Wire.endHeaders | Wire.endStream),
            ["RST_STREAM 1 1"]),
        // 8.2
        field("an upper-case name", ["X-Upper": "1"]),
        field("a control character in a value", ["x": "a\u{1}b"]),
        field("a space before a value", ["x": " a"]),
        field("a space in a name", ["x y": "1"]),
        field("connection", ["connection": "close"]),
        field("keep-alive", ["keep-alive": "1"]),
        field("proxy-connection", ["proxy-connection": "close"]),
        field("transfer-encoding", ["transfer-encoding": "chunked"]),
        field("upgrade", ["upgrade": "h2c"]),
        field("te that is not trailers", ["te": "gzip"]),
        // 8.3
        field("an unknown pseudo-header", [":what": "x"]),
        field("a response's pseudo-header", [":status": "200"]),
        head(
            "a pseudo-header behind a field",
            [":method": "POST", ":scheme": "http", "a": "b", ":path": "/", ":authority": "a"]),
        head(
            "an empty path",
            [
                ":method": "POST", ":scheme": "http", ":path": "", ":authority": "a",
            ]),
        head("no method", [":scheme": "http", ":path": "/", ":authority": "a"]),
        head("no scheme", [":method": "POST", ":path": "/", ":authority": "a"]),
        head("no path", [":method": "POST", ":scheme": "http", ":authority": "a"]),
        head(
            "two methods",
            [
                ":method": "POST", ":method": "POST", ":scheme": "http", ":path": "/",
                ":authority": "a",
            ]),
        head(
            "two schemes",
            [
                ":method": "POST", ":scheme": "http", ":scheme": "http", ":path": "/",
                ":authority": "a",
            ]),
        head(
            "two paths",
            [
                ":method": "POST", ":scheme": "http", ":path": "/", ":path": "/", ":authority": "a",
            ]),
        Case(
            "a pseudo-header in trailers",
            open + Wire.headers(1, Wire.block([":path": "/"]), Wire.endHeaders | Wire.endStream),
            ["RST_STREAM 1 1"]),
        // 6.9.1
        Case(
            "a stream's window over 2^31-1", open + Wire.windowUpdate(1, 0x7fff_ffff),
            ["RST_STREAM 1 3"]),
    ]

    private static func field(_ name: String, _ fields: KeyValuePairs<String, String>) -> Case {
        Case(name, Wire.headers(1, Wire.request(with: fields)), ["RST_STREAM 1 1"])
    }

    private static func head(_ name: String, _ fields: KeyValuePairs<String, String>) -> Case {
        Case(name, Wire.headers(1, Wire.block(fields)), ["RST_STREAM 1 1"])
    }

    @Test("stream errors leave the connection as it was", arguments: streamErrors)
    func streamError(example: Case) throws {
        let next = Wire.headers(3, Wire.request, Wire.endHeaders | Wire.endStream)
        let outcome = try Script(bytes: example.bytes + next + Wire.ping())
            .runInAllPieces(comparesData: false)
        #expect(outcome.frames.sorted() == (["PING ack 7"] + example.frames).sorted())
        #expect(outcome.counters.resetsProvoked == 1)
        #expect(outcome.termination == nil)
        #expect(outcome.events.contains { $0.hasPrefix("headers") && $0.hasSuffix("end") })
    }

    static let valid: [Case] = [
        Case(
            "a frame of unknown type", Wire.frame(0x16, 0xff, 9, [1, 2, 3]) + Wire.ping(),
            ["PING ack 7"]),
        Case("undefined flags", Wire.ping(7, 0x16), ["PING ack 7"]),
        Case(
            "a reserved bit", Wire.frame(6, 0, 0x8000_0000, [0, 0, 0, 0, 0, 0, 0, 9]),
            ["PING ack 9"]),
        Case("unknown settings", Wire.settings([(0xff, 1)]) + Wire.ping(), ["PING ack 7"]),
        Case("PRIORITY", Wire.priority(1) + whole + Wire.priority(1, on: 1), []),
        Case(
            "an answer to no PING", Wire.ping(1, Wire.acknowledgement) + Wire.ping(), ["PING ack 7"]
        ),
        Case("GOAWAY of an unknown code", Wire.goAway(0, 0xff), []),
        Case(
            "WINDOW_UPDATE on a stream that is over",
            open + Wire.reset(1) + Wire.windowUpdate(1, 9) + Wire.ping(), ["PING ack 7"]),
        Case(
            "RST_STREAM of an unknown code, twice",
            open + Wire.reset(1, 0xff) + Wire.reset(1, 0xff) + Wire.ping(), ["PING ack 7"]),
        Case(
            "a block in many pieces",
            Wire.headers(1, half, Wire.endStream) + Wire.continuation(1, Array(rest.prefix(4)))
                + Wire.continuation(1, [])
                + Wire.continuation(1, Array(rest.dropFirst(4)), Wire.endHeaders),
            []),
    ]

    @Test("what has to be tolerated", arguments: valid)
    func tolerated(example: Case) throws {
        let outcome = try Script(bytes: example.bytes).runInAllPieces()
        #expect(outcome.frames == example.frames)
        #expect(outcome.termination == nil)
        #expect(outcome.counters.protocolErrors == 0)
    }

    @Test func aCallWithEverythingArrivesWhole() throws {
        let bytes =
            Wire.headers(
                1, [3] + Wire.number(0) + [200] + Wire.request + [0, 0, 0],
                Wire.endHeaders | Wire.padded | Wire.priorityFlag)
            + Wire.frame(0, Wire.padded, 1, [2] + Array("hello ".utf8) + [0, 0])
            + Wire.data(1, "world")
            + Wire.headers(1, Wire.block(["x-end": "1"]), Wire.endHeaders | Wire.endStream)
        let outcome = try Script(bytes: bytes).runInAllPieces()
        #expect(
            outcome.events == [
                "headers #1 :method=POST :path=/p", "data #1 hello world",
                "headers #1 x-end=1 end",
            ])
        #expect(outcome.counters.framesReceived == 6)
        #expect(outcome.counters.bytesReceived == UInt64(Wire.hello.count + bytes.count))
    }

    @Test(
        "the preface",
        arguments: [
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), HTTP2Failure.notHTTP2),
            (Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX".utf8), .notHTTP2),
        ])
    func preface(bytes: [UInt8], failure: HTTP2Failure) throws {
        let outcome = try Script(bytes: bytes, isRaw: true).runInAllPieces()
        #expect(outcome.failure == failure)
    }

    @Test func settingsComeFirst() throws {
        let script = Script(bytes: Wire.preface + Wire.ping(), isRaw: true)
        let outcome = try script.runInAllPieces()
        #expect(outcome.frames == ["GOAWAY 0 1 SETTINGS expected"])
    }

    @Test func streamsOverTheLimitAreRefused() throws {
        var settings = HTTP2Settings()
        settings.maxConcurrentStreams = 1
        // The client has not seen the limit yet, so it is not to blame.
        let early = Script(
            settings: settings, bytes: Wire.preface + Wire.settings() + Wire.requests(2),
            isRaw: true)
        let outcome = try early.runInAllPieces()
        #expect(outcome.frames == ["RST_STREAM 3 7"])
        #expect(outcome.counters.resetsProvoked == 0)
        let late = try Script(settings: settings, bytes: Wire.requests(2)).runInAllPieces()
        #expect(late.frames == ["GOAWAY 1 1 request HEADERS: max concurrent streams exceeded"])
    }
}
