import NIOCore
import NIOPosix
import SagaHTTP2
import SagaRPC
import Testing

@testable import SagaTransport

@Suite(.timeLimit(.minutes(1)))
struct ClientReconnectTests {
    /// A port where nobody listens: no program gets it by asking for a free one.
    private let deadPort = 1

    /// Where a server can come back without another test's taking its place.
    private let path = "/tmp/saga-client-test-\(UInt64.random(in: .min ... .max))"

    private func failure(
        _ channel: ClientChannel, _ path: String = ScriptedServer.echo,
        deadline: Duration? = .seconds(20), waitForReady: Bool = false
    ) async throws -> RPCFailure {
        do throws(RPCFailure) {
            let answer = try await channel.unary(
                path, [1], deadline: deadline, waitForReady: waitForReady)
            Issue.record("answered with \(answer)")
        } catch {
            return error
        }
        throw CancellationError()
    }

    @Test func aRefusedConnectionIsToldAtOnceWithAddressAndReason() async throws {
        let port = deadPort
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(port)"), clientSettings)
        let failure = try await failure(channel)
        #expect(failure.code == .unavailable)
        #expect(failure.message == "cannot connect to 127.0.0.1:\(port): connection refused")
        #expect(failure.reach == .neverSeen)
        #expect(failure.connectFailures.map(\.address) == [.host("127.0.0.1", port: port)])
        #expect(failure.connectFailures.map(\.reason) == ["connection refused"])
        #expect(
            failure.connectFailures.map(\.cause) == [
                .system(errno: 111, text: "connection refused")
            ])
        await channel.shutdown(within: .seconds(5))
    }

    @Test func otherWaysNotToConnectHaveTheirTexts() async throws {
        let table: [(target: String, reason: String)] = [
            ("unix:/no/such/socket", "no such file or directory"),
            ("unix:/" + String(repeating: "x", count: 200), "path of the socket is too long"),
        ]
        for (target, reason) in table {
            let channel = ClientChannel(try ClientTarget(target), clientSettings)
            let failure = try await failure(channel)
            #expect(failure.connectFailures.map(\.reason) == [reason])
            await channel.shutdown(within: .seconds(5))
        }
        let unknown = ClientChannel(try ClientTarget("no.such.host.invalid:1"), clientSettings)
        let cause = try await failure(unknown).connectFailures.map(\.cause)
        guard case .unknownHost? = cause.first, cause.count == 1 else {
            Issue.record("an unknown host gave \(cause)")
            return
        }
        await unknown.shutdown(within: .seconds(5))
    }

    @Test func theSecondAddressIsTakenWhenTheFirstIsDead() async throws {
        let server = try await ScriptedServer.start()
        let port = deadPort
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(port),127.0.0.1:\(server.port)"), clientSettings)
        let answer = try await channel.unary(
            ScriptedServer.echo, [5], deadline: .seconds(20), waitForReady: false)
        #expect(answer == [5])
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aUnixSocketIsReached() async throws {
        let server = try await ScriptedServer.start(path: path)
        let channel = ClientChannel(try ClientTarget("unix:\(path)"), clientSettings)
        #expect(
            try await channel.unary(ScriptedServer.echo, [5], deadline: .seconds(20)) == [5])
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aCallMadeBeforeTheServerIsThereWaitsForIt() async throws {
        let channel = ClientChannel(try ClientTarget("unix:\(path)"), clientSettings)
        var states = channel.states().makeAsyncIterator()
        #expect(await states.next() == .idle)
        async let answer = channel.unary(ScriptedServer.echo, [6], deadline: .seconds(20))
        let refused = ConnectFailure(
            .unix(path: path), .system(errno: 2, text: "no such file or directory"))
        // A slow reader misses states; this one comes again with every attempt to connect.
        var seen: [ConnectFailure]?
        while seen != [refused], let state = await states.next() {
            if case .transientFailure(let failures, _) = state { seen = failures }
        }
        #expect(seen == [refused])
        let server = try await ScriptedServer.start(path: path)
        #expect(try await answer == [6])
        while let state = await states.next(), state != .ready(.unix(path: path)) {}
        await channel.shutdown(within: .seconds(5))
        #expect(await states.next() == .shutdown)
        #expect(await states.next() == nil)
        try await server.stop()
    }

    @Test func theDeadlineEndsTheWaitAndSaysWhatItWaitedFor() async throws {
        let port = deadPort
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(port)"), clientSettings)
        _ = try await self.failure(channel)
        let failure = try await failure(channel, deadline: .milliseconds(50), waitForReady: true)
        #expect(failure.code == .deadlineExceeded)
        #expect(
            failure.message == "deadline of the call has passed before it could be sent; "
                + "cannot connect to 127.0.0.1:\(port): connection refused")
        await channel.shutdown(within: .seconds(5))
    }

    @Test func aServerThatSaysNothingIsGivenUp() async throws {
        let server = try await ScriptedServer.start(first: .silent)
        var settings = clientSettings
        settings.connectTimeout = .milliseconds(50)
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), settings)
        let failure = try await failure(channel)
        #expect(failure.connectFailures.map(\.reason) == ["connecting timed out"])
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aServerOfSomethingElseIsRecognized() async throws {
        let server = try await ScriptedServer.start(first: .text)
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), clientSettings)
        let failure = try await failure(channel)
        #expect(
            failure.connectFailures.map(\.reason) == [
                "connection was closed at once; is a gRPC server there?"
            ])
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aCallBehindTheServersGoAwayIsMadeAgain() async throws {
        let server = try await ScriptedServer.start(first: .goAwayUnseen)
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), clientSettings)
        let answer = try await channel.unary(
            ScriptedServer.echo, [8], deadline: .seconds(20), waitForReady: false)
        #expect(answer == [8])
        await channel.shutdown(within: .seconds(5))
        try await server.stop()
    }

    @Test func aGoAwayCostsNoCall() async throws {
        let server = try await ScriptedServer.start()
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), clientSettings)
        // A stream that stays open over the GOAWAY, on the old connection.
        let heard = channel.stream(ScriptedServer.echo) { $0.send([1].span) }
        var events = heard.makeAsyncIterator()
        while let event = await events.next(), event != .message([1]) {}
        for _ in 0..<5 {
            // On each connection the GOAWAY comes before the answers, wherever the calls meet it.
            try await server.onLoop { state in
                for connection in state.connections { connection.shutdown() }
            }
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await channel.unary(
                            ScriptedServer.echo, [UInt8(number)], deadline: .seconds(20),
                            waitForReady: false)
                    }
                }
                var answers: [UInt8] = []
                for try await answer in group { answers += answer }
                #expect(answers.sorted() == Array(0..<20))
            }
        }
        #expect(try await server.onLoop { $0.accepted } >= 3)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    @Test func aRestartFailsWhatWasSeenAndServesWhatComesNext() async throws {
        let server = try await ScriptedServer.start(path: path)
        let channel = ClientChannel(try ClientTarget("unix:\(path)"), clientSettings)
        _ = try await channel.unary(ScriptedServer.echo, [1], deadline: .seconds(20))
        async let lost = failure(channel, ScriptedServer.hang, waitForReady: true)
        try await server.wait {
            $0 == .opened(path: ScriptedServer.hang, timeout: true, Metadata())
        }
        try await server.stop()
        let end = try await lost
        #expect(end.code == .unavailable)
        #expect(end.reach == .maybeSeen)
        #expect(
            end.message == "unix:\(path): connection was closed by the server")
        async let answer = channel.unary(ScriptedServer.echo, [2], deadline: .seconds(20))
        let next = try await ScriptedServer.start(path: path)
        #expect(try await answer == [2])
        await channel.shutdown(within: .seconds(5))
        try await next.stop()
    }

    @Test func tooManyWaitingCallsAreRefused() async throws {
        let port = deadPort
        var settings = clientSettings
        settings.maxWaitingCalls = 2
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(port)"), settings)
        let ends = AsyncStream.makeStream(of: RPCCode.self)
        channel.execute { dispatcher in
            for _ in 0..<3 {
                dispatcher.unary(ScriptedServer.echo, [1]) {
                    if case .failure(let failure) = $0 { ends.continuation.yield(failure.code) }
                }
            }
        }
        var codes = ends.stream.makeAsyncIterator()
        #expect(await codes.next() == .resourceExhausted)
        await channel.shutdown(within: .seconds(5))
        #expect(await codes.next() == .unavailable)
        #expect(await codes.next() == .unavailable)
    }
}
