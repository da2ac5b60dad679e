import SagaHTTP2
import Testing

@testable import SagaRPC

/// What a server answers to requests that are not calls, or not good ones.
@Suite struct RequestTests {
    @Test(
        "plain HTTP/2",
        arguments: [
            ("GET", "/healthz", "200", "ok\n"), ("GET", "/", "200", "test 9\n"),
            ("GET", "/other", "404", "not found\n"), ("HEAD", "/healthz", "200", ""),
            ("HEAD", "/", "200", ""), ("HEAD", "/other", "404", ""), ("PUT", "/", "405", ""),
            ("DELETE", "/x", "405", ""), ("GET", "/healthz?verbose=1", "200", "ok\n"),
            ("GET", "/?", "200", "test 9\n"), ("GET", "/healthz/", "404", "not found\n"),
            ("GET", "/test.Service/Echo", "404", "not found\n"),
        ])
    func plain(verb: String, path: String, status: String, body: String) throws {
        let peer = try RawPeer()
        let stream = try #require(
            try peer.session.request(RawPeer.request(verb, path: path, contentType: nil)))
        peer.session.end(stream, trailers: nil)
        try peer.run()
        #expect(peer.fields.first?.first == ":status: \(status)")
        #expect(String(decoding: peer.body, as: UTF8.self) == body)
        #expect(peer.closed == [.noError])
        #expect(peer.events.isEmpty)
    }

    @Test(
        "refusals",
        arguments: [
            (RawPeer.request(contentType: nil), [":status: 415"]),
            (RawPeer.request(contentType: "application/json"), [":status: 415"]),
            (
                RawPeer.request(path: "/nothing"),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 12",
                    "grpc-message: unknown method /nothing",
                ]
            ),
            (
                RawPeer.request(with: [("grpc-encoding", "snappy")]),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 12",
                    "grpc-message: grpc-encoding snappy is not among those supported: "
                        + "identity,gzip",
                    "grpc-accept-encoding: identity,gzip",
                ]
            ),
            (
                RawPeer.request(with: [("grpc-timeout", "soon")]),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 13",
                    "grpc-message: malformed grpc-timeout",
                ]
            ),
            (
                RawPeer.request(with: [("x-bin", "!")]),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 13",
                    "grpc-message: metadata x-bin is not base64",
                ]
            ),
            (
                RawPeer.request("GET"),
                [
                    ":status: 405", "content-type: application/grpc", "allow: POST",
                    "grpc-status: 13", "grpc-message: a call is a POST request",
                ]
            ),
            (
                RawPeer.request("PUT", contentType: "application/grpc+proto"),
                [
                    ":status: 405", "content-type: application/grpc", "allow: POST",
                    "grpc-status: 13", "grpc-message: a call is a POST request",
                ]
            ),
            (
                RawPeer.request(with: [("grpc-timeout", "0n")]),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 4",
                    "grpc-message: deadline of the call has passed",
                ]
            ),
            (
                RawPeer.request(path: "/" + String(repeating: "é", count: 3000)),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 12",
                    "grpc-message: unknown method /" + String(repeating: "%C3%A9", count: 63)
                        + "%EF%BF%BD...",
                ]
            ),
            (
                RawPeer.request(with: [("x", String(repeating: "v", count: 17_000))]),
                [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 8",
                    "grpc-message: headers are over the limit of 16384 bytes",
                ]
            ),
        ])
    func refused(head: HeaderList, fields: [String]) throws {
        let peer = try RawPeer()
        _ = try peer.session.request(head)
        try peer.run()
        #expect(peer.fields == [fields])
        // The caller had not ended its half: it is told that nothing more is wanted.
        #expect(peer.closed == [.noError])
        #expect(peer.events.isEmpty)
        let openStreams = peer.server.openStreams
        #expect(openStreams == 0)
    }

    @Test(
        "The rest of a small plain request is taken, so that its sender reads the answer",
        arguments: [
            ("POST", "415", 5, true), ("PUT", "405", 5, true), ("POST", "415", 100_000_000, false),
        ])
    func plainRest(verb: String, status: String, length: Int, isTaken: Bool) throws {
        let peer = try RawPeer()
        let stream = try #require(
            try peer.session.request(
                RawPeer.request(
                    verb, contentType: "application/json", with: [("content-length", "\(length)")])
            ))
        try peer.run()
        #expect(peer.fields.first?.first == ":status: \(status)")
        #expect(peer.closed == (isTaken ? [] : [.noError]))
        guard isTaken else { return }
        peer.session.send(stream, prefix: nil, Array("12345".utf8).span)
        peer.session.end(stream, trailers: nil)
        try peer.run()
        #expect(peer.closed == [.noError])
        let openStreams = peer.server.openStreams
        #expect(openStreams == 0)
    }

    @Test(
        "faults within a call",
        arguments: [
            ([1, 0, 0, 0, 0], true, RPCCode.internal), ([7, 0, 0, 0, 0], true, .internal),
            ([0, 0, 0, 0, 9, 1], true, .internal), ([0, 0, 0], true, .internal),
            ([0, 0xff, 0xff, 0xff, 0xff], false, .resourceExhausted),
        ] as [([UInt8], Bool, RPCCode)])
    func faults(body: [UInt8], ends: Bool, code: RPCCode) throws {
        let peer = try RawPeer()
        let stream = try #require(try peer.session.request(RawPeer.request()))
        peer.session.send(stream, prefix: nil, body.span)
        if ends { peer.session.end(stream, trailers: nil) }
        try peer.run()
        guard case .ended(_, .failed(let status)) = peer.events.last else {
            Issue.record("no end: \(peer.events)")
            return
        }
        #expect(status.code == code)
        #expect(peer.fields.first?.contains("grpc-status: \(code.rawValue)") == true)
    }

    @Test func binaryMetadataJoinedByCommas() throws {
        let peer = try RawPeer()
        _ = try peer.session.request(RawPeer.request(with: [("x-bin", "AA==,AAE,"), ("y", "a")]))
        try peer.run()
        guard case .opened(_, let head) = peer.events.first else {
            Issue.record("not opened")
            return
        }
        #expect(
            head.metadata.entries.map(\.value) == [
                .bytes([0]), .bytes([0, 1]), .bytes([]), .text("a"),
            ])
    }

    /// What makes a request malformed by RFC 9113 is a fault of its stream, whatever it says of
    /// gRPC; the connection goes on.
    @Test(
        "malformed requests",
        arguments: [
            [":method": "POST", ":scheme": "http", ":authority": "a"],
            [":scheme": "http", ":path": "/p", ":authority": "a"],
            [":method": "POST", ":path": "/p", ":authority": "a"],
            [":method": "POST", ":scheme": "http", ":path": "", ":authority": "a"],
            [":method": "POST", ":scheme": "http", ":path": "p", ":authority": "a"],
            [":method": "POST", ":scheme": "http", ":path": "/p", ":path": "/p"],
            [":method": "POST", ":scheme": "http", ":path": "/p", ":status": "200"],
            [":method": "POST", ":scheme": "http", ":path": "/p", "connection": "close"],
            [":method": "POST", ":scheme": "http", ":path": "/p", "te": "gzip"],
            [":method": "POST", ":scheme": "http", ":path": "/p", "X": "upper case"],
            [":method": "POST", ":scheme": "http", ":path": "/p", "x": "a\u{0}b"],
        ] as [KeyValuePairs<String, String>])
    func malformed(pairs: KeyValuePairs<String, String>) throws {
        let peer = try RawPeer()
        var head = HeaderList(pairs)
        head.append("content-type", "application/grpc")
        _ = try peer.session.request(head)
        try peer.run()
        #expect(peer.closed == [.protocolError])
        #expect(peer.events.isEmpty && peer.fields.isEmpty)
        let stream = try #require(try peer.session.request(RawPeer.request()))
        peer.session.end(stream, trailers: nil)
        try peer.run()
        #expect(peer.events.count == 2)
    }

    @Test(
        "what is tolerated",
        arguments: [
            [("te", "trailers")], [("grpc-encoding", "identity")], [("grpc-message-type", "a.B")],
            [("grpc-status", "7")], [("grpc-previous-rpc-attempts", "1")],
            [("x", "\u{80}\u{fffd}")],
            [("user-agent", "")], [("host", "b")], [("accept-encoding", "br")],
        ])
    func tolerated(fields: [(String, String)]) throws {
        let peer = try RawPeer()
        _ = try peer.session.request(RawPeer.request(with: fields))
        try peer.run()
        guard case .opened(_, let head) = peer.events.first else {
            Issue.record("not opened: \(peer.fields) \(peer.closed)")
            return
        }
        // Nothing of HTTP or gRPC is metadata.
        #expect(head.metadata.entries.map(\.name) == (fields[0].0 == "x" ? ["x"] : []))
    }

    /// What a probe sends beside its question is given back to its window.
    @Test func bodyOfAPlainRequestIsDrained() throws {
        let peer = try RawPeer()
        let head = RawPeer.request("GET", path: "/healthz", contentType: nil)
        let stream = try #require(try peer.session.request(head))
        let body = [UInt8](repeating: 1, count: 4 << 20)
        peer.session.send(stream, prefix: nil, body.span)
        peer.session.end(stream, trailers: nil)
        try peer.run()
        #expect(peer.fields.first?.first == ":status: 200")
        #expect(peer.closed == [.noError])
        #expect(peer.events.isEmpty)
        for path in ["/", "/healthz"] {
            let next = try #require(
                try peer.session.request(RawPeer.request("GET", path: path, contentType: nil)))
            peer.session.end(next, trailers: nil)
        }
        try peer.run()
        #expect(peer.fields.count == 3)
    }

    @Test("messages of a request that has one", arguments: MethodKind.allCases, 0...2)
    func cardinality(kind: MethodKind, count: Int) throws {
        let peer = try RawPeer(kind: kind)
        let stream = try #require(try peer.session.request(RawPeer.request()))
        for _ in 0..<count {
            let message: [UInt8] = [0, 0, 0, 0, 1, 7]
            peer.session.send(stream, prefix: nil, message.span)
        }
        peer.session.end(stream, trailers: nil)
        try peer.run()
        let server = try #require(peer.events.first?.stream)
        let fault =
            count == 0
            ? "no message in the request of a method that takes one"
            : "more than one message in the request of a method that takes one"
        let isGood = !kind.takesOne || count == 1
        #expect(
            peer.events.last
                == (isGood
                    ? .halfClosed(server)
                    : .ended(server, .failed(RPCStatus(.unimplemented, fault)))))
        #expect(peer.fields.isEmpty == isGood)
    }

    @Test func headersOnASkippedStreamEndTheConnection() throws {
        let peer = try RawPeer()
        try peer.give(Frames.preface + Frames.settings + Frames.headers(5) + Frames.headers(3))
        let errors = peer.server.counters.protocolErrors
        #expect(errors == 1)
        var out: [UInt8] = []
        while try peer.server.drain(limit: 1 << 16, { out.append(contentsOf: $0.array) }) {}
        let text = String(decoding: out, as: UTF8.self)
        #expect(text.contains("HEADERS on stream 3, closed by a later one"))
        let isFinished = peer.server.isFinished
        #expect(isFinished)
    }

    @Test func otherProtocolsAreRefused() throws {
        let peer = try RawPeer()
        #expect(throws: HTTP2Failure.notHTTP2) {
            try peer.give(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        }
    }

    @Test("no bytes of a peer trap", arguments: 0..<40)
    func randomDamage(seed: UInt64) throws {
        var random = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        let valid = try Self.validTraffic()
        for _ in 0..<50 {
            let peer = try RawPeer()
            var bytes = valid
            for _ in 0...next(6) { bytes[24 + next(bytes.count - 24)] = UInt8(next(256)) }
            if next(3) == 0 { bytes.insert(UInt8(next(256)), at: 24 + next(bytes.count - 24)) }
            var place = 0
            do {
                while place < bytes.count {
                    let end = min(place + 1 + next(60), bytes.count)
                    try peer.give(Array(bytes[place..<end]))
                    place = end
                    var out = 0
                    while try peer.server.drain(limit: 1 << 16, { out += $0.byteCount }) {}
                    for case .opened(let stream, _) in peer.events where next(3) == 0 {
                        peer.server.reply(stream, [1, 2, 3])
                    }
                }
            } catch {
                #expect(error is HTTP2Failure)
            }
            peer.server.connectionLost()
            while let event = peer.server.nextEvent() { peer.events.append(event) }
            let opened = peer.events.filter { if case .opened = $0 { true } else { false } }.count
            let ended = peer.events.filter { if case .ended = $0 { true } else { false } }.count
            #expect(ended <= opened)
        }
    }

    /// Three calls with messages, metadata and a deadline, as a client sends them.
    private static func validTraffic() throws -> [UInt8] {
        let pair = try Pair()
        var metadata = Metadata()
        try metadata.add("x-bin", bytes: [1, 2, 3])
        for count in [0, 10, 400] {
            let call = try pair.open(
                method, metadata, deadline: RPCInstant(nanoseconds: 5_000_000_000))
            pair.client.send(call, [UInt8](repeating: 1, count: count))
            pair.client.halfClose(call)
        }
        return try pair.drainClient()
    }
}

/// Frames made by hand.
enum Frames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let settings = frame(type: 4, flags: 0, stream: 0, [])

    /// POST / over http, with END_STREAM, from the static table of HPACK.
    static func headers(_ stream: UInt32) -> [UInt8] {
        frame(type: 1, flags: 0x5, stream: stream, [0x83, 0x86, 0x84, 0x41, 1, 0x61])
    }

    static func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        return [
            UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags,
            UInt8(stream >> 24 & 127), UInt8(stream >> 16 & 255), UInt8(stream >> 8 & 255),
            UInt8(stream & 255),
        ] + payload
    }
}
