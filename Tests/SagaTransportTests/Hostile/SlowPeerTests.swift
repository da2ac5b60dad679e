import SagaRPC
import Testing

@testable import SagaTransport

extension HostileTests {
    /// Peers that do too little, and so hold what the server keeps for them.
    @Suite struct SlowPeerTests {
        @Test func noPreface() async throws {
            try await HostileWorld.attack("no preface") { world in
                let attacker = try await world.attacker()
                let outcome = try await attacker.ended()
                #expect(outcome.code == 1)
                #expect(try await world.count("connections_ended.no_preface", reaches: 1) == 1)
                #expect(world.line("no_preface") != nil)
            }
        }

        @Test func halfAPreface() async throws {
            try await HostileWorld.attack("half a preface") { world in
                let attacker = try await world.attacker()
                attacker.send(Array(RawFrames.preface.prefix(20)))
                _ = try await attacker.ended()
                #expect(try await world.count("connections_ended.no_preface", reaches: 1) == 1)
                #expect(world.line("no_preface") != nil)
            }
        }

        @Test func slowHeaders() async throws {
            try await HostileWorld.attack("slow headers") { world in
                let attacker = try await world.attacker()
                let call = RawFrames.call(1)
                attacker.send(RawFrames.greeting + call.prefix(20))
                let drip = Task {
                    for byte in call.dropFirst(20) {
                        attacker.send([byte])
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
                let outcome = try await attacker.ended()
                drip.cancel()
                #expect(outcome.code == 11)
                #expect(try await world.count("connections_ended.slow_headers", reaches: 1) == 1)
                #expect(world.line("slow_headers") != nil)
            }
        }

        /// The answer waits, and there will never be room for it.
        @Test func zeroWindow() async throws {
            try await HostileWorld.attack("zero window") { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting([(4, 0)]))
                attacker.send(RawFrames.call(1) + RawFrames.message(1, count: 1_000))
                let outcome = try await attacker.ended()
                #expect(outcome.code == 11)
                #expect(try await world.count("connections_ended.write_stall", reaches: 1) == 1)
                #expect(world.line("write_stall") != nil)
                #expect(await world.count("windows_drained") == 1)
            }
        }

        /// Windows as wide as they may be, but nothing is read from the socket.
        @Test func slowRead() async throws {
            try await HostileWorld.attack(
                "slow read", waitingBytes: 12 << 20,
                {
                    $0.lifetime.outputCapBytes = 4 << 20
                    $0.lifetime.outputHardCapBytes = 32 << 20
                }
            ) { world in
                let attacker = try await world.attacker(reads: false)
                attacker.send(
                    RawFrames.greeting([(4, 0x7fff_ffff)])
                        + RawFrames.windowUpdate(0, by: 0x7fff_0000))
                for stream in 0..<100 {
                    let id = UInt32(stream) * 2 + 1
                    attacker.send(RawFrames.call(id) + RawFrames.message(id, count: 500_000))
                }
                #expect(try await world.count("connections_ended.write_stall", reaches: 1) == 1)
                #expect(world.line("write_stall") != nil)
                await attacker.close()
            }
        }

        /// Calls that are let in can be answered with more than the connection may hold.
        @Test func answersOverTheHardCap() async throws {
            try await HostileWorld.attack(
                "answers over the cap", waitingBytes: 2 << 20,
                {
                    $0.lifetime.outputCapBytes = 256 << 10
                    $0.lifetime.outputHardCapBytes = 512 << 10
                }
            ) { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting([(4, 0)]))
                for stream in 0..<10 {
                    attacker.send(RawFrames.call(UInt32(stream) * 2 + 1, "/test/Stream"))
                }
                for stream in 0..<10 {
                    attacker.send(RawFrames.message(UInt32(stream) * 2 + 1, count: 100_000))
                }
                _ = try await attacker.ended()
                #expect(try await world.count("connections_ended.output_cap", reaches: 1) == 1)
                #expect(world.line("output_cap") != nil)
            }
        }

        /// Above the cap no further call is let in.
        @Test func callsAboveTheCap() async throws {
            try await HostileWorld.attack(
                "calls above the cap",
                {
                    $0.lifetime.outputCapBytes = 100_000
                    $0.lifetime.writeStall = .seconds(30)
                }
            ) { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting([(4, 0)]))
                attacker.send(RawFrames.call(1) + RawFrames.message(1, count: 150_000))
                #expect(try await world.count("windows_drained", reaches: 1) == 1)
                attacker.send(RawFrames.call(3) + RawFrames.message(3, count: 10))
                #expect(try await attacker.answered(1).statuses == 1)
                #expect(await world.count("calls_refused") == 1)
                await attacker.close()
            }
        }

        @Test func idle() async throws {
            try await HostileWorld.attack("idle", { $0.lifetime.idle = .milliseconds(250) }) {
                world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting)
                let outcome = try await attacker.ended()
                #expect(outcome.code == 0)
                #expect(try await world.count("connections_ended.idle", reaches: 1) == 1)
            }
        }

        @Test func keepaliveWithoutAnAnswer() async throws {
            try await HostileWorld.attack(
                "keepalive",
                {
                    $0.lifetime.keepaliveInterval = .milliseconds(200)
                    $0.lifetime.keepaliveTimeout = .milliseconds(100)
                }
            ) { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting + RawFrames.call(1, "/test/Never"))
                let outcome = try await attacker.ended()
                #expect(outcome.text == "a PING was not answered in time")
                let name = "connections_ended.keepalive_timeout"
                #expect(try await world.count(name, reaches: 1) == 1)
                #expect(world.line("keepalive_timeout") != nil)
            }
        }
    }
}
