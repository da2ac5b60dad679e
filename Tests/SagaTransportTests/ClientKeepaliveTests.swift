import Logging
import SagaHTTP2
import SagaRPC
import Synchronization
import Testing

@testable import SagaTransport

/// Servers that fall silent, and servers that do not like to be asked.
@Suite(.timeLimit(.minutes(1)))
struct ClientKeepaliveTests {
    private func settings(interval: Duration, timeout: Duration) -> ClientSettings {
        var settings = clientSettings
        settings.keepaliveInterval = interval
        settings.leastKeepaliveInterval = .zero
        settings.keepaliveTimeout = timeout
        return settings
    }

    @Test func aServerThatFallsSilentEndsItsCallsAndIsReplaced() async throws {
        // What an answer may take must pass for the connection that is deaf, and may pass for the
        // good one when the machine is busy; then, and only then, it is tried with more.
        for limit in [Duration.milliseconds(100), .seconds(2), .seconds(10)] {
            let server = try await ScriptedServer.start(first: .deaf)
            let observation = ClientObservation()
            let channel = ClientChannel(
                try ClientTarget("127.0.0.1:\(server.port)"),
                settings(interval: .milliseconds(5), timeout: limit), observer: observation)
            let failure = try await rpcFailure {
                try await channel.unary(ScriptedServer.echo, [1], deadline: nil)
            }
            #expect(failure.code == .unavailable)
            #expect(failure.reach == .maybeSeen)
            let reason = "server does not answer (keepalive timed out)"
            #expect(failure.message == "127.0.0.1:\(server.port): \(reason)")
            let closed = try await observation.first {
                if case .closed = $0 { true } else { false }
            }
            #expect(closed == .closed(1, reason: reason))
            let next = await outcome {
                try await channel.unary(ScriptedServer.echo, [2], deadline: nil)
            }
            await channel.shutdown(within: .zero)
            try await server.stop()
            if case .failure(let failure) = next, failure.message.hasSuffix(reason),
                limit < .seconds(10)
            {
                continue
            }
            #expect(try next.get() == [2])
            break
        }
    }

    @Test func aServerThatAnswersKeepsItsCallsOverManyPings() async throws {
        // On a busy machine the test takes so long that the PINGs would be too many.
        var patient = HTTP2Settings()
        patient.limits.pings = RateLimit(burst: 1 << 30, perSecond: 1 << 20)
        let server = try await ScriptedServer.start(http2: patient)
        let observation = ClientObservation()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"),
            settings(interval: .milliseconds(1), timeout: .seconds(50)), observer: observation)
        let heard = channel.stream(ScriptedServer.echo) { $0.send([1].span) }
        var events = heard.makeAsyncIterator()
        while let event = await events.next(), event != .message([1]) {}
        // Nothing else has the length of a PING.
        for _ in 0..<3 { _ = try await observation.first { $0 == .received(1, 17) } }
        #expect(try await channel.unary(ScriptedServer.echo, [2], deadline: nil) == [2])
        #expect(try await server.onLoop { $0.accepted } == 1)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    @Test func tooManyPingsDoublesTheIntervalAndIsLogged() async throws {
        let server = try await ScriptedServer.start(first: .tooManyPings)
        let lines = LineKeeper.Lines()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"),
            settings(interval: .seconds(40), timeout: .seconds(20)),
            logger: Logger(label: "test") { _ in LineKeeper(lines: lines) })
        let failure = try await rpcFailure {
            try await channel.unary(
                ScriptedServer.echo, [1], CallOptions(timeout: .seconds(20), retry: .never))
        }
        #expect(failure.code == .unavailable)
        let (stream, continuation) = AsyncStream.makeStream(of: Keepalive.Settings?.self)
        channel.execute { continuation.yield($0.keepalive) }
        var intervals = stream.makeAsyncIterator()
        #expect(await intervals.next()??.interval == RPCTimeout(nanoseconds: 80_000_000_000))
        let address = "address=127.0.0.1:\(server.port)"
        #expect(
            lines.lines.withLock { $0 } == [
                "debug connected \(address) connection=1",
                "warning server takes keepalive pings for too many; the interval is doubled "
                    + "\(address) connection=1 interval-ms=80000",
                "debug connection closed \(address) connection=1 "
                    + "reason=server is going away: too_many_pings",
            ])
        await channel.shutdown(within: .zero)
        try await server.stop()
    }
}
