import NIOCore
import NIOPosix
import SagaHTTP2
import Testing

@testable import SagaRPC
@testable import SagaTransport

/// How many connections there are, and for how long.
@Suite(.timeLimit(.minutes(1)))
struct ClientPoolTests {
    private func hang(_ channel: ClientChannel) -> AsyncStream<Listener.Heard> {
        channel.stream(ScriptedServer.hang) { _ in }
    }

    private func opened(_ server: ScriptedServer, _ count: Int) async throws {
        for _ in 0..<count {
            try await server.wait {
                $0 == .opened(path: ScriptedServer.hang, timeout: false, Metadata())
            }
        }
    }

    @Test func aConnectionThatStaysFullGetsASecondWhichIsClosedAgain() async throws {
        let server = try await ScriptedServer.start(http2: HTTP2Settings(maxConcurrentStreams: 2))
        var settings = clientSettings
        settings.growAfter = .milliseconds(1)
        settings.shrinkAfter = .milliseconds(1)
        let observation = ClientObservation()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"), settings, observer: observation)
        let first = (0..<2).map { _ in hang(channel) }
        try await opened(server, 2)
        let tasks = (0..<2).map { _ in
            Task {
                try await channel.bidirectional(ScriptedServer.hang) { _, responses in
                    _ = try await responses.head
                }
            }
        }
        try await opened(server, 2)
        #expect(try await server.onLoop { $0.accepted } == 2)
        for task in tasks { task.cancel() }
        let closed = try await observation.first { if case .closed = $0 { true } else { false } }
        #expect(closed == .closed(2, reason: "connection is not needed"))
        #expect(channel.state == .ready(.host("127.0.0.1", port: server.port)))
        #expect(first.count == 2)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    @Test func noMoreConnectionsThanTheLimitAndThenCallsWaitInBounds() async throws {
        let server = try await ScriptedServer.start(http2: HTTP2Settings(maxConcurrentStreams: 1))
        var settings = clientSettings
        settings.growAfter = .zero
        settings.maxConnections = 2
        settings.maxWaitingCalls = 2
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), settings)
        let streams = (0..<2).map { _ in hang(channel) }
        try await opened(server, 2)
        try await withThrowingTaskGroup(of: RPCFailure.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await rpcFailure {
                        try await channel.unary(ScriptedServer.echo, [1], deadline: .seconds(600))
                    }
                }
            }
            // Two wait, and whichever comes third is told so at once.
            let refused = try await group.next()
            #expect(refused?.code == .resourceExhausted)
            #expect(refused?.message == "2 calls wait for their turn on a full connection")
            #expect(try await server.onLoop { $0.accepted } == 2)
            #expect(streams.count == 2)
            await channel.shutdown(within: .zero)
            for try await ended in group { #expect(ended.code == .unavailable) }
        }
        try await server.stop()
    }

    @Test func anIdleChannelClosesItsConnectionAndTheNextCallMakesOne() async throws {
        let server = try await ScriptedServer.start()
        var settings = clientSettings
        settings.idleTimeout = .milliseconds(1)
        let observation = ClientObservation()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"), settings, observer: observation)
        for round in [UInt64](1...2) {
            #expect(try await channel.unary(ScriptedServer.echo, [1], deadline: nil) == [1])
            let closed = try await observation.first {
                if case .closed = $0 { true } else { false }
            }
            #expect(closed == .closed(round, reason: "channel is idle"))
            #expect(channel.state == .idle)
        }
        // An open stream is no idleness.
        let heard = channel.stream(ScriptedServer.echo) { $0.send([7].span) }
        for await event in heard where event == .message([7]) { break }
        #expect(try await channel.unary(ScriptedServer.echo, [1], deadline: nil) == [1])
        #expect(try await server.onLoop { $0.accepted } == 3)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    @Test func allEndpointsOfANameAreTriedUntilOneSpeaksHTTP2() async throws {
        // What a connection may take must pass for the endpoint that is silent, and may pass for
        // the good one when the machine is busy; then, and only then, it is tried with more.
        for limit in [Duration.milliseconds(700), .seconds(4), .seconds(15)] {
            let silent = try await ScriptedServer.start(first: .silent)
            let server = try await ScriptedServer.start()
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let endpoints = try [1, silent.port, server.port].map {
                try SocketAddress(ipAddress: "127.0.0.1", port: $0)
            }
            var settings = clientSettings
            settings.connectTimeout = limit
            let channel = ClientChannel(
                try ClientTarget("several.invalid:1"), settings, on: loop,
                resolver: FixedResolver(endpoints, on: loop))
            let result = await outcome {
                try await channel.unary(
                    ScriptedServer.echo, [3], deadline: .seconds(40), waitForReady: false)
            }
            if case .failure(let failure) = result,
                failure.connectFailures.map(\.cause) == [.timedOut], limit < .seconds(15)
            {
                await channel.shutdown(within: .zero)
                continue
            }
            #expect(try result.get() == [3])
            #expect(try await server.onLoop { $0.accepted } == 1)
            #expect(channel.state == .ready(.host("several.invalid", port: 1)))
            await channel.shutdown(within: .zero)
            try await silent.stop()
            try await server.stop()
            break
        }
    }

    @Test func aNameWithoutAnAddress() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let nobody = ClientChannel(
            try ClientTarget("nobody.invalid:1"), clientSettings, on: loop,
            resolver: FixedResolver([], on: loop))
        let failure = try await rpcFailure {
            try await nobody.unary(
                ScriptedServer.echo, [3], deadline: .seconds(20), waitForReady: false)
        }
        guard case .unknownHost? = failure.connectFailures.first?.cause else {
            Issue.record("\(failure)")
            return
        }
        await nobody.shutdown(within: .zero)
    }

    @Test func connectionsShareWhatZlibNeeds() async throws {
        let server = try await ScriptedServer.start(http2: HTTP2Settings(maxConcurrentStreams: 1))
        var settings = clientSettings
        settings.growAfter = .zero
        settings.maxConnections = 3
        let channel = ClientChannel(try ClientTarget("127.0.0.1:\(server.port)"), settings)
        let streams = (0..<3).map { _ in hang(channel) }
        try await opened(server, 3)
        let coders = await withCheckedContinuation { continuation in
            channel.execute { dispatcher in
                continuation.resume(
                    returning: dispatcher.connections.map { ObjectIdentifier($0.connection.coder) })
            }
        }
        #expect(coders.count == 3 && Set(coders).count == 1)
        #expect(streams.count == 3)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    @Test func aNameIsLookedUpByTheSystem() async throws {
        let server = try await ScriptedServer.start()
        let channel = ClientChannel(try ClientTarget("localhost:\(server.port)"), clientSettings)
        #expect(try await channel.unary(ScriptedServer.echo, [3], deadline: .seconds(20)) == [3])
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    @Test func bytesMayComeInPiecesOfAnySize() async throws {
        let server = try await ScriptedServer.start()
        for bytes in [1, 2, 3, 5, 9, 1000] {
            let wire = ClientWire.over { channel, _ in
                try channel.pipeline.syncOperations.addHandler(Splitter(bytes: bytes))
            }
            let channel = ClientChannel(
                try ClientTarget("127.0.0.1:\(server.port)"), clientSettings, wire: wire)
            let message = [UInt8](repeating: 5, count: 3000)
            #expect(
                try await channel.unary(ScriptedServer.echo, message, deadline: .seconds(20))
                    == message)
            let failure = try await rpcFailure {
                try await channel.unary(ScriptedServer.none, [1], deadline: .seconds(20))
            }
            #expect(failure.message == "no message in the response of a method that gives one")
            await channel.shutdown(within: .seconds(5))
        }
        try await server.stop()
    }

    @Test func aLayerBelowHTTP2SaysWhyItFails() async throws {
        struct NoKey: Error, CustomStringConvertible { let description = "no key for the door" }
        let server = try await ScriptedServer.start()
        let wire = ClientWire.over { _, _ in throw NoKey() }
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"), clientSettings, wire: wire)
        let failure = try await rpcFailure {
            try await channel.unary(
                ScriptedServer.echo, [1], deadline: .seconds(20), waitForReady: false)
        }
        #expect(failure.connectFailures.map(\.reason) == ["no key for the door"])
        await channel.shutdown(within: .zero)
        try await server.stop()
    }
}
