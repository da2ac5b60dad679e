import Testing

@testable import SagaHTTP2

@Suite struct RateBucketTests {
    private static func at(_ milliseconds: Int64) -> HTTP2Instant {
        HTTP2Instant(nanoseconds: milliseconds * 1_000_000)
    }

    /// How many of so many tries are taken at a moment.
    private static func taken(
        _ bucket: inout RateBucket, of count: Int, _ now: HTTP2Instant, earned: Int = 0
    ) -> Int {
        var taken = 0
        for _ in 0..<count where bucket.take(now, earned: earned) { taken += 1 }
        return taken
    }

    @Test("a burst, and then the rate", arguments: [(1, 1), (3, 10), (100, 10), (10, 1000)])
    func burst(burst: Int, rate: Int) {
        for start: Int64 in [-1_000_000, 0, 1, 1 << 40] {
            var bucket = RateBucket(RateLimit(burst: burst, perSecond: rate))
            let now = Self.at(start)
            var count = Self.taken(&bucket, of: burst + 5, now)
            #expect(count == burst)
            var later = now
            later.nanoseconds += 1_000_000_000 / Int64(rate) - 1
            count = Self.taken(&bucket, of: 5, later)
            #expect(count == 0, "a refusal costs nothing, and nothing came in yet")
            later.nanoseconds += 1
            count = Self.taken(&bucket, of: 5, later)
            #expect(count == 1)
            // Quiet for long: the burst is back, and no more than that.
            later.nanoseconds += 3600 * 1_000_000_000
            count = Self.taken(&bucket, of: burst + 5, later)
            #expect(count == burst)
        }
    }

    @Test func aClockThatStandsOrGoesBackGivesNothing() {
        var bucket = RateBucket(RateLimit(burst: 2, perSecond: 1))
        var count = Self.taken(&bucket, of: 5, Self.at(5000))
        #expect(count == 2)
        count = Self.taken(&bucket, of: 5, Self.at(1000))
        #expect(count == 0)
    }

    @Test func earnedTokensAreSpentFirstAndHaveAnEnd() {
        var bucket = RateBucket(RateLimit(burst: 2, perSecond: 1))
        let now = Self.at(0)
        var count = Self.taken(&bucket, of: 5, now, earned: 900)
        #expect(count == 2, "nine tenths are none")
        count = Self.taken(&bucket, of: 5, now, earned: 1000)
        #expect(count == 1)
        count = Self.taken(&bucket, of: 100, now, earned: 1_000_000_000)
        #expect(count == 20)
    }
}

@Suite struct FrameGateTests {
    /// Judgements of the gate alone, with the bytes cut everywhere.
    @Test func cutsDoNotMatter() {
        let bytes =
            Wire.hello + Wire.requests(2, ends: false) + Wire.data(1, "hello")
            + Wire.data(3, "", Wire.endStream) + Wire.data(3, "x")
        var whole = FrameGate(.server, SharedHTTP2Settings(HTTP2Settings()))
        let now = HTTP2Instant(nanoseconds: 0)
        let expected = whole.scan(bytes.span, now: now)
        #expect(expected.count == bytes.count - 10)
        #expect(whole.breach?.code == .streamClosed)
        for cut in 1..<bytes.count {
            var gate = FrameGate(.server, SharedHTTP2Settings(HTTP2Settings()))
            let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
            var scan = gate.scan(first.span, now: now)
            if !scan.isBroken {
                #expect(scan.count == cut)
                scan = gate.scan(second.span, now: now)
            }
            #expect(scan.isBroken && gate.breach == whole.breach)
            #expect(gate.framesReceived == whole.framesReceived)
        }
    }

    @Test func headsAreReadAsTheyStand() {
        let head = FrameHead(first: 0x0001_02_03_04_ff_ff_ff, last: 0xfe)
        #expect(head.length == 0x0102 && head.type == 3 && head.flags == 4)
        #expect(head.streamID == 0x7fff_fffe, "the reserved bit is left out")
    }

    @Test func itIsSeenWhetherAHeaderBlockIsOpen() {
        var gate = FrameGate(.server, SharedHTTP2Settings(HTTP2Settings()))
        let now = HTTP2Instant(nanoseconds: 0)
        let bytes =
            Wire.hello + Wire.headers(1, Wire.request, 0)
            + Wire.continuation(1, Wire.block(["a": "b"]), Wire.endHeaders) + Wire.ping()
        let start = Wire.hello.count + 9
        let end = bytes.count - 17
        for (place, byte) in bytes.enumerated() {
            _ = gate.scan([byte].span, now: now)
            let taken = place + 1
            #expect(gate.isInsideHeaderBlock == (taken >= start && taken < end), "\(taken)")
        }
    }
}
