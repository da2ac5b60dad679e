import NIOCore
import NIOPosix
import SagaHTTP2
import SagaRPC
import Testing

@testable import SagaTransport

let clientSettings = ClientSettings(
    rpc: RPCSettings(programName: "test", programVersion: "1"),
    connectTimeout: .seconds(5), firstBackoff: .milliseconds(1), mostBackoff: .milliseconds(5))

/// A stream's handler that tells a test what it hears.
final class Listener: ClientStreamHandler {
    enum Heard: Equatable, Sendable {
        case opened(Metadata)
        case message([UInt8])
        case writable
        case turnEnded
        case closed(ClientCallEnd)
    }

    let heard: AsyncStream<Heard>.Continuation
    init(_ heard: AsyncStream<Heard>.Continuation) { self.heard = heard }
    func opened(_ metadata: Metadata) { heard.yield(.opened(metadata)) }
    func message(_ bytes: Span<UInt8>) { heard.yield(.message([UInt8](copying: bytes))) }
    func writable() { heard.yield(.writable) }
    func turnEnded() { heard.yield(.turnEnded) }
    func closed(_ end: ClientCallEnd) {
        heard.yield(.closed(end))
        heard.finish()
    }
}

extension ClientChannel {
    /// Opens a stream, and lets `body` write to it at once.
    func stream(
        _ path: String, waitForReady: Bool = true,
        _ body: @escaping @Sendable (ClientCall) -> Void
    ) -> AsyncStream<Listener.Heard> {
        let (stream, continuation) = AsyncStream.makeStream(of: Listener.Heard.self)
        execute { dispatcher in
            body(dispatcher.open(path, waitForReady: waitForReady, Listener(continuation)))
        }
        return stream
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ClientChannelTests {
    private func channel(_ server: ScriptedServer) throws -> ClientChannel {
        ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), clientSettings)
    }

    /// The failure of a call that must fail.
    private func failure(
        _ call: () async throws(RPCFailure) -> [UInt8]
    ) async throws -> RPCFailure {
        do {
            let answer = try await call()
            Issue.record("answered with \(answer)")
        } catch {
            return error
        }
        throw CancellationError()
    }

    @Test func aUnaryCallIsAnswered() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        var metadata = Metadata()
        try metadata.add("saga-principal", "me")
        let answer = try await channel.unary(
            ScriptedServer.echo, [1, 2, 3], metadata: metadata, deadline: .seconds(20))
        #expect(answer == [1, 2, 3])
        let sent = metadata
        try await server.wait {
            $0 == .opened(path: ScriptedServer.echo, timeout: true, sent)
        }
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aUnaryCallWantsExactlyOneMessage() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let two = try await failure { () throws(RPCFailure) in
            try await channel.unary(ScriptedServer.two, [1], deadline: nil)
        }
        #expect(two.code == .unimplemented)
        #expect(two.message == "more than one message in the response of a method that gives one")
        let none = try await failure { () throws(RPCFailure) in
            try await channel.unary(ScriptedServer.none, [1], deadline: nil)
        }
        #expect(none.code == .unimplemented)
        #expect(none.message == "no message in the response of a method that gives one")
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func callsOfOneTurnLeaveInOneWrite() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        _ = try await channel.unary(ScriptedServer.echo, [0], deadline: nil)
        let done = AsyncStream.makeStream(of: [UInt8].self)
        channel.execute { dispatcher in
            for number in 0..<50 {
                dispatcher.unary(ScriptedServer.echo, [UInt8(number)]) {
                    done.continuation.yield((try? $0.get().message) ?? [])
                }
            }
        }
        var answers: [[UInt8]] = []
        for await answer in done.stream {
            answers.append(answer)
            if answers.count == 50 { break }
        }
        #expect(answers == (0..<50).map { [UInt8($0)] })
        #expect(try await server.onLoop { $0.callsOfReads } == [1, 50])
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func callsOverTheServersLimitWaitForTheirTurn() async throws {
        let server = try await ScriptedServer.start(
            http2: HTTP2Settings(maxConcurrentStreams: 3))
        let channel = try channel(server)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    try await channel.unary(
                        ScriptedServer.echo, [UInt8(number)], deadline: .seconds(20))
                        == [UInt8(number)]
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(try await server.onLoop { $0.callsOfReads.max() } ?? 9 <= 3)
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aStreamEchoesMoreThanAWindow() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let big = [UInt8](repeating: 7, count: 1 << 20)
        let heard = channel.stream(ScriptedServer.echo) { call in
            for _ in 0..<5 { call.send(big.span) }
            #expect(call.outgoingBytes == 5 * (5 + big.count))
            call.halfClose()
        }
        var messages = 0
        var writable = 0
        var end: ClientCallEnd?
        for await event in heard {
            switch event {
            case .opened, .turnEnded: break
            case .message(let bytes):
                #expect(bytes == big)
                messages += 1
            case .writable: writable += 1
            case .closed(let told): end = told
            }
        }
        #expect(messages == 5)
        #expect(writable == 1)
        #expect(end?.status == .ok)
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func cancellationReachesTheServer() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let task = Task { () throws(RPCFailure) in
            try await channel.unary(ScriptedServer.hang, [1], deadline: nil)
        }
        try await server.wait {
            $0 == .opened(path: ScriptedServer.hang, timeout: false, Metadata())
        }
        task.cancel()
        let result = await task.result
        #expect(throws: RPCFailure.self) { try result.get() }
        if case .failure(let failure as RPCFailure) = result { #expect(failure.code == .cancelled) }
        try await server.wait { $0 == .ended(.cancelled) }
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aTaskThatIsCancelledAlreadyMakesNoCall() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let code = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(RPCFailure) {
                _ = try await channel.unary(ScriptedServer.echo, [1], deadline: nil)
                return RPCCode.ok
            } catch {
                return error.code
            }
        }.value
        #expect(code == .cancelled)
        await channel.shutdown(within: .seconds(5))
        #expect(try await server.onLoop { $0.callsOfReads } == [])
        try await server.stop()
    }

    @Test func theDeadlineEndsACallHere() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        // On a busy machine the first ones may be over before they are sent.
        while try await server.onLoop({ $0.callsOfReads }).isEmpty {
            let failure = try await failure { () throws(RPCFailure) in
                try await channel.unary(ScriptedServer.hang, [1], deadline: .milliseconds(50))
            }
            #expect(failure.code == .deadlineExceeded)
        }
        try await server.wait { $0 == .ended(.cancelled) }
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aStreamThatWasRefusedUnseenIsMadeAgain() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let answer = try await channel.unary(ScriptedServer.refuse, [4], deadline: .seconds(20))
        #expect(answer == [4])
        #expect(try await server.onLoop { $0.refusals } == 2)
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func shutdownLetsOpenCallsEndAndTakesNoMore() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let kept = AsyncStream.makeStream(of: NIOLoopBound<ClientCall>.self)
        let heard = channel.stream(ScriptedServer.echo) { call in
            call.send([1].span)
            let loop = MultiThreadedEventLoopGroup.currentEventLoop!
            kept.continuation.yield(NIOLoopBound(call, eventLoop: loop))
        }
        var calls = kept.stream.makeAsyncIterator()
        let call = try #require(await calls.next())
        var events = heard.makeAsyncIterator()
        #expect(await events.next() == .opened(Metadata()))
        #expect(await events.next() == .message([1]))
        async let closed: Void = channel.shutdown(within: .seconds(20))
        var states = channel.states().makeAsyncIterator()
        while let state = await states.next(), state != .shutdown {}
        let late = try await failure { () throws(RPCFailure) in
            try await channel.unary(ScriptedServer.echo, [1], deadline: nil)
        }
        #expect(late.code == .unavailable)
        #expect(late.message == "client is shut down")
        channel.execute { _ in call.value.halfClose() }
        var last: Listener.Heard?
        while let event = await events.next() { last = event }
        #expect(last == .closed(ClientCallEnd(.ok, reach: .answered)))
        await closed
        try await server.stop()
    }

    @Test func shutdownCutsOffWhatDoesNotEnd() async throws {
        let server = try await ScriptedServer.start()
        let channel = try channel(server)
        let heard = channel.stream(ScriptedServer.hang) { _ in }
        try await server.wait {
            $0 == .opened(path: ScriptedServer.hang, timeout: false, Metadata())
        }
        await channel.shutdown(within: .milliseconds(10))
        var end: ClientCallEnd?
        for await event in heard { if case .closed(let told) = event { end = told } }
        #expect(end?.status.code == .unavailable)
        #expect(end?.status.message == "127.0.0.1:\(server.port): client is shut down")
        try await server.stop()
    }
}
