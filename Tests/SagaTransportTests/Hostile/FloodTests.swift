import SagaRPC
import Testing

@testable import SagaTransport

/// What is sent too much of, and which limit it meets.
struct Flood: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The counter of the abuse, which the GOAWAY names too.
    var abuse: String
    var bytes: @Sendable () -> [UInt8]
}

extension HostileTests {
    /// Peers that send too much of something.
    @Suite struct FloodTests {
        @Test("floods", arguments: allFloods) func endsAtTheLimit(_ flood: Flood) async throws {
            // gRPC's own rule for PINGs would come first; it has a test of its own.
            try await HostileWorld.attack(
                flood.testDescription, { $0.lifetime.pingInterval = .zero }
            ) { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting)
                attacker.send(flood.bytes())
                let outcome = try await attacker.ended()
                #expect(outcome.code == 11)
                #expect(outcome.text?.hasPrefix(flood.abuse) == true)
                #expect(try await world.count("abuse.\(flood.abuse)", reaches: 1) == 1)
                #expect(try await world.count("connections_ended.abuse", reaches: 1) == 1)
                #expect(
                    world.line("abuse")?.contains(" told=\(flood.abuse): ") == true,
                    "\(world.line("abuse") ?? "no line")")
            }
        }

        private static func streams(_ count: Int, _ frames: (UInt32) -> [UInt8]) -> [UInt8] {
            (0..<count).flatMap { frames(UInt32($0) * 2 + 1) }
        }

        static let allFloods: [Flood] = [
            Flood(testDescription: "rapid reset", abuse: "rapid_reset") {
                streams(2_000) { RawFrames.call($0) + RawFrames.reset($0) }
            },
            Flood(testDescription: "MadeYouReset", abuse: "provoked_reset") {
                streams(2_000) { RawFrames.call($0) + RawFrames.windowUpdate($0, by: 0x7fff_ffff) }
            },
            Flood(testDescription: "CONTINUATION", abuse: "continuation_flood") {
                let field = RawFrames.field("x", "y")
                return RawFrames.call(1, flags: 0)
                    + (0..<500).flatMap { _ in
                        RawFrames.frame(.continuation, stream: 1, field)
                    }
            },
            Flood(testDescription: "SETTINGS", abuse: "settings_flood") {
                (0..<20_000).flatMap { _ in RawFrames.settings() }
            },
            Flood(testDescription: "PING", abuse: "ping_flood") {
                (0..<20_000).flatMap { _ in RawFrames.ping }
            },
            Flood(testDescription: "empty DATA", abuse: "empty_data_flood") {
                RawFrames.call(1)
                    + (0..<5_000).flatMap { _ in RawFrames.data(1, [], ends: false) }
            },
            Flood(testDescription: "tiny DATA", abuse: "tiny_data_flood") {
                RawFrames.call(1) + RawFrames.data(1, [0, 0, 1, 0, 0], ends: false)
                    + (0..<5_000).flatMap { _ in RawFrames.data(1, [1], ends: false) }
            },
            Flood(testDescription: "HPACK bomb", abuse: "header_list_bytes") {
                // One field of nearly 4 KiB goes into the table, and is named in one byte from then.
                let field =
                    [0x40] + RawFrames.text("x")
                    + RawFrames.text(String(repeating: "y", count: 4_000))
                let bomb = RawFrames.head(
                    "/test/Echo", field + [UInt8](repeating: 0xbe, count: 8_000))
                return RawFrames.frame(.headers, flags: RawFrames.endHeaders, stream: 1, bomb)
            },
            Flood(testDescription: "WINDOW_UPDATE", abuse: "window_update_flood") {
                (0..<50_000).flatMap { _ in RawFrames.windowUpdate(0, by: 1) }
            },
        ]

        /// Each alone is far from a flood, and yet they come earlier than gRPC lets a client ping.
        @Test func tooManyPings() async throws {
            try await HostileWorld.attack("PINGs without data") { world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting)
                for _ in 0..<4 { attacker.send(RawFrames.ping) }
                let outcome = try await attacker.ended()
                #expect(outcome.code == 11)
                #expect(outcome.text == "too_many_pings")
                #expect(try await world.count("connections_ended.too_many_pings", reaches: 1) == 1)
                #expect(world.line("too_many_pings") != nil)
            }
        }

        @Test func pingsFarEnoughApart() async throws {
            try await HostileWorld.attack("PINGs as allowed", { $0.lifetime.pingInterval = .zero })
            {
                world in
                let attacker = try await world.attacker()
                attacker.send(RawFrames.greeting)
                for _ in 0..<50 { attacker.send(RawFrames.ping) }
                attacker.send(RawFrames.call(1) + RawFrames.message(1, count: 3))
                #expect(try await attacker.answered(1).statuses == 1)
                #expect(try await attacker.seen().code == nil)
                await attacker.close()
            }
        }

        @Test func connectionsBeyondTheLimits() async throws {
            try await HostileWorld.attack(
                "connections",
                {
                    $0.connectionsPerAddress = 10
                    $0.connections = 15
                }
            ) { world in
                var attackers: [Attacker] = []
                for place in 0..<40 {
                    attackers.append(
                        try await world.attacker(from: "127.0.0.\(2 + place / 20)"))
                }
                #expect(
                    try await world.count("connections_refused.limit_per_address", reaches: 10)
                        >= 10)
                #expect(try await world.count("connections_refused.limit", reaches: 10) >= 10)
                #expect(await world.counters().connectionsOpen <= 15)
                for attacker in attackers { await attacker.close() }
            }
        }
    }
}
