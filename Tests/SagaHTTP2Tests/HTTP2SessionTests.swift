import SagaHTTP2
import Testing

@Suite struct HTTP2SessionTests {
    @Test("every known name is recognised, and nothing near it", arguments: HeaderName.allCases)
    func names(name: HeaderName) {
        let bytes = Array(name.text.description.utf8)
        #expect(HeaderName(bytes.span) == name)
        guard name != .other else { return }
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            #expect(HeaderName(changed.span) == .other)
        }
        let longer = bytes + [0x61]
        #expect(HeaderName(longer.span) == .other)
    }

    @Test func pingIsAnswered() throws {
        let link = try Link()
        link.client.ping(0x0102_0304_0506_0708)
        try link.run()
        #expect(link.clientEvents.contains(.pingAcknowledged(0x0102_0304_0506_0708)))
    }

    @Test func settingsAreToldAndAcknowledged() throws {
        var settings = HTTP2Settings()
        settings.maxConcurrentStreams = 7
        let link = try Link(settings)
        try link.run()
        let limit = link.client.peerMaxConcurrentStreams
        #expect(limit == 7)
        #expect(link.clientEvents == [.settingsReceived, .settingsAcknowledged])
        #expect(link.serverEvents == [.settingsReceived, .settingsAcknowledged])
    }

    @Test("bytes of a stream arrive in order, within its window", arguments: [0, 1, 3, 100])
    func bytes(piece: Int) throws {
        var settings = HTTP2Settings()
        settings.streamWindowBytes = 300
        let link = try Link(settings, piece: piece)
        let stream = try #require(try link.client.request(Link.head))
        let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0) }
        link.client.send(stream, prefix: ChunkPrefix(flag: 3, length: 0x0102_0304), bytes.span)
        link.client.end(stream, trailers: nil)
        try link.run()
        // SETTINGS came after the request was sent, so at most a default window arrives at once.
        let expected: [UInt8] = [3, 1, 2, 3, 4] + bytes
        #expect(link.received.starts(with: expected.prefix(link.received.count)))
        while link.received.count < expected.count {
            let before = link.received.count
            link.server.consumed(link.streams[0], link.consume())
            try link.run()
            #expect(link.received.count > before)
        }
        #expect(link.received == expected)
        #expect(link.serverEvents.contains(.dataEnded(link.streams[0])))
    }

    @Test func windowIsGivenBackOnlyWhenConsumed() throws {
        var settings = HTTP2Settings()
        settings.streamWindowBytes = 300
        let link = try Link(settings)
        try link.run()
        let stream = try #require(try link.client.request(Link.head))
        let bytes = [UInt8](repeating: 1, count: 1000)
        link.client.send(stream, prefix: nil, bytes.span)
        try link.run()
        #expect(link.received.count == 300)
        #expect(link.client.outgoingBytes(stream) == 700)
        link.server.consumed(link.streams[0], 300)
        try link.run()
        #expect(link.received.count == 600)
    }

    @Test func headersOverTheLimitAreNotKept() throws {
        let link = try Link()
        var head = Link.head
        for place in 0..<40 {
            head.append("x-\(place)", String(repeating: "v", count: 500))
        }
        _ = try link.client.request(head)
        try link.run()
        #expect(
            link.serverEvents.contains {
                if case .headersTooLarge = $0 { true } else { false }
            })
        #expect(link.server.headerBytes.count <= 16 << 10)
    }

    @Test func aHeadCutByReadsIsWhole() throws {
        for piece in [1, 2, 7, 50] {
            let link = try Link(piece: piece)
            for place in 0..<10 {
                var head = Link.head
                head.append("x-place", String(place))
                _ = try link.client.request(head)
            }
            try link.run()
            #expect(link.values == (0..<10).map(String.init))
        }
    }

    @Test func goAwayNamesItsReason() throws {
        let link = try Link()
        try link.run()
        link.server.terminate(.enhanceYourCalm, reason: "too_many_pings")
        try link.run()
        let reason = link.client.goAwayReason
        #expect(reason == "too_many_pings")
        #expect(link.clientEvents.contains(.goAway(lastStreamID: 0, .enhanceYourCalm)))
        let isFinished = link.server.isFinished
        #expect(isFinished)
    }

    @Test func resetEndsBothSides() throws {
        let link = try Link()
        let stream = try #require(try link.client.request(Link.head))
        try link.run()
        link.client.reset(stream, .cancel)
        try link.run()
        #expect(link.serverEvents.last == .closed(link.streams[0], .cancel, neverSent: false))
        #expect(link.clientEvents.last == .closed(stream, .cancel, neverSent: false))
        #expect(link.server.openStreams == 0 && link.client.openStreams == 0)
        #expect(link.server.counters.resetsReceived == 1)
        #expect(link.client.counters.resetsSent == 1)
    }
}

/// Two sessions that talk through arrays; `piece` bytes at once, 0 for all.
final class Link {
    static let head = HeaderList([
        ":method": "POST", ":scheme": "http", ":path": "/p", ":authority": "a",
    ])
    var client: HTTP2Session
    var server: HTTP2Session
    var clientEvents: [HTTP2Event] = []
    var serverEvents: [HTTP2Event] = []
    var streams: [HTTP2Stream] = []
    var received: [UInt8] = []
    var values: [String] = []
    private var consumedBytes = 0
    private let piece: Int

    init(_ settings: HTTP2Settings = HTTP2Settings(), piece: Int = 0) throws {
        client = try HTTP2Session(.client, HTTP2Settings())
        server = try HTTP2Session(.server, settings)
        self.piece = piece
    }

    func consume() -> Int {
        defer { consumedBytes = received.count }
        return received.count - consumedBytes
    }

    func run() throws {
        while true {
            var toServer: [UInt8] = []
            while try client.drain(limit: 1000, { toServer.append(contentsOf: $0.array) }) {}
            for part in pieces(toServer) {
                try server.receive(part.span, now: HTTP2Instant(nanoseconds: 0))
                while let event = server.nextEvent() { take(event, part) }
            }
            var toClient: [UInt8] = []
            while try server.drain(limit: 1000, { toClient.append(contentsOf: $0.array) }) {}
            while let event = server.nextEvent() { take(event, []) }
            for part in pieces(toClient) {
                try client.receive(part.span, now: HTTP2Instant(nanoseconds: 0))
                while let event = client.nextEvent() { clientEvents.append(event) }
            }
            while let event = client.nextEvent() { clientEvents.append(event) }
            if toServer.isEmpty && toClient.isEmpty { return }
        }
    }

    private func take(_ event: HTTP2Event, _ bytes: [UInt8]) {
        serverEvents.append(event)
        switch event {
        case .headers(let stream, let range, _):
            streams.append(stream)
            for field in server.headerFields[range] where field.name == .other {
                values.append(
                    String(decoding: server.headerBytes[field.valueRange], as: UTF8.self))
            }
        case .data(_, let range): received += bytes[range]
        case .headersTooLarge, .dataEnded, .writable, .closed, .goAway, .ping, .pingAcknowledged,
            .settingsReceived, .settingsAcknowledged:
            break
        }
    }

    private func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        if bytes.isEmpty { return [] }
        let size = piece == 0 ? bytes.count : piece
        return stride(from: 0, to: bytes.count, by: size).map {
            Array(bytes[$0..<min($0 + size, bytes.count)])
        }
    }
}

extension RawSpan {
    var array: [UInt8] { (0..<byteCount).map { unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
}
