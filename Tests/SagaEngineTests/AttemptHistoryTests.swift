import SagaModel
import Testing

@testable import SagaEngine

/// What is kept of a task's attempts is bounded, in number and in size.
@Suite struct AttemptHistoryTests {
    private static let details = Payload(
        contentType: Payload.json, bytes: Array(repeating: UInt8(ascii: "1"), count: 1_000))
    private static let failure = Failure(code: "busy", message: "m", details: details)

    private static func attempt(_ number: UInt32, _ outcome: AttemptOutcome) -> AttemptOnRecord {
        AttemptOnRecord(
            token: Token(epoch: Epoch(1), number: number), instance: "payments/p-1",
            handedOutAt: nil, endedAt: Instant(microseconds: Int64(number)), outcome: outcome,
            counts: true)
    }

    @Test(arguments: [0, 1, 2, 11, 12, 1_000] as [UInt32])
    func theFirstAndTheLastTenAreKept(_ count: UInt32) {
        var history = AttemptHistory()
        for number in 0..<count { history.add(Self.attempt(number + 1, .unknown(.timedOut))) }
        let last = (1...max(1, count)).suffix(10).filter { $0 > 1 && $0 <= count }
        #expect(history.kept.map(\.token.number) == (count > 0 ? [1] : []) + last)
        #expect(history.count == UInt64(count))
    }

    @Test func detailsAreNotKept() {
        var history = AttemptHistory()
        history.add(Self.attempt(1, .failed(Self.failure)))
        history.add(Self.attempt(2, .retry(Self.failure, after: .seconds(1))))
        let bare = Failure(code: "busy", message: "m")
        #expect(
            history.kept.map(\.outcome) == [.failed(bare), .retry(bare, after: .seconds(1))])
    }
}
