import SagaHTTP2
import Testing

@testable import SagaRPC

/// What a client makes of all that a server may answer.
@Suite struct ResponseTests {
    typealias Fields = [(String, String)]

    static let status200: Fields = [(":status", "200")]
    static let head: Fields = [(":status", "200"), ("content-type", "application/grpc")]

    static func grpc(_ status: String, _ more: Fields = []) -> Fields {
        head + [("grpc-status", status)] + more
    }

    /// A response of one HEADERS frame, and what the call ends with.
    static let single: [(Fields, RPCCode, String)] = [
        (grpc("0"), .ok, ""), (grpc("5"), .notFound, ""), (grpc("16"), .unauthenticated, ""),
        (grpc("05"), .notFound, ""), (grpc("5", [("grpc-message", "a%20b")]), .notFound, "a b"),
        (grpc("5", [("grpc-message", "%F0%9F%98%88")]), .notFound, "😈"),
        (grpc("5", [("grpc-message", "100% %zz")]), .notFound, "100% %zz"),
        (grpc("17"), .unknown, "grpc-status 17 is unknown"),
        (grpc("99", [("grpc-message", "why")]), .unknown, "grpc-status 99 is unknown: why"),
        (grpc("4294967296"), .unknown, "grpc-status 4294967296 is unknown"),
        (grpc("-1"), .unknown, "grpc-status -1 is unknown"),
        (grpc("+5"), .unknown, "grpc-status +5 is unknown"),
        (grpc(""), .unknown, "grpc-status  is unknown"),
        (head, .unknown, "trailers without grpc-status"),
        (status200, .unknown, "response is not gRPC: HTTP status 200, content-type none"),
        (
            status200 + [("content-type", "text/html")], .unknown,
            "response is not gRPC: HTTP status 200, content-type text/html"
        ),
        (
            [(":status", "404")], .unimplemented,
            "response is not gRPC: HTTP status 404, content-type none"
        ),
        (
            [(":status", "503"), ("content-type", "application/grpc")], .unavailable,
            "HTTP status 503"
        ),
        // A status of gRPC goes before all that HTTP says.
        ([(":status", "503"), ("grpc-status", "5")], .notFound, ""),
        ([(":status", "405"), ("content-type", "text/html"), ("grpc-status", "0")], .ok, ""),
        (
            [(":status", "415")], .unknown,
            "response is not gRPC: HTTP status 415, content-type none"
        ),
    ]

    @Test("one frame of headers", arguments: single, [0, 1])
    func oneFrame(row: (Fields, RPCCode, String), piece: Int) throws {
        let peer = try RawServer()
        peer.piece = piece
        _ = try peer.open()
        peer.session.respond(peer.requests[0], RawServer.list(row.0), endsStream: true)
        try peer.run()
        #expect(peer.outcomes == [CallOutcome(RPCStatus(row.1, row.2), reach: .answered)])
        #expect(!peer.events.contains { if case .headers = $0 { true } else { false } })
    }

    /// The head alone decides: its body is not waited for.
    @Test(
        "a head that is not gRPC's",
        arguments: [
            ([(":status", "200"), ("content-type", "text/html")], RPCCode.unknown),
            ([(":status", "502"), ("content-type", "text/html")], .unavailable),
            ([(":status", "401")], .unauthenticated), ([(":status", "403")], .permissionDenied),
            ([(":status", "400")], .internal), ([(":status", "431")], .internal),
            ([(":status", "429")], .unavailable), ([(":status", "500")], .unknown),
        ] as [(Fields, RPCCode)])
    func foreign(fields: Fields, code: RPCCode) throws {
        let peer = try RawServer()
        _ = try peer.open()
        peer.session.respond(peer.requests[0], RawServer.list(fields), endsStream: false)
        let body = Array("<html>".utf8)
        peer.session.send(peer.requests[0], prefix: nil, body.span)
        try peer.run()
        #expect(peer.outcomes.map(\.status.code) == [code])
        #expect(peer.outcomes.map(\.reach) == [.answered])
        #expect(peer.closed == [.cancel])
    }

    @Test(
        "trailers",
        arguments: [
            ([("grpc-status", "0")], RPCCode.ok, ""), ([("grpc-status", "13")], .internal, ""),
            ([("grpc-message", "why")], .unknown, "trailers without grpc-status"),
            ([("grpc-status", "0"), ("x-bin", "!")], .ok, ""),
            ([("grpc-status", "0"), ("grpc-status-details-bin", "!")], .ok, ""),
        ] as [(Fields, RPCCode, String)], [0, 1])
    func trailers(row: (Fields, RPCCode, String), piece: Int) throws {
        let peer = try RawServer()
        peer.piece = piece
        _ = try peer.open()
        try answer(peer, [0, 0, 0, 0, 1, 7], RawServer.list(row.0))
        #expect(peer.messages == [[7]])
        #expect(peer.outcomes == [CallOutcome(RPCStatus(row.1, row.2), reach: .answered)])
    }

    @Test(
        "when a call may be made again",
        arguments: [
            (nil, nil), ("0", .after(RPCTimeout(nanoseconds: 0))),
            ("250", .after(RPCTimeout(nanoseconds: 250_000_000))),
            ("999999999", .after(RPCTimeout(nanoseconds: 999_999_999_000_000))),
            ("1000000000", .never), ("-1", .never), ("+1", .never), ("1s", .never),
        ] as [(String?, RetryPushback?)])
    func pushback(text: String?, pushback: RetryPushback?) throws {
        let peer = try RawServer()
        _ = try peer.open()
        var trailers: Fields = [("grpc-status", "14"), ("grpc-message", "no")]
        if let text { trailers.append(("grpc-retry-pushback-ms", text)) }
        try answer(peer, [], RawServer.list(trailers))
        #expect(
            peer.outcomes == [
                CallOutcome(RPCStatus(.unavailable, "no"), reach: .answered, pushback: pushback)
            ])
    }

    private func answer(_ peer: RawServer, _ body: [UInt8], _ trailers: HeaderList?) throws {
        peer.session.respond(peer.requests[0], RawServer.head, endsStream: false)
        peer.session.send(peer.requests[0], prefix: nil, body.span)
        peer.session.end(peer.requests[0], trailers: trailers)
        try peer.run()
    }

    @Test(
        "bodies that break a rule",
        arguments: [
            (
                [0, 0, 0, 0, 9, 1], true, RPCCode.internal,
                "response ended in the middle of a message"
            ),
            ([0, 0], true, .internal, "response ended in the middle of a message"),
            ([9, 0, 0, 0, 0], true, .internal, "message has the unknown flag 9"),
            (
                [0, 0xff, 0xff, 0xff, 0xff], true, .resourceExhausted,
                "message of 4294967295 bytes is over the limit of 4194304 bytes"
            ),
            ([0, 0, 0, 0, 1, 7], false, .internal, "response ended without a status"),
            ([], false, .internal, "response ended without a status"),
        ] as [([UInt8], Bool, RPCCode, String)], [0, 1])
    func bodies(row: ([UInt8], Bool, RPCCode, String), piece: Int) throws {
        let peer = try RawServer()
        peer.piece = piece
        _ = try peer.open()
        try answer(peer, row.0, row.1 ? HeaderList(["grpc-status": "0"]) : nil)
        #expect(peer.outcomes == [CallOutcome(RPCStatus(row.2, row.3), reach: .answered)])
    }

    @Test func informationalHeadsArePassedOver() throws {
        let peer = try RawServer()
        _ = try peer.open()
        // HPACK: `:status` by the name of entry 8, 103 and 200; a head of a response, by hand.
        let early = Frames.frame(
            type: 1, flags: 4, stream: 1, [0x08, 3] + Array("103".utf8))
        try peer.give(early)
        #expect(peer.outcomes.isEmpty)
        try answer(peer, [], HeaderList(["grpc-status": "0"]))
        #expect(peer.outcomes == [CallOutcome(.ok, reach: .answered)])
    }

    @Test func detailsAndMetadataOfTrailers() throws {
        let peer = try RawServer()
        _ = try peer.open()
        let fields = Self.grpc(
            "9",
            [
                ("grpc-message", "no"), ("grpc-status-details-bin", "AAEC"), ("x-bin", "AA,AQ=="),
                ("x-bin", "Ag"), ("x", "a"), ("x", "b, c"),
            ])
        peer.session.respond(peer.requests[0], RawServer.list(fields), endsStream: true)
        try peer.run()
        let outcome = try #require(peer.outcomes.first)
        #expect(outcome.status == RPCStatus(.failedPrecondition, "no", details: [0, 1, 2]))
        #expect(
            outcome.metadata.entries.map(\.value) == [
                .bytes([0]), .bytes([1]), .bytes([2]), .text("a"), .text("b, c"),
            ])
    }

    @Test func headersOverTheLimitNameIt() throws {
        let peer = try RawServer()
        _ = try peer.open()
        let fields = Self.head + [("x", String(repeating: "v", count: 17_000))]
        peer.session.respond(peer.requests[0], RawServer.list(fields), endsStream: false)
        try peer.run()
        let status = RPCStatus(
            .resourceExhausted, "headers are over the limit of 16384 bytes")
        #expect(peer.outcomes == [CallOutcome(status, reach: .answered)])
    }

    @Test("messages of a response that has one", arguments: MethodKind.allCases, 0...2)
    func cardinality(kind: MethodKind, count: Int) throws {
        let pair = try Pair()
        pair.respond = { server, stream, _ in
            server.sendHead(stream)
            for _ in 0..<count { server.send(stream, [7]) }
            server.finish(stream, .ok)
        }
        let call = try pair.open(kind: kind)
        pair.client.halfClose(call)
        try pair.run()
        let fault =
            count == 0
            ? "no message in the response of a method that gives one"
            : "more than one message in the response of a method that gives one"
        let isGood = !kind.givesOne || count == 1
        #expect(
            pair.got.last
                == .ended(
                    CallOutcome(
                        isGood ? .ok : RPCStatus(.unimplemented, fault), reach: .answered)))
    }

    /// An error needs no message, whatever the method.
    @Test func errorsOfAUnaryCallStayWhatTheyAre() throws {
        let pair = try Pair()
        pair.respond = { server, stream, _ in server.finish(stream, RPCStatus(.aborted, "so")) }
        let call = try pair.open(kind: .unary)
        pair.client.halfClose(call)
        try pair.run()
        #expect(
            pair.got == [.ended(CallOutcome(RPCStatus(.aborted, "so"), reach: .answered))])
    }

    @Test("the request's head", arguments: [nil, 5] as [Int64?])
    func requestHead(seconds: Int64?) throws {
        let peer = try RawServer()
        _ = try peer.open(
            deadline: seconds.map {
                peer.now.advanced(by: RPCTimeout(nanoseconds: $0 * 1_000_000_000))
            })
        // What the session does not keep is missing here: scheme, authority, te, user-agent.
        #expect(
            peer.fields == [
                [":method: POST", ":path: \(method)"]
                    + (seconds == nil ? [] : ["grpc-timeout: 5000000u"])
                    + ["content-type: application/grpc", "grpc-accept-encoding: identity,gzip"]
            ])
    }
}

/// How calls end by resets, GOAWAY and deadlines.
@Suite struct CallEndTests {
    @Test(
        "a reset behind the head",
        arguments: [
            (HTTP2ErrorCode.noError, RPCCode.internal), (.cancel, .cancelled),
            (.refusedStream, .unavailable), (.protocolError, .internal),
            (.enhanceYourCalm, .resourceExhausted), (.http11Required, .unknown),
        ])
    func resetBehindTheHead(code: HTTP2ErrorCode, expected: RPCCode) throws {
        let peer = try RawServer()
        _ = try peer.open()
        peer.session.respond(peer.requests[0], RawServer.head, endsStream: false)
        try peer.run()
        peer.session.reset(peer.requests[0], code)
        try peer.run()
        #expect(peer.outcomes.map(\.status.code) == [expected])
        // The server has looked at it, whatever it says now.
        #expect(peer.outcomes.map(\.reach) == [.answered])
    }

    @Test func trailersBehindAResetAreNotHeard() throws {
        let peer = try RawServer()
        let call = try peer.open(halfClosed: false)
        peer.client.cancel(call)
        peer.session.respond(peer.requests[0], RawServer.head, endsStream: false)
        peer.session.end(peer.requests[0], trailers: HeaderList(["grpc-status": "0"]))
        try peer.run()
        let status = RPCStatus(.cancelled, "call was cancelled by its caller")
        #expect(peer.outcomes == [CallOutcome(status, reach: .maybeSeen)])
        #expect(peer.closed.first == .cancel)
    }

    @Test func anEarlyEndOfTheServerIsAnsweredWithNoError() throws {
        let peer = try RawServer()
        let call = try peer.open(halfClosed: false)
        peer.session.respond(
            peer.requests[0], RawServer.list(ResponseTests.grpc("8")), endsStream: true)
        try peer.run()
        #expect(peer.outcomes.map(\.status.code) == [.resourceExhausted])
        #expect(peer.closed == [.noError])
        let isOpen = peer.client.isOpen(call)
        #expect(!isOpen)
    }

    /// A server's clock may be ahead: what it gave up for the deadline's sake ends so here too.
    @Test("cancelled by the server", arguments: [true, false], [true, false])
    func cancelledByTheServer(isReset: Bool, hasPassed: Bool) throws {
        let peer = try RawServer()
        _ = try peer.open(deadline: peer.now.advanced(by: RPCTimeout(nanoseconds: 1000)))
        peer.now = peer.now.advanced(by: RPCTimeout(nanoseconds: hasPassed ? 1000 : 999))
        if isReset {
            peer.session.reset(peer.requests[0], .cancel)
        } else {
            peer.session.respond(
                peer.requests[0],
                RawServer.list(ResponseTests.grpc("1", [("grpc-message", "m"), ("x", "y")])),
                endsStream: true)
        }
        try peer.run()
        let outcome = try #require(peer.outcomes.first)
        #expect(outcome.status.code == (hasPassed ? .deadlineExceeded : .cancelled))
        // Nothing of the trailers is in what this side says by itself.
        #expect(outcome.metadata.isEmpty == (isReset || hasPassed))
    }

    @Test func deadlineOfTheClientCancelsTheStream() throws {
        let peer = try RawServer()
        let deadline = peer.now.advanced(by: RPCTimeout(nanoseconds: 1000))
        _ = try peer.open(deadline: deadline)
        peer.client.expire(now: deadline)
        try peer.run()
        let status = RPCStatus(.deadlineExceeded, "deadline of the call has passed")
        #expect(peer.outcomes == [CallOutcome(status, reach: .maybeSeen)])
        #expect(peer.closed == [.cancel])
    }

    /// A status would wait behind what the caller does not read.
    @Test func deadlineOfAServerThatIsNotReadResetsTheStream() throws {
        var http2 = HTTP2Settings()
        http2.streamWindowBytes = 1000
        let pair = try Pair(clientHTTP2: http2)
        let deadline = pair.now.advanced(by: RPCTimeout(nanoseconds: 1000))
        let call = try pair.open(deadline: deadline)
        pair.client.pauseReceiving(call)
        try pair.run()
        pair.server.send(pair.calls[0], [UInt8](repeating: 1, count: 5000))
        try pair.run()
        pair.server.expire(now: deadline)
        let waiting = pair.server.outgoingBytes(pair.calls[0])
        pair.now = deadline
        try pair.run()
        #expect(waiting > 0)
        #expect(pair.seen.last == .ended(.deadlineExceeded))
        let openStreams = pair.server.openStreams
        #expect(openStreams == 0)
        let status = RPCStatus(.deadlineExceeded, "deadline of the call has passed")
        #expect(pair.got.last == .ended(CallOutcome(status, reach: .answered)))
    }

    @Test func callsThatGoAwayDoesNotCoverWereNeverSeen() throws {
        let peer = try RawServer()
        _ = try peer.open()
        _ = try peer.open()
        // GOAWAY: last stream 1, NO_ERROR.
        try peer.give(
            Frames.frame(
                type: 7, flags: 0, stream: 0, [0, 0, 0, 1, 0, 0, 0, 0] + Array("bye".utf8)))
        let status = RPCStatus(.unavailable, "server did not take the call")
        #expect(peer.outcomes == [CallOutcome(status, reach: .neverSeen)])
        #expect(peer.events.contains(.goAway(.noError, reason: "bye")))
        let takesCalls = peer.client.takesCalls
        #expect(!takesCalls)
        // The one that it covers goes on.
        peer.session.respond(
            peer.requests[0], RawServer.list(ResponseTests.grpc("0")), endsStream: true)
        try peer.run()
        #expect(peer.outcomes.last == CallOutcome(.ok, reach: .answered))
    }
}
