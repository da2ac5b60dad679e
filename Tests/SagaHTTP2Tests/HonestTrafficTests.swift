import SagaHTTP2
import Testing

/// Busy peers that keep to the rules are never cut.
@Suite struct HonestTrafficTests {
    private static let start = HTTP2Instant(nanoseconds: 1_000_000_000)

    /// A server that takes bytes in reads of 64 KiB, all at the same moment unless told.
    private final class Busy {
        var session: HTTP2Session
        var events = 0
        var now = HonestTrafficTests.start

        init(_ settings: HTTP2Settings = HTTP2Settings()) throws {
            session = try HTTP2Session(.server, settings)
            let hello = Wire.hello
            try give(hello)
        }

        func give(
            _ bytes: [UInt8], _ react: (inout HTTP2Session, HTTP2Event) -> Void = { _, _ in }
        ) throws {
            for start in stride(from: 0, to: bytes.count, by: 64 << 10) {
                let part = Array(bytes[start..<min(start + 64 << 10, bytes.count)])
                try session.receive(part.span, now: now)
                while let event = session.nextEvent() {
                    events += 1
                    if case .data(let stream, let range) = event {
                        session.consumed(stream, range.count)
                    }
                    react(&session, event)
                }
                while try session.drain(limit: 1 << 20, { _ in }) {}
                while session.nextEvent() != nil {}
            }
        }
    }

    @Test("tiny messages on fifty streams, all at one moment", arguments: [5, 6, 20])
    func tinyMessages(size: Int) throws {
        let busy = try Busy()
        try busy.give(Wire.requests(50, ends: false))
        var bytes: [UInt8] = []
        for place in 0..<100_000 {
            bytes += Wire.data(UInt32(2 * (place % 50) + 1), count: size)
        }
        try busy.give(bytes)
        let termination = busy.session.termination
        #expect(termination == nil)
        #expect(busy.events > 100_000)
    }

    @Test func prefixAndMessageInFramesOfTheirOwn() throws {
        let busy = try Busy()
        try busy.give(Wire.requests(1, ends: false))
        var bytes: [UInt8] = []
        for _ in 0..<20_000 { bytes += Wire.data(1, count: 5) + Wire.data(1, count: 2) }
        try busy.give(bytes)
        let termination = busy.session.termination
        #expect(termination == nil)
    }

    @Test func fiftyDeadlinesAtOnce() throws {
        let busy = try Busy()
        try busy.give(Wire.requests(50, ends: false))
        try busy.give((0..<50).flatMap { Wire.reset(UInt32(2 * $0 + 1)) })
        let termination = busy.session.termination
        #expect(termination == nil)
        let open = busy.session.openStreams
        #expect(open == 0)
        #expect(busy.session.counters.resetsReceived == 50)
    }

    /// One call of twenty ends by its deadline: a rate that no fixed number a second could allow.
    @Test func deadlinesInRelationToCalls() throws {
        let busy = try Busy()
        let head = HeaderList([":status": "200"])
        for round in 0..<1000 {
            let first = round * 20
            try busy.give(Wire.requests(20, from: first)) { session, event in
                guard case .headers(let stream, _, _) = event else { return }
                if session.streamID(stream) % 40 != 1 {
                    session.respond(stream, head, endsStream: true)
                }
            }
            try busy.give(Wire.reset(UInt32(2 * first + 1)))
        }
        let termination = busy.session.termination
        #expect(termination == nil)
        #expect(busy.session.counters.resetsReceived == 1000)
    }

    /// grpc-go measures the round trip with a PING for every answer, when answers are fast.
    @Test func aPingForEachAnswer() throws {
        let busy = try Busy()
        let head = HeaderList([":status": "200"])
        for place in 0..<5000 {
            try busy.give(Wire.requests(1, from: place) + Wire.ping()) { session, event in
                guard case .headers(let stream, _, _) = event else { return }
                session.respond(stream, head, endsStream: true)
            }
        }
        let termination = busy.session.termination
        #expect(termination == nil)
    }

    @Test func tenPingsASecondForAnHour() throws {
        let busy = try Busy()
        for _ in 0..<36_000 {
            try busy.give(Wire.ping())
            busy.now.nanoseconds += 100_000_000
        }
        let termination = busy.session.termination
        #expect(termination == nil)
    }

    /// A reader that gives back both windows for every DATA frame.
    @Test func aWindowUpdateForEachFrame() throws {
        let busy = try Busy()
        var stream: HTTP2Stream?
        try busy.give(Wire.requests(1)) { session, event in
            guard case .headers(let opened, _, _) = event else { return }
            session.respond(opened, HeaderList([":status": "200"]), endsStream: false)
            stream = opened
        }
        let opened = try #require(stream)
        let message = [UInt8](repeating: 7, count: 100)
        for _ in 0..<20_000 {
            busy.session.send(opened, prefix: nil, message.span)
            while try busy.session.drain(limit: 1 << 20, { _ in }) {}
            try busy.give(Wire.windowUpdate(0, 100) + Wire.windowUpdate(1, 100))
        }
        let termination = busy.session.termination
        #expect(termination == nil)
    }

    /// Some servers end DATA with an empty frame ahead of the trailers.
    @Test func anEmptyFrameAheadOfTrailers() throws {
        var session = try HTTP2Session(.client, HTTP2Settings())
        let hello = Wire.serverHello
        while try session.drain(limit: 1 << 20, { _ in }) {}
        try session.receive(hello.span, now: Self.start)
        while session.nextEvent() != nil {}
        for place in 0..<5000 {
            let stream = try #require(try session.request(Link.head))
            session.end(stream, trailers: nil)
            while try session.drain(limit: 1 << 20, { _ in }) {}
            let id = UInt32(2 * place + 1)
            let bytes =
                Wire.headers(id, Wire.response()) + Wire.data(id, "hello") + Wire.data(id, "")
                + Wire.headers(id, Wire.block(["x": "1"]), Wire.endHeaders | Wire.endStream)
            try session.receive(bytes.span, now: Self.start)
            while session.nextEvent() != nil {}
        }
        let termination = session.termination
        #expect(termination == nil)
    }

    /// A server that is overloaded resets call after call.
    @Test func aServerMayResetEveryCall() throws {
        var session = try HTTP2Session(.client, HTTP2Settings())
        let hello = Wire.serverHello
        while try session.drain(limit: 1 << 20, { _ in }) {}
        try session.receive(hello.span, now: Self.start)
        while session.nextEvent() != nil {}
        for place in 0..<2000 {
            _ = try #require(try session.request(Link.head))
            while try session.drain(limit: 1 << 20, { _ in }) {}
            let reset = Wire.reset(UInt32(2 * place + 1), 7)
            try session.receive(reset.span, now: Self.start)
            while session.nextEvent() != nil {}
        }
        let termination = session.termination
        #expect(termination == nil)
    }

    @Test func resetsOfThisSideAreNotThePeersFault() throws {
        let busy = try Busy()
        for place in 0..<1000 {
            try busy.give(Wire.requests(1, from: place, ends: false)) { session, event in
                guard case .headers(let stream, _, _) = event else { return }
                session.reset(stream, .cancel)
            }
        }
        let termination = busy.session.termination
        #expect(termination == nil)
        let counters = busy.session.counters
        #expect(counters.resetsSent == 1000 && counters.resetsProvoked == 0)
    }

    @Test func answersAheadOfTheEndOfARequestAreNotThePeersFault() throws {
        let busy = try Busy()
        for place in 0..<1000 {
            try busy.give(Wire.requests(1, from: place, ends: false)) { session, event in
                guard case .headers(let stream, _, _) = event else { return }
                session.resetAfterEnd(stream)
                session.respond(stream, HeaderList([":status": "415"]), endsStream: true)
            }
        }
        let termination = busy.session.termination
        #expect(termination == nil)
        #expect(busy.session.counters.resetsProvoked == 0)
    }
}
