import Logging
import NIOCore
import NIOPosix
import SagaRPC
import SagaSystem
import Synchronization
import Testing

@testable import SagaTransport

/// A server with short limits, an honest client at work, and room for attackers.
struct HostileWorld {
    let server: Server
    let address: ListenAddress
    let group: MultiThreadedEventLoopGroup
    let log: LineKeeper.Lines

    /// Limits that a test need not wait long for.
    static var shortLimits: ServerLimits {
        var limits = ServerLimits()
        limits.lifetime.greeting = .milliseconds(200)
        limits.lifetime.headerBlock = .milliseconds(300)
        limits.lifetime.writeStall = .milliseconds(400)
        limits.lifetime.linger = .milliseconds(200)
        limits.lifetime.drainAnswer = .milliseconds(100)
        limits.lifetime.sweepInterval = .milliseconds(10)
        return limits
    }

    func attacker(from source: String = "127.0.0.2", reads: Bool = true) async throws -> Attacker {
        try await Attacker.connect(address, group, from: source, reads: reads)
    }

    func counters() async -> ServerCounters { await server.loops[0].counters() }

    func count(_ name: String) async -> UInt64 {
        await counters().named.first { $0.name == name }?.count ?? 0
    }

    /// The line about an attacker's connection that ended for a reason.
    func line(_ reason: String) -> String? {
        log.lines.withLock(\.self).first {
            $0.hasPrefix("notice connection ended") && $0.contains(" reason=\(reason)")
                && $0.contains(" peer=127.0.0.2:")
        }
    }

    /// Waits until something was counted as often; returns how often it was at last.
    func count(_ name: String, reaches least: UInt64) async throws -> UInt64 {
        for _ in 0..<1_000 {
            let count = await count(name)
            if count >= least { return count }
            try await Task.sleep(for: .milliseconds(5))
        }
        return await count(name)
    }

    /// Runs an attack with an honest client beside it: each of its calls succeeds within 5 s, what
    /// waits in the server stays below `waitingBytes`, and its memory does not grow much.
    static func attack(
        _ name: String, waitingBytes: UInt64 = 64 << 20, residentGrowth: Int = 192 << 20,
        _ change: (inout ServerLimits) -> Void = { _ in },
        _ body: (HostileWorld) async throws -> Void
    ) async throws {
        var limits = shortLimits
        change(&limits)
        let serving = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let others = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let log = LineKeeper.Lines()
        let server = try await Server.start(
            [ListenAddress(host: "127.0.0.1", port: 0)], on: serving,
            RPCSettings(programName: "test", programVersion: "1"), limits: limits,
            logger: Logger(label: "test") { _ in LineKeeper(lines: log) },
            methods: MethodTable(EchoHandler.methods)
        ) { EchoHandler($0, EventLog()) }
        let world = HostileWorld(
            server: server, address: server.boundAddresses[0], group: others, log: log)
        let honest = HonestClient(try await TestClient.connect(world.address, others))
        let before = try ResourceUse.ofThisProcess().anonymousBytes
        let baseline = try await honest.calls(100)
        let work = Task { try await honest.callsUntilStopped(server) }
        let result: Result<Void, any Error>
        do { result = .success(try await body(world)) } catch { result = .failure(error) }
        honest.stop()
        let beside = try await work.value
        try result.get()
        _ = try await honest.calls(20)
        let growth = try ResourceUse.ofThisProcess().anonymousBytes - before
        #expect(growth < residentGrowth, "memory grew by \(growth) bytes")
        #expect(
            beside.mostWaiting <= waitingBytes, "\(beside.mostWaiting) bytes waited in the server")
        let ratio = Double(beside.medianMicroseconds) / Double(max(1, baseline.medianMicroseconds))
        print(
            "hostile: \(name): \(beside.count) honest calls beside, median "
                + "\(beside.medianMicroseconds) us, \((ratio * 10).rounded() / 10) times the "
                + "baseline, longest \(beside.longestMicroseconds) us")
        try await honest.client.close()
        await server.close()
        try await others.shutdownGracefully()
        try await serving.shutdownGracefully()
    }
}
