import Testing

@testable import SagaHTTP2

@Suite struct OutgoingTests {
    /// What a drain hands out, one element for each call of its sink.
    private static func drained(_ session: inout HTTP2Session) throws -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        while try session.drain(
            limit: 1 << 20, { pieces.append($0.array) })
        {}
        return pieces
    }

    private static let head = HeaderList([
        ":method": "POST", ":scheme": "http", ":path": "/a", ":authority": "b",
    ])

    @Test("small frames leave together, large ones by themselves, in their order")
    func batches() throws {
        var client = try HTTP2Session(.client, HTTP2Settings())
        var whole = try Self.drained(&client)
        #expect(whole.count == 1, "preface and SETTINGS")
        for count in [10, 5_000, 10] {
            let stream = try #require(try client.request(Self.head))
            let bytes = [UInt8](repeating: UInt8(count % 251), count: count)
            client.send(stream, prefix: nil, bytes.span)
            client.end(stream, trailers: nil)
        }
        whole = try Self.drained(&client)
        #expect(whole.count == 3)
        #expect(whole[1].count == 9 + 5_000)
        #expect(Self.frames(whole.flatMap(\.self)).map(\.type) == [1, 1, 1, 0, 0, 0])
    }

    /// Types and payloads of whole frames.
    private static func frames(_ bytes: [UInt8]) -> [(type: UInt8, payload: [UInt8])] {
        var frames: [(type: UInt8, payload: [UInt8])] = []
        var place = 0
        while place < bytes.count {
            let count = Int(Wire.word(bytes, at: place) >> 8)
            frames.append((bytes[place + 3], Array(bytes[(place + 9)..<(place + 9 + count)])))
            place += 9 + count
        }
        return frames
    }

    @Test("more small frames than there is room for all leave")
    func manyFrames() throws {
        var client = try HTTP2Session(.client, HTTP2Settings())
        _ = try Self.drained(&client)
        for number in 0..<400 { client.ping(UInt64(number)) }
        let frames = Self.frames(try Self.drained(&client).flatMap(\.self))
        #expect(frames.map(\.payload.last) == (0..<400).map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test("sessions share their memory, and outlive each other")
    func sharedMemory() throws {
        let settings = SharedHTTP2Settings(HTTP2Settings())
        let memory = HTTP2Memory()
        var first = try HTTP2Session(.client, settings, memory)
        for _ in 0..<20 {
            var second = try HTTP2Session(.client, settings, memory)
            for _ in 0..<50 {
                let one = try #require(try first.request(Self.head))
                let other = try #require(try second.request(Self.head))
                first.reset(one, .cancel)
                second.reset(other, .cancel)
                let left = try Self.drained(&first).count
                let right = try Self.drained(&second).count
                #expect(left <= 1 && right <= 1)
                while first.nextEvent() != nil {}
                while second.nextEvent() != nil {}
            }
        }
        #expect(first.openStreams == 0)
    }

    @Test("a field that is not to be indexed leaves HPACK's table alone")
    func indexing() throws {
        func headBytes(isIndexed: Bool) throws -> [Int] {
            var client = try HTTP2Session(.client, HTTP2Settings())
            _ = try Self.drained(&client)
            return try (0..<3).map { _ in
                var head = Self.head
                head.append("x", isIndexed: isIndexed) { $0 += Array("always the same".utf8) }
                let stream = try #require(try client.request(head))
                client.end(stream, trailers: nil)
                let frames = Self.frames(try Self.drained(&client).flatMap(\.self))
                return frames[0].payload.count
            }
        }
        let indexed = try headBytes(isIndexed: true)
        let plain = try headBytes(isIndexed: false)
        #expect(indexed[1] < indexed[0], "\(indexed)")
        #expect(plain[1] > indexed[1] + 10 && plain[2] == plain[1], "\(plain), \(indexed)")
    }

    @Test("bytes are compared to their end", arguments: 0...40)
    func comparison(count: Int) {
        func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.span.equals(other) }
        let bytes = (0..<count).map { UInt8($0) }
        #expect(areEqual(bytes, bytes))
        for place in 0..<count {
            var other = bytes
            other[place] ^= 0x80
            #expect(!areEqual(bytes, other), "\(count) bytes that differ at \(place)")
        }
        #expect(!areEqual(bytes, bytes + [0]))
    }
}
