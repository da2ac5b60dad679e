import SagaHTTP2
import Testing

@testable import SagaRPC

/// Deadlines, flow control and the ends of connections.
@Suite struct LifeTests {
    static let second: Int64 = 1_000_000_000

    @Test func deadlineEndsTheCallOnTheServer() throws {
        let pair = try Pair()
        let start = pair.now
        _ = try pair.open(deadline: start.advanced(by: RPCTimeout(nanoseconds: Self.second)))
        try pair.run()
        let due = pair.server.nextDeadline
        #expect(due == start.advanced(by: RPCTimeout(nanoseconds: Self.second)))
        pair.server.expire(
            now: start.advanced(by: RPCTimeout(nanoseconds: Self.second - 1)))
        try pair.run()
        #expect(pair.seen == [.opened(method, Metadata())])
        pair.server.expire(now: start.advanced(by: RPCTimeout(nanoseconds: Self.second)))
        try pair.run()
        #expect(pair.seen == [.opened(method, Metadata()), .ended(.deadlineExceeded)])
        let status = RPCStatus(.deadlineExceeded, "deadline of the call has passed")
        #expect(pair.got == [.ended(CallOutcome(status, reach: .answered))])
        let none = pair.server.nextDeadline
        #expect(none == nil)
    }

    @Test func deadlineEndsTheCallOnTheClient() throws {
        let pair = try Pair()
        let deadline = pair.now.advanced(by: RPCTimeout(nanoseconds: Self.second))
        _ = try pair.open(deadline: deadline)
        _ = try pair.open(deadline: deadline.advanced(by: RPCTimeout(nanoseconds: 5)))
        try pair.run()
        pair.client.expire(now: deadline)
        let next = pair.client.nextDeadline
        #expect(next == deadline.advanced(by: RPCTimeout(nanoseconds: 5)))
        try pair.run()
        let status = RPCStatus(.deadlineExceeded, "deadline of the call has passed")
        #expect(pair.got == [.ended(CallOutcome(status, reach: .maybeSeen))])
        #expect(pair.seen.last == .ended(.cancelled))
    }

    @Test func slowReaderMakesTheSenderWait() throws {
        var http2 = HTTP2Settings()
        http2.streamWindowBytes = 10_000
        http2.outgoingCapBytes = 50_000
        let pair = try Pair(clientHTTP2: http2, serverHTTP2: http2)
        let call = try pair.open()
        pair.client.pauseReceiving(call)
        try pair.run()
        let message = [UInt8](repeating: 1, count: 995)
        var waiting = 0
        for _ in 0..<100 { waiting = pair.server.send(pair.calls[0], message.span) }
        #expect(waiting == 100_000)
        try pair.run()
        // The window is used up, and nothing was given back.
        #expect(pair.server.outgoingBytes(pair.calls[0]) == 90_000)
        #expect(!pair.seen.contains(.writable))
        pair.client.resumeReceiving(call)
        try pair.run()
        #expect(pair.server.outgoingBytes(pair.calls[0]) == 0)
        #expect(pair.seen.filter { $0 == .writable }.count == 1)
        #expect(pair.got.count == 101)
    }

    @Test func slowServerMakesTheCallerWait() throws {
        var http2 = HTTP2Settings()
        http2.streamWindowBytes = 10_000
        let pair = try Pair(serverHTTP2: http2)
        let call = try pair.open()
        try pair.run()
        pair.server.pauseReceiving(pair.calls[0])
        for _ in 0..<20 { pair.client.send(call, [UInt8](repeating: 1, count: 995)) }
        try pair.run()
        #expect(pair.client.outgoingBytes(call) == 10_000)
        pair.server.resumeReceiving(pair.calls[0])
        try pair.run()
        #expect(pair.client.outgoingBytes(call) == 0)
        #expect(pair.seen.count == 21)
    }

    @Test func shutdownLosesNoCall() throws {
        let pair = try Pair()
        pair.respond = CallTests.echo
        let first = try pair.open()
        try pair.run()
        pair.server.beginShutdown()
        // On its way while the server already says that it ends.
        let second = try pair.open()
        pair.client.send(second, [2])
        pair.client.halfClose(second)
        try pair.run()
        #expect(pair.got.contains(.message([2])))
        #expect(pair.got.contains(.goAway(.noError, "server is shutting down")))
        var isFinished = pair.server.isFinished
        #expect(!isFinished)
        let now = pair.now
        guard case .refused(let status) = try pair.client.open(method, now: now) else {
            Issue.record("a call was opened on a connection that goes away")
            return
        }
        #expect(status.code == .unavailable)
        pair.client.send(first, [1])
        pair.client.halfClose(first)
        try pair.run()
        #expect(pair.got.contains(.message([1])))
        isFinished = pair.server.isFinished
        #expect(isFinished)
    }

    @Test func callsAboveTheLastStreamWereNeverSeen() throws {
        let pair = try Pair()
        _ = try pair.open()
        try pair.run()
        // The server stops; what the client sends next is never read.
        pair.server.terminate(.noError, reason: "maintenance")
        let bytes = try pair.drainServer()
        _ = try pair.open()
        _ = try pair.drainClient()
        try pair.give(client: bytes)
        let status = RPCStatus(.unavailable, "server did not take the call")
        #expect(pair.got.contains(.ended(CallOutcome(status, reach: .neverSeen))))
        pair.client.connectionLost("connection was closed")
        pair.takeClientEvents([])
        let lost = RPCStatus(.unavailable, "connection was closed")
        #expect(pair.got.last == .ended(CallOutcome(lost, reach: .maybeSeen)))
    }

    @Test func callsOverTheServersLimitWait() throws {
        var http2 = HTTP2Settings()
        http2.maxConcurrentStreams = 2
        let pair = try Pair(serverHTTP2: http2)
        pair.respond = CallTests.echo
        // The limit is known after the first exchange only.
        try pair.run()
        let limit = pair.client.peerMaxConcurrentStreams
        #expect(limit == 2)
        let calls = try (0..<5).map { _ in try pair.open() }
        try pair.run()
        #expect(pair.calls.count == 2)
        for call in calls { pair.client.halfClose(call) }
        try pair.run()
        #expect(pair.got.filter { $0 == CallTests.ok }.count == 5)
    }

    @Test func cancelledBeforeItWasSent() throws {
        var http2 = HTTP2Settings()
        http2.maxConcurrentStreams = 1
        let pair = try Pair(serverHTTP2: http2)
        try pair.run()
        _ = try pair.open()
        let waiting = try pair.open()
        try pair.run()
        pair.client.cancel(waiting)
        try pair.run()
        #expect(pair.calls.count == 1)
        #expect(pair.got.count == 1)
        // Its place is free when its turn would have come.
        pair.server.reply(pair.calls[0], [1])
        try pair.run()
        let openStreams = pair.client.openStreams
        #expect(openStreams == 0)
        #expect(pair.calls.count == 1)
    }

    @Test func lostConnectionEndsAllCalls() throws {
        let pair = try Pair()
        _ = try pair.open()
        _ = try pair.open()
        try pair.run()
        pair.server.connectionLost()
        pair.takeServerEvents([])
        #expect(pair.seen.suffix(2) == [.ended(.connectionLost), .ended(.connectionLost)])
    }

    @Test func lateUseOfAnOldCallHasNoEffect() throws {
        let pair = try Pair()
        pair.respond = CallTests.echo
        let old = try pair.open()
        pair.client.halfClose(old)
        try pair.run()
        let oldOnServer = pair.calls[0]
        pair.respond = nil
        let new = try pair.open()
        try pair.run()
        #expect(new.index == old.index && pair.calls[1].index == oldOnServer.index)
        pair.server.reply(oldOnServer, [9])
        pair.client.cancel(old)
        try pair.run()
        #expect(!pair.got.contains(.message([9])))
        #expect(pair.server.isOpen(pair.calls[1]) && pair.client.isOpen(new))
    }
}
