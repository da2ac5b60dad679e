import SagaModel
import SagaRPC
import Testing

@testable import Saga

/// The signs of life that handlers give.
@Suite struct SessionSignTests {
    let half = Payload(contentType: Payload.json, bytes: Array("50".utf8))

    private func running(_ count: UInt32 = 1) -> SessionHarness {
        var harness = Harness.attached()
        for number in 1...count { _ = harness.receive(.task(Harness.task(number))) }
        return harness
    }

    private func signs(_ signs: AttemptSign...) -> SessionAction { .send(.heartbeat(signs)) }

    private func sign(_ number: UInt32, _ progress: Payload? = nil) -> AttemptSign {
        AttemptSign(Harness.task(number).attempt, progress: progress)
    }

    @Test func theFirstIsSentAtOnceAndTheOthersAtAPace() {
        var harness = running()
        #expect(harness.sign(0) == [signs(sign(1))])
        #expect(harness.sign(0, half) == [])
        #expect(harness.sign(0) == [], "it keeps the progress that waits")
        #expect(harness.session.nextWake == harness.now + Limits.signPace)
        #expect(harness.pass(Limits.signPace) == [signs(sign(1, half))])
        #expect(harness.pass(Limits.signPace) == [], "and is sent once")
    }

    @Test func aShortTimeoutSetsThePace() {
        var harness = running(2)
        _ = harness.sign(0)
        #expect(harness.sign(0) == [])
        #expect(harness.sign(1, timeout: .milliseconds(400)) == [])
        #expect(harness.session.nextWake == harness.now + .milliseconds(100))
        #expect(
            harness.pass(.milliseconds(100)) == [signs(sign(1), sign(2))],
            "those that wait go together")
    }

    @Test func theHeartbeatOfTheSessionTakesThemAlong() {
        var harness = running()
        _ = harness.pass(Harness.interval - .milliseconds(500))
        _ = harness.sign(0)
        _ = harness.sign(0, half)
        #expect(harness.pass(.milliseconds(500)) == [signs(sign(1, half))])
    }

    @Test func progressGoesAheadOfTheResult() {
        var harness = running()
        _ = harness.sign(0)
        _ = harness.sign(0, half)
        let outcome = AttemptOutcome.retry(Failure(code: "busy", message: ""), after: nil)
        #expect(
            harness.finish(0, outcome)
                == [signs(sign(1, half)), Harness.result(Harness.task(1), outcome)])
        #expect(harness.sign(0) == [], "an attempt that has ended gives no sign")
        #expect(harness.pass(Limits.signPace) == [])
    }

    @Test func aSignWithoutProgressIsNotWorthAMessageAheadOfTheResult() {
        var harness = running()
        _ = harness.sign(0)
        _ = harness.sign(0)
        #expect(
            harness.finish(0, .succeeded(.empty))
                == [Harness.result(Harness.task(1), .succeeded(.empty))])
    }

    @Test func progressOverTheLimitIsLeftOut() {
        var harness = running()
        let large = Payload(contentType: Payload.json, bytes: Array(repeating: 48, count: 101))
        #expect(harness.sign(0, large) == [signs(sign(1))])
    }

    @Test func withoutAStreamTheyWait() {
        var harness = running()
        _ = harness.lose()
        #expect(harness.sign(0, half) == [])
        #expect(harness.pass(Limits.reconnectInitial) == [.open])
        _ = harness.opened()
        _ = harness.receive(.welcome(Harness.welcome()))
        #expect(harness.session.nextWake ?? harness.now + .seconds(9) <= harness.now)
        #expect(harness.pass(.zero) == [signs(sign(1, half))])
    }

    /// Signs are answered as heartbeats are, and there may be many in one interval.
    @Test func theirAnswersSayNothingOfHunger() {
        var harness = running()
        for _ in 0..<Limits.hungryAnswers * 2 {
            #expect(harness.sign(0, timeout: .nanoseconds(1)).count == 1)
            _ = harness.pass(.milliseconds(1))
        }
        for _ in 0..<Limits.hungryAnswers * 2 {
            #expect(harness.receive(SessionLivenessTests.answer(waiting: 3)) == [])
        }
        for _ in 0..<Limits.hungryAnswers {
            #expect(harness.receive(SessionLivenessTests.answer(waiting: 3)) == [])
        }
        #expect(harness.receive(SessionLivenessTests.answer(waiting: 3)).first == .close)
    }
}
