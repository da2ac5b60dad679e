import SagaCompression
import SagaHTTP2
import Testing

@testable import SagaRPC

/// Compressed messages, both ways (gRPC's `compression.md`).
@Suite struct EncodingTests {
    static let long = Array(String(repeating: "the same again ", count: 200).utf8)

    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        var compressor = try Compressor(.gzip)
        return compressor.compress(bytes.span)
    }

    /// A message with its prefix.
    static func framed(_ flag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(bytes.count)
        return [flag] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + bytes
    }

    @Test("gzip both ways, cut at every length", arguments: [0, 1, 2, 3, 5, 8, 13, 40])
    func bothWays(piece: Int) throws {
        let pair = try Pair()
        pair.piece = piece
        pair.respond = { server, stream, all in
            let takesEffect = server.setCompression(stream, .gzip)
            #expect(takesEffect)
            server.reply(stream, all.flatMap(\.self))
        }
        let call = try pair.open(encoding: .gzip)
        pair.client.send(call, Self.long)
        pair.client.send(call, [1, 2, 3])
        pair.client.halfClose(call)
        try pair.run()
        #expect(
            pair.seen == [
                .opened(method, Metadata()), .message(Self.long), .message([1, 2, 3]),
                .halfClosed,
            ])
        // What would not become smaller goes out as it is.
        #expect(pair.seenCompressed == [true, false])
        #expect(
            pair.got == [.headers(Metadata()), .message(Self.long + [1, 2, 3]), CallTests.ok])
        #expect(pair.gotCompressed == [true])
    }

    @Test func nothingIsCompressedUnasked() throws {
        let pair = try Pair()
        pair.respond = CallTests.echo
        let call = try pair.open()
        pair.client.send(call, Self.long)
        pair.client.halfClose(call)
        try pair.run()
        #expect(pair.seenCompressed == [false] && pair.gotCompressed == [false])
    }

    @Test func settingsAreForCallsThatSayNothing() throws {
        let pair = try Pair(encoding: .gzip)
        pair.respond = CallTests.echo
        let loud = try pair.open()
        let plain = try pair.open(encoding: .identity)
        for call in [loud, plain] {
            pair.client.send(call, Self.long)
            pair.client.halfClose(call)
        }
        try pair.run()
        #expect(pair.seenCompressed == [true, false])
        #expect(pair.gotCompressed == [true, true])
    }

    @Test func oneMessageOfAStreamMayStayPlain() throws {
        let pair = try Pair()
        let call = try pair.open(encoding: .gzip)
        pair.client.setCompression(call, .identity)
        pair.client.send(call, Self.long)
        pair.client.setCompression(call, .gzip)
        pair.client.send(call, Self.long)
        try pair.run()
        #expect(pair.seenCompressed == [false, true])
        pair.server.setCompression(pair.calls[0], .gzip)
        pair.server.setCompression(pair.calls[0], .identity)
        pair.server.send(pair.calls[0], Self.long)
        let takesEffect = pair.server.setCompression(pair.calls[0], .gzip)
        #expect(takesEffect)
        pair.server.send(pair.calls[0], Self.long)
        try pair.run()
        #expect(pair.gotCompressed == [false, true])
    }

    @Test func gzipNeedsToBeSaidInTheHead() throws {
        let pair = try Pair()
        let call = try pair.open()
        let client = pair.client.setCompression(call, .gzip)
        try pair.run()
        pair.server.sendHead(pair.calls[0])
        let server = pair.server.setCompression(pair.calls[0], .gzip)
        let identity = pair.server.setCompression(pair.calls[0], .identity)
        #expect(!client && !server && identity)
    }

    @Test(
        "who takes gzip",
        arguments: [
            (nil, false), ("identity", false), ("gzip", true), ("identity,deflate,gzip", true),
            ("identity, gzip", true), ("gzip\t,identity", true), ("gzipped", false), ("", false),
            ("deflate,", false), ("GZIP", false),
        ] as [(String?, Bool)])
    func accepted(list: String?, takes: Bool) throws {
        let peer = try RawPeer()
        let more = list.map { [("grpc-accept-encoding", $0)] } ?? []
        _ = try peer.session.request(RawPeer.request(with: more))
        try peer.run()
        guard case .opened(let stream, _) = peer.events.first else {
            Issue.record("not opened: \(peer.events)")
            return
        }
        let takesEffect = peer.server.setCompression(stream, .gzip)
        #expect(takesEffect == takes)
        peer.server.reply(stream, Self.long)
        try peer.run()
        let head = [":status: 200", "content-type: application/grpc"]
        #expect(peer.fields.first == head + (takes ? ["grpc-encoding: gzip"] : []))
        #expect(
            peer.body == Self.framed(takes ? 1 : 0, takes ? try Self.gzip(Self.long) : Self.long))
    }

    /// An encoding that was used without having been announced must be named in the answer.
    @Test("what was used is named", arguments: [true, false])
    func disclosed(withMessage: Bool) throws {
        let peer = try RawPeer()
        _ = try peer.session.request(RawPeer.request(with: [("grpc-encoding", "gzip")]))
        try peer.run()
        guard case .opened(let stream, _) = peer.events.first else {
            Issue.record("not opened: \(peer.events)")
            return
        }
        if withMessage { peer.server.send(stream, [1]) }
        peer.server.finish(stream, .ok)
        try peer.run()
        #expect(peer.fields.first?.contains("grpc-accept-encoding: identity,gzip") == true)
    }

    static func faults() throws -> [(String?, [UInt8], RPCStatus)] {
        let small = try gzip(long)
        let bomb = try gzip([UInt8](repeating: 0, count: 50 << 20))
        let flag = RPCStatus(
            .internal, "message is marked as compressed, but grpc-encoding names nothing")
        let damaged = RPCStatus(.internal, "compressed message is not gzip, or is damaged")
        let short = RPCStatus(.internal, "compressed message ends before its end")
        let large = RPCStatus(
            .resourceExhausted, "decompressed message is over the limit of 100000 bytes")
        let wire = RPCStatus(
            .resourceExhausted, "message of 60001 bytes is over the limit of 60000 bytes")
        return [
            (nil, framed(1, small), flag), ("identity", framed(1, small), flag),
            ("gzip", framed(2, small), RPCStatus(.internal, "message has the unknown flag 2")),
            ("gzip", framed(1, long), damaged), ("gzip", framed(1, small + [0]), damaged),
            ("gzip", framed(1, Array(small.dropLast())), short), ("gzip", framed(1, []), short),
            ("gzip", framed(1, bomb), large),
            ("gzip", framed(1, [UInt8](repeating: 0, count: 60_001)), wire),
        ]
    }

    static let settings = RPCSettings(
        maxMessageBytes: 60_000, maxDecompressedBytes: 100_000, programName: "test",
        programVersion: "9")

    @Test("faults, as a server meets them", arguments: try faults(), [0, 1, 1000])
    func serverFaults(fault: (String?, [UInt8], RPCStatus), piece: Int) throws {
        let peer = try RawPeer(Self.settings)
        peer.piece = piece
        let more = fault.0.map { [("grpc-encoding", $0)] } ?? []
        let stream = try #require(try peer.session.request(RawPeer.request(with: more)))
        let body = fault.1 + Self.framed(0, [7])
        peer.session.send(stream, prefix: nil, body.span)
        peer.session.end(stream, trailers: nil)
        try peer.run()
        let server = try #require(peer.events.first?.stream)
        // Neither the message behind it nor the end of the request is heard of.
        #expect(peer.events.dropFirst() == [.ended(server, .failed(fault.2))])
        #expect(peer.fields.first?.contains("grpc-status: \(fault.2.code.rawValue)") == true)
    }

    @Test("faults, as a client meets them", arguments: try faults(), [0, 1, 1000])
    func clientFaults(fault: (String?, [UInt8], RPCStatus), piece: Int) throws {
        let peer = try RawServer(Self.settings)
        peer.piece = piece
        _ = try peer.open()
        var head = RawServer.head
        if let name = fault.0 { head.append("grpc-encoding", name) }
        let body = fault.1 + Self.framed(0, [7])
        peer.session.respond(peer.requests[0], head, endsStream: false)
        peer.session.send(peer.requests[0], prefix: nil, body.span)
        peer.session.end(peer.requests[0], trailers: HeaderList(["grpc-status": "0"]))
        try peer.run()
        #expect(peer.outcomes == [CallOutcome(fault.2, reach: .answered)])
        #expect(peer.messages.isEmpty)
    }

    /// Only a message that is compressed is at fault.
    @Test("an encoding that the client did not offer", arguments: [0, 1] as [UInt8])
    func foreignEncoding(flag: UInt8) throws {
        let peer = try RawServer()
        _ = try peer.open()
        var head = RawServer.head
        head.append("grpc-encoding", "snappy")
        peer.session.respond(peer.requests[0], head, endsStream: false)
        let body = Self.framed(flag, [7])
        peer.session.send(peer.requests[0], prefix: nil, body.span)
        peer.session.end(peer.requests[0], trailers: HeaderList(["grpc-status": "0"]))
        try peer.run()
        let status = RPCStatus(
            .internal,
            "message is compressed with snappy, which is not among those accepted: identity,gzip")
        #expect(peer.messages == (flag == 0 ? [[7]] : []))
        #expect(peer.outcomes == [CallOutcome(flag == 0 ? .ok : status, reach: .answered)])
    }

    @Test func aCoderServesManyConnections() throws {
        let coder = MessageCoder()
        for _ in 0..<3 {
            let made = coder.compressed(Self.long.span)
            let small = try #require(made)
            #expect(try coder.decompressed(small, limit: Self.long.count) == Self.long)
            #expect(throws: RPCStatus.self) { try coder.decompressed(small, limit: 10) }
            let short: [UInt8] = [1, 2, 3]
            let none = coder.compressed(short.span)
            #expect(none == nil)
        }
    }
}
