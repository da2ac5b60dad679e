import SagaCompression
import SagaRPC
import Testing

@testable import SagaTransport

extension HostileTests {
    /// Peers that send what is wrong, or what is more than it looks.
    @Suite struct MalformedTests {
        @Test(
            "no HTTP/2 at all",
            arguments: [
                (
                    "garbage", "connections_ended.not_http2",
                    [UInt8](repeating: 0xa5, count: 10_000)
                ),
                (
                    "HTTP/1", "connections_ended.not_http2",
                    Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                ),
                (
                    "TLS", "tls_unexpected",
                    [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] + [UInt8](repeating: 9, count: 500)
                ),
            ])
        func notHTTP2(name: String, counter: String, bytes: [UInt8]) async throws {
            try await HostileWorld.attack(name) { world in
                let attacker = try await world.attacker()
                attacker.send(bytes)
                #expect(try await attacker.ended().statuses == 0)
                #expect(try await world.count(counter, reaches: 1) == 1)
            }
        }

        @Test func oversizedFrame() async throws {
            try await HostileWorld.attack("oversized frame") { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting + RawFrames.call(1))
                attacker.send(
                    RawFrames.frame(.data, stream: 1, [UInt8](repeating: 0, count: 20_000)))
                let outcome = try await attacker.ended()
                #expect(outcome.code == 6)
                #expect(try await world.count("connections_ended.protocol_error", reaches: 1) == 1)
            }
        }

        /// Nothing is allocated for what is merely announced, and the connection goes on.
        @Test func hugeLengthPrefix() async throws {
            try await HostileWorld.attack("length prefix of 4 GiB", residentGrowth: 64 << 20) {
                world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting)
                for stream in 0..<90 {
                    let id = UInt32(stream) * 2 + 1
                    attacker.send(
                        RawFrames.call(id)
                            + RawFrames.data(id, [0, 255, 255, 255, 255], ends: false))
                }
                #expect(try await attacker.answered(90).statuses == 90)
                attacker.send(RawFrames.call(999) + RawFrames.message(999, count: 3))
                #expect(try await attacker.answered(91).statuses == 91)
                await attacker.close()
            }
        }

        @Test func giantHeaderList() async throws {
            try await HostileWorld.attack("giant header list") { world in
                let attacker = try await world.attacker()
                let field = RawFrames.field("x", String(repeating: "y", count: 3_000))
                attacker.send(RawFrames.greeting)
                attacker.send(RawFrames.call(1, flags: 0))
                for place in 0..<6 {
                    attacker.send(
                        RawFrames.frame(
                            .continuation, flags: place == 5 ? RawFrames.endHeaders : 0, stream: 1,
                            field))
                }
                #expect(try await attacker.answered(1).statuses == 1)
                attacker.send(RawFrames.call(3) + RawFrames.message(3, count: 3))
                #expect(try await attacker.answered(2).statuses == 2)
                await attacker.close()
            }
        }

        /// What would become 128 MiB is given up at the limit.
        @Test func gzipBomb() async throws {
            var compressor = try Compressor(.gzip)
            let bomb = compressor.compress([UInt8](repeating: 0, count: 128 << 20).span)
            try await HostileWorld.attack("gzip bomb", residentGrowth: 64 << 20) { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting)
                attacker.send(
                    RawFrames.call(1, "/test/Echo", RawFrames.field("grpc-encoding", "gzip"))
                        + RawFrames.data(1, [1] + RawFrames.number(UInt32(bomb.count)) + bomb))
                #expect(try await attacker.answered(1).statuses == 1)
                await attacker.close()
            }
        }
    }
}
