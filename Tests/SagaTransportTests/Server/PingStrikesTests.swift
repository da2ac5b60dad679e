import SagaHTTP2
import SagaRPC
import Testing

@testable import SagaTransport

/// gRPC's proposal A8: how often a client may ping.
@Suite struct PingStrikesTests {
    /// A PING at a second, or an answer sent before it.
    enum Event: Sendable {
        case ping(Double, hasCalls: Bool, isTooMany: Bool)
        case answered
    }

    @Test(
        "rules",
        arguments: [
            ("a first one is free", true, [.ping(0, hasCalls: false, isTooMany: false)]),
            (
                "as far apart as asked", true,
                [
                    .ping(0, hasCalls: true, isTooMany: false),
                    .ping(5, hasCalls: true, isTooMany: false),
                    .ping(10, hasCalls: false, isTooMany: false),
                    .ping(15, hasCalls: false, isTooMany: false),
                ]
            ),
            (
                "two strikes, then out", true,
                [
                    .ping(0, hasCalls: true, isTooMany: false),
                    .ping(4.9, hasCalls: true, isTooMany: false),
                    .ping(9.7, hasCalls: true, isTooMany: false),
                    .ping(14.5, hasCalls: true, isTooMany: true),
                ]
            ),
            (
                "HEADERS or DATA sent forgive", true,
                [
                    .ping(0, hasCalls: true, isTooMany: false),
                    .ping(1, hasCalls: true, isTooMany: false),
                    .ping(2, hasCalls: true, isTooMany: false), .answered,
                    .ping(3, hasCalls: true, isTooMany: false),
                    .ping(4, hasCalls: true, isTooMany: false),
                    .ping(5, hasCalls: true, isTooMany: false),
                    .ping(6, hasCalls: true, isTooMany: true),
                ]
            ),
            (
                "without calls two hours apart, if not permitted", false,
                [
                    .ping(0, hasCalls: false, isTooMany: false),
                    .ping(7_199, hasCalls: false, isTooMany: false),
                    .ping(14_399, hasCalls: false, isTooMany: false),
                    .ping(21_598, hasCalls: false, isTooMany: false),
                    .ping(28_797, hasCalls: false, isTooMany: true),
                ]
            ),
            (
                "with calls the interval holds, permitted or not", false,
                [
                    .ping(0, hasCalls: true, isTooMany: false),
                    .ping(6, hasCalls: true, isTooMany: false),
                    .ping(12, hasCalls: true, isTooMany: false),
                    .ping(18, hasCalls: true, isTooMany: false),
                ]
            ),
        ] as [(String, Bool, [Event])])
    func rules(_ name: String, permitsPingsWithoutCalls: Bool, _ events: [Event]) {
        var strikes = PingStrikes(
            .forTables { $0.permitsPingsWithoutCalls = permitsPingsWithoutCalls })
        for (place, event) in events.enumerated() {
            switch event {
            case .answered: strikes.answered(1)
            case .ping(let second, let hasCalls, let isTooMany):
                let result = strikes.received(hasCalls: hasCalls, now: .second(second))
                #expect(result == isTooMany, "\(name), event \(place)")
            }
        }
    }

    /// A read may bring many at once.
    @Test func pingsOfOneRead() {
        var lifetime = ConnectionLifetime(
            SharedLifetimeLimits(.forTables), now: .second(0), jitter: 0)
        var sight = ConnectionSight()
        sight.isGreeted = true
        sight.pingsReceived = 3
        #expect(lifetime.observe(sight, now: .second(1)) == .nothing)
        sight.pingsReceived = 4
        #expect(lifetime.observe(sight, now: .second(1)) == .end(.tooManyPings))
    }
}
