import NIOCore
import NIOPosix
import SagaHTTP2
import SagaRPC
import Testing

@testable import SagaTransport

/// A real listener on a free port of this machine, and clients made of a socket and a
/// ``ClientConnection``.
@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    @Test func unaryCalls() async throws {
        try await withServer { server, client in
            for place in 0..<100 {
                let message = [UInt8](repeating: UInt8(place), count: place * 37)
                let outcome = try await client.call("/test/Echo", [message])
                #expect(outcome.messages == [message])
                #expect(outcome.end.status == .ok)
            }
            let counters = await server.loops[0].counters()
            #expect(counters.callsOpened == 100 && counters.callsOpen == 0)
            #expect(counters.connectionsOpen == 1)
        }
    }

    @Test func messagesBothWays() async throws {
        try await withServer { _, client in
            let sizes = [0, 1, 100, 70_000, 300_000, 3]
            let messages = sizes.map { [UInt8](repeating: 5, count: $0) }
            let outcome = try await client.call("/test/Stream", messages)
            #expect(outcome.messages == messages)
            #expect(outcome.end.status == .ok)
        }
    }

    @Test func errorsCarryTextDetailsAndMetadata() async throws {
        try await withServer { _, client in
            let outcome = try await client.call("/test/Fail", [])
            var metadata = Metadata()
            try metadata.add("x-end-bin", bytes: [9])
            #expect(
                outcome.end
                    == CallOutcome(
                        RPCStatus(.notFound, "nothing ☺ here", details: [1, 2]),
                        metadata: metadata, reach: .answered))
        }
    }

    @Test func refusedByTheHandler() async throws {
        try await withServer { server, client in
            let outcome = try await client.call("/test/Refuse", [[1]])
            #expect(outcome.end.status == RPCStatus(.permissionDenied, "not you"))
            let counters = await server.loops[0].counters()
            #expect(counters.callsRefused == 1 && counters.callsOpen == 0)
        }
    }

    @Test func answeredLaterFromAnotherThread() async throws {
        let log = EventLog()
        try await withServer(log) { server, client in
            async let outcome = client.call("/test/Never", [[1]])
            let call = try await log.firstCall()
            server.loops[call.loopIndex].execute { writer, _ in
                let message: [UInt8] = [4, 5]
                writer.reply(call, message.span)
            }
            let result = try await outcome
            #expect(result.messages == [[4, 5]])
            #expect(result.end.status == .ok)
        }
    }

    @Test func deadlineIsEnforcedByTheServer() async throws {
        let log = EventLog()
        try await withServer(log) { _, client in
            let outcome = try await client.call(
                "/test/Never", [[1]], timeout: RPCTimeout(nanoseconds: 30_000_000))
            #expect(outcome.end.status.code == .deadlineExceeded)
            #expect(await log.firstEnd() == .deadlineExceeded)
        }
    }

    @Test func lostConnectionsEndTheirCalls() async throws {
        let log = EventLog()
        try await withServer(log) { server, client in
            async let outcome = client.call("/test/Never", [[1]])
            _ = try await log.firstCall()
            try await client.close()
            #expect(await log.firstEnd() == .connectionLost)
            #expect(try await outcome.end.status.code == .unavailable)
            let counters = await server.loops[0].counters()
            #expect(counters.callsOpen == 0)
        }
    }

    @Test func drainWaitsForOpenCalls() async throws {
        let log = EventLog()
        try await withServer(log) { server, client in
            async let outcome = client.call("/test/Never", [[1]])
            let call = try await log.firstCall()
            async let drained: Void = server.drain(limit: .seconds(50))
            try await client.goneAway()
            server.loops[0].execute { writer, _ in
                let message: [UInt8] = [7]
                writer.reply(call, message.span)
            }
            #expect(try await outcome.messages == [[7]])
            await drained
            let counters = await server.loops[0].counters()
            #expect(counters.connectionsOpen == 0)
        }
    }

    /// A call may come between the first word of the end and the last: its caller did not know yet.
    @Test func aCallOnAConnectionThatIsTooOldIsToldLikeThoseFromBefore() async throws {
        let log = EventLog()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var limits = ServerLimits()
        limits.lifetime.age = .milliseconds(1)
        limits.lifetime.sweepInterval = .milliseconds(1)
        limits.lifetime.drainAnswer = .seconds(50)
        let server = try await start(
            [ListenAddress(host: "127.0.0.1", port: 0)], group, log, limits)
        let peer = try await Attacker.connect(
            server.boundAddresses[0], group, from: "127.0.0.1")
        // It never answers the PING behind the first GOAWAY.
        peer.send(RawFrames.greeting)
        while try await peer.seen().code == nil { try await Task.sleep(for: .milliseconds(1)) }
        peer.send(RawFrames.call(1, "/test/Never"))
        let call = try await log.firstCall()
        #expect(try await log.firstDrained() == call)
        await peer.close()
        await server.close()
        try await group.shutdownGracefully()
    }

    @Test func drainCutsOffAtItsLimit() async throws {
        let log = EventLog()
        try await withServer(log) { server, client in
            async let outcome = client.call("/test/Never", [[1]])
            _ = try await log.firstCall()
            await server.drain(limit: .milliseconds(1))
            #expect(try await outcome.end.status.code == .unavailable)
            #expect(await log.firstEnd() == .connectionLost)
        }
    }

    @Test func severalAddressesAndAPortInUse() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let any = ListenAddress(host: "127.0.0.1", port: 0)
        let server = try await start([any, any], group, EventLog())
        #expect(server.loops.count == 2)
        #expect(server.boundAddresses.count == 2)
        #expect(Set(server.boundAddresses).count == 2)
        let taken = server.boundAddresses[0]
        await #expect(throws: BindFailure.system(taken, errno: 98)) {
            _ = try await start([any, taken], group, EventLog())
        }
        await server.close()
        try await group.shutdownGracefully()
    }

    @Test(
        "addresses",
        arguments: [
            ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:0", "::1", 0), ("host:65535", "host", 65535),
            ("host", nil, 0), ("host:", nil, 0), (":80", nil, 0), ("host:65536", nil, 0),
            ("::1:80", nil, 0), ("host:-1", nil, 0),
        ] as [(String, String?, Int)])
    func addresses(text: String, host: String?, port: Int) {
        let address = ListenAddress(text)
        #expect(address == host.map { ListenAddress(host: $0, port: port) })
        if let address { #expect(address.description == text) }
    }
}

/// Starts the server of these tests.
func start(
    _ addresses: [ListenAddress], _ group: MultiThreadedEventLoopGroup, _ log: EventLog,
    _ limits: ServerLimits = ServerLimits()
) async throws -> Server {
    try await Server.start(
        addresses, on: group, RPCSettings(programName: "test", programVersion: "1"),
        limits: limits, methods: MethodTable(EchoHandler.methods)
    ) { EchoHandler($0, log) }
}

/// A server with a client connected to it, both gone behind `body`.
func withServer(
    _ log: EventLog = EventLog(), _ body: (Server, TestClient) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await start([ListenAddress(host: "127.0.0.1", port: 0)], group, log)
    let client = try await TestClient.connect(server.boundAddresses[0], group)
    try await body(server, client)
    try await client.close()
    await server.close()
    try await group.shutdownGracefully()
}
