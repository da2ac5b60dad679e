import SagaHTTP2
import Testing

@testable import SagaRPC

/// What a lost connection says of the calls that were open on it.
struct ClientReachTests {
    private let status = RPCStatus(.unavailable, "gone")

    private func ends(_ pair: Pair) -> [ClientEvent] {
        var events: [ClientEvent] = []
        while let event = pair.client.nextEvent() { events.append(event) }
        return events
    }

    @Test func aRequestThatWasNotHandedOutWasNeverSeen() throws {
        let pair = try Pair()
        try pair.run()
        let stream = try pair.open()
        pair.client.connectionLost("gone")
        #expect(ends(pair) == [.ended(stream, CallOutcome(status, reach: .neverSeen))])
    }

    @Test func aRequestThatWasHandedOutMayHaveBeenSeen() throws {
        let pair = try Pair()
        try pair.run()
        let stream = try pair.open()
        _ = try pair.client.drain(limit: .max) { _ in }
        pair.client.connectionLost("gone")
        #expect(ends(pair) == [.ended(stream, CallOutcome(status, reach: .maybeSeen))])
    }
}
