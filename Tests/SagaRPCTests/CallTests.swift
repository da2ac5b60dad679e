import SagaHTTP2
import Testing

@testable import SagaRPC

@Suite struct CallTests {
    static func echo(_ server: inout ServerConnection, _ stream: HTTP2Stream, _ all: [[UInt8]]) {
        server.reply(stream, all.flatMap(\.self))
    }

    static let ok = Got.ended(CallOutcome(.ok, reach: .answered))

    @Test("a unary call, cut at every length", arguments: [0, 1, 2, 3, 4, 5, 7, 9, 13, 64, 1000])
    func unary(piece: Int) throws {
        let pair = try Pair()
        pair.piece = piece
        pair.respond = Self.echo
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        let call = try pair.open()
        pair.client.send(call, message)
        pair.client.halfClose(call)
        try pair.run()
        #expect(pair.seen == [.opened(method, Metadata()), .message(message), .halfClosed])
        #expect(pair.got == [.headers(Metadata()), .message(message), Self.ok])
        #expect(pair.server.openStreams == 0)
        #expect(pair.client.openStreams == 0)
    }

    @Test func messageInOneDataFrameIsNotCopied() throws {
        let pair = try Pair()
        let call = try pair.open()
        pair.client.send(call, [1, 2, 3])
        let bytes = try pair.drainClient()
        try pair.server.receive(bytes.span, now: pair.now)
        var whole = 0
        while let event = pair.server.nextEvent() {
            if case .message(_, .input(let range)) = event {
                whole += 1
                #expect(Array(bytes[range]) == [1, 2, 3])
            }
        }
        #expect(whole == 1)
    }

    @Test("messages both ways, over window and frame sizes", arguments: [0, 1, 777])
    func bidirectional(piece: Int) throws {
        var small = HTTP2Settings()
        small.streamWindowBytes = 1000
        small.connectionWindowBytes = 70_000
        let pair = try Pair(clientHTTP2: small, serverHTTP2: small)
        pair.piece = piece
        let call = try pair.open()
        let sizes = [0, 1, 4, 5, 999, 1000, 1001, 100_000]
        let messages = sizes.map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0) }
        for message in messages { pair.client.send(call, message) }
        try pair.run()
        let server = pair.calls[0]
        for message in messages { pair.server.send(server, message) }
        try pair.run()
        pair.client.halfClose(call)
        try pair.run()
        var trailing = Metadata()
        try trailing.add("x-end", "done")
        pair.server.finish(server, RPCStatus(.aborted, "so"), trailing)
        try pair.run()
        #expect(
            pair.seen == [.opened(method, Metadata())] + messages.map(Seen.message) + [.halfClosed])
        #expect(
            pair.got == [.headers(Metadata())] + messages.map(Got.message) + [
                .ended(
                    CallOutcome(
                        RPCStatus(.aborted, "so"), metadata: trailing, reach: .answered))
            ])
        #expect(pair.client.openStreams == 0 && pair.server.openStreams == 0)
    }

    @Test func manyCallsUseTheirPlacesAgain() throws {
        let pair = try Pair()
        pair.respond = Self.echo
        for _ in 0..<50 {
            for _ in 0..<20 {
                let call = try pair.open()
                pair.client.send(call, [7])
                pair.client.halfClose(call)
            }
            try pair.run()
        }
        #expect(pair.got.filter { $0 == Self.ok }.count == 1000)
        #expect(pair.server.streams.count == 20)
        #expect(pair.client.streams.count == 20)
    }

    @Test func statusWithDetailsAndTextBeforeAnyMessage() throws {
        let pair = try Pair()
        let text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n100%"
        let status = RPCStatus(.alreadyExists, text, details: Array(0...255))
        pair.respond = { server, stream, _ in server.finish(stream, status) }
        let call = try pair.open()
        pair.client.halfClose(call)
        try pair.run()
        #expect(pair.got == [.ended(CallOutcome(status, reach: .answered))])
    }

    @Test func metadataBothWays() throws {
        let pair = try Pair()
        var sent = Metadata()
        try sent.add("saga-principal", "me@host")
        try sent.add("trace-bin", bytes: [0, 255, 1])
        let call = try pair.open(method, sent)
        pair.client.halfClose(call)
        try pair.run()
        #expect(pair.seen == [.opened(method, sent), .halfClosed])
        pair.server.sendHead(pair.calls[0], sent)
        try pair.run()
        pair.server.finish(pair.calls[0], .ok, sent)
        try pair.run()
        #expect(
            pair.got == [
                .headers(sent), .ended(CallOutcome(.ok, metadata: sent, reach: .answered)),
            ])
    }

    @Test func unknownMethodIsUnimplemented() throws {
        let pair = try Pair()
        let call = try pair.open("/test.Service/Nothing")
        pair.client.halfClose(call)
        try pair.run()
        #expect(pair.seen.isEmpty)
        let status = RPCStatus(.unimplemented, "unknown method /test.Service/Nothing")
        #expect(pair.got == [.ended(CallOutcome(status, reach: .answered))])
    }

    @Test func messageOverTheLimitNamesIt() throws {
        let pair = try Pair(maxMessageBytes: 1000)
        let call = try pair.open()
        pair.client.send(call, [UInt8](repeating: 0, count: 1001))
        try pair.run()
        let status = RPCStatus(
            .resourceExhausted, "message of 1001 bytes is over the limit of 1000 bytes")
        #expect(pair.seen == [.opened(method, Metadata()), .ended(.failed(status))])
        #expect(pair.got == [.ended(CallOutcome(status, reach: .answered))])
        #expect(pair.server.openStreams == 0)
    }

    @Test func cancelByTheCaller() throws {
        let pair = try Pair()
        let call = try pair.open()
        pair.client.send(call, [1])
        try pair.run()
        pair.client.cancel(call)
        try pair.run()
        #expect(pair.seen == [.opened(method, Metadata()), .message([1]), .ended(.cancelled)])
        let status = RPCStatus(.cancelled, "call was cancelled by its caller")
        #expect(pair.got == [.ended(CallOutcome(status, reach: .maybeSeen))])
        pair.server.send(pair.calls[0], [1])
        pair.server.finish(pair.calls[0], .ok)
        try pair.run()
        #expect(pair.got.count == 1)
    }

    @Test(
        "a reset by the server",
        arguments: [
            (HTTP2ErrorCode.cancel, RPCCode.cancelled, CallReach.maybeSeen),
            (.refusedStream, .unavailable, .neverSeen), (.internalError, .internal, .maybeSeen),
            (.enhanceYourCalm, .resourceExhausted, .maybeSeen),
            (.inadequateSecurity, .permissionDenied, .maybeSeen),
            (.streamClosed, .unknown, .maybeSeen),
        ])
    func reset(code: HTTP2ErrorCode, expected: RPCCode, reach: CallReach) throws {
        let pair = try Pair()
        _ = try pair.open()
        try pair.run()
        pair.server.reset(pair.calls[0], code)
        try pair.run()
        guard case .ended(let outcome) = pair.got.last else {
            Issue.record("no end: \(pair.got)")
            return
        }
        #expect(outcome.status.code == expected)
        #expect(outcome.reach == reach)
    }
}
