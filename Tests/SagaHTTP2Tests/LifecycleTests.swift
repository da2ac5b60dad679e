import SagaHTTP2
import Testing

/// What the machine of a connection's life is told.
@Suite struct LifecycleTests {
    private static let now = HTTP2Instant(nanoseconds: 0)

    private static func drain(_ session: inout HTTP2Session) throws -> [String] {
        var output: [UInt8] = []
        while try session.drain(limit: 1 << 20, { output += $0.array }) {}
        return Wire.read(output)
    }

    private static func events(
        _ session: inout HTTP2Session, _ bytes: [UInt8]
    ) throws -> [HTTP2Event] {
        try session.receive(bytes.span, now: now)
        var events: [HTTP2Event] = []
        while let event = session.nextEvent() { events.append(event) }
        return events
    }

    @Test func thePeerIsReadyWithItsSettings() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        for (place, byte) in (Wire.preface + Wire.settings()).enumerated() {
            let before = session.isPeerReady
            #expect(!before, "\(place)")
            _ = try Self.events(&session, [byte])
        }
        let ready = session.isPeerReady
        #expect(ready)
    }

    @Test func aBlockThatStaysOpenIsSeen() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        _ = try Self.events(&session, Wire.hello)
        var isInside = session.isInsideHeaderBlock
        #expect(!isInside)
        _ = try Self.events(&session, Array(Wire.headers(1, Wire.request).dropLast()))
        isInside = session.isInsideHeaderBlock
        #expect(isInside)
        _ = try Self.events(&session, [Wire.request[Wire.request.count - 1]])
        isInside = session.isInsideHeaderBlock
        #expect(!isInside)
    }

    @Test func waitingBytesAreThoseOfAllStreams() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        var streams: [HTTP2Stream] = []
        for event in try Self.events(&session, Wire.hello + Wire.requests(2, ends: false)) {
            if case .headers(let stream, _, _) = event { streams.append(stream) }
        }
        let bytes = [UInt8](repeating: 1, count: 10)
        session.send(streams[0], prefix: nil, bytes.span)
        session.send(streams[1], prefix: ChunkPrefix(flag: 0, length: 10), bytes.span)
        #expect(session.waitingBytes == 25)
        session.respond(streams[0], HeaderList([":status": "200"]), endsStream: false)
        _ = try Self.drain(&session)
        #expect(session.waitingBytes == 15)
        session.reset(streams[1], .cancel)
        _ = try Self.drain(&session)
        while session.nextEvent() != nil {}
        #expect(session.waitingBytes == 0)
        #expect(session.openStreams == 1)
    }

    @Test func answersWaitAsFrames() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        _ = try Self.drain(&session)
        let pings = (0..<5).flatMap { Wire.ping(UInt8($0)) }
        let events = try Self.events(&session, Wire.hello + pings)
        #expect(events.filter { if case .ping = $0 { true } else { false } }.count == 5)
        #expect(session.waitingFrames == 6)
        _ = try Self.drain(&session)
        #expect(session.waitingFrames == 0)
    }

    @Test func anOrderlyEndTellsOfEveryStreamTaken() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        _ = try Self.events(&session, Wire.hello)
        _ = try Self.drain(&session)
        session.announceShutdown()
        session.ping(1)
        #expect(
            try Self.drain(&session).sorted() == ["GOAWAY 2147483647 0 ", "PING 1"])
        // A call that was on its way is taken.
        var events = try Self.events(
            &session, Wire.requests(1, ends: false) + Wire.ping(1, Wire.acknowledgement))
        #expect(events.count == 2 && events[1] == .pingAcknowledged(1))
        guard case .headers(let taken, _, _) = events[0] else {
            Issue.record("no call")
            return
        }
        session.goAway(reason: "server is shutting down")
        // A call that comes before the GOAWAY has left is above its number: nobody is told.
        events = try Self.events(&session, Wire.requests(1, from: 1))
        #expect(events == [])
        #expect(try Self.drain(&session).last == "GOAWAY 1 0 server is shutting down")
        events = try Self.events(&session, Wire.requests(1, from: 2) + Wire.data(1, "hello"))
        #expect(events.count == 1)
        let termination = session.termination
        #expect(termination == nil)
        var isFinished = session.isFinished
        #expect(!isFinished)
        session.respond(taken, HeaderList([":status": "200"]), endsStream: true)
        _ = try Self.events(&session, Wire.data(1, "", Wire.endStream))
        _ = try Self.drain(&session)
        while session.nextEvent() != nil {}
        isFinished = session.isFinished
        #expect(isFinished)
    }

    @Test func nothingFollowsTheLastGoAway() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        var streams: [HTTP2Stream] = []
        for event in try Self.events(&session, Wire.hello + Wire.requests(1)) {
            if case .headers(let stream, _, _) = event { streams.append(stream) }
        }
        let bytes = [UInt8](repeating: 1, count: 100_000)
        session.respond(streams[0], HeaderList([":status": "200"]), endsStream: false)
        session.send(streams[0], prefix: nil, bytes.span)
        session.goAway(reason: "first")
        session.terminate(.internalError, reason: "enough")
        session.terminate(.enhanceYourCalm, reason: "too late")
        let frames = try Self.drain(&session)
        #expect(frames.last == "GOAWAY 1 2 enough")
        #expect(frames.contains("GOAWAY 1 0 first"))
        let isFinished = session.isFinished
        #expect(isFinished)
        let wants = session.wantsToSend
        #expect(!wants)
        let events = try Self.events(&session, Wire.ping())
        #expect(events == [])
        #expect(try Self.drain(&session) == [])
        let termination = session.termination
        #expect(termination == HTTP2Termination(.internalError, "enough"))
    }

    @Test func aLongReasonIsCut() throws {
        var session = try HTTP2Session(.server, HTTP2Settings())
        session.terminate(.internalError, reason: String(repeating: "x", count: 100_000))
        let frames = try Self.drain(&session)
        #expect(frames.last == "GOAWAY 0 2 " + String(repeating: "x", count: 1024))
    }

    @Test func countersAddUp() {
        var one = HTTP2Counters()
        one.bytesReceived = 1
        one.bytesSent = 2
        one.framesReceived = 3
        one.framesSent = 4
        one.resetsReceived = 5
        one.resetsSent = 6
        one.resetsProvoked = 7
        one.protocolErrors = 8
        one.windowsDrained = 9
        one.abuses = [.pingFlood: 1]
        var sum = one
        sum.add(one)
        var expected = HTTP2Counters()
        expected.bytesReceived = 2
        expected.bytesSent = 4
        expected.framesReceived = 6
        expected.framesSent = 8
        expected.resetsReceived = 10
        expected.resetsSent = 12
        expected.resetsProvoked = 14
        expected.protocolErrors = 16
        expected.windowsDrained = 18
        expected.abuses = [.pingFlood: 2]
        #expect(sum == expected)
    }
}
