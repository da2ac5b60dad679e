import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// `show`, from what is typed to what comes out.
@Suite struct ShowTests {
    private func show(_ options: [String]) async throws -> (output: String, asked: [String]) {
        let paper = Paper()
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.publishing] }
        let verb = try #require(
            try Sagactl.parseAsRoot(["show", "order/P-7"] + options) as? any sagactl.Verb)
        let exit = try await verb.perform(coordinator, paper.screen(isJSON: verb.global.json))
        #expect(exit == .done)
        return (paper.output, coordinator.asked)
    }

    @Test func onlyWhatIsWantedIsAskedFor() async throws {
        #expect(try await show([]).asked == ["get order/P-7"])
        #expect(try await show(["--payloads"]).asked == ["get order/P-7 with payloads"])
        #expect(
            try await show(["--history", "--payloads"]).asked == [
                "get order/P-7 with history with payloads"
            ])
    }

    @Test func formats() async throws {
        let text = try await show([]).output
        #expect(text.hasPrefix("order/P-7  RUNNING"))
        #expect(try await show(["--format", "text"]).output == text)
        let chart = try await show(["--format", "mermaid"]).output
        #expect(chart == MermaidDrawing(Fixture.publishing).lines.joined(separator: "\n") + "\n")
        let object = try await show(["--json"]).output
        #expect(object == JSONObject(Fixture.publishing, hasPayloads: false).text + "\n")
        #expect(try await show(["--format", "json"]).output == object)
        #expect(try await show(["--format", "json", "--json"]).output == object)
    }

    @Test func aSagaWithAllThatThereIsToSay() {
        var saga = Fixture.publishing
        saga.digest = Digest256(0, 0, 0, 1)
        saga.attentionDetails = [
            Attention(
                .pastPivotFailing, step: "social", since: Fixture.start,
                lastFailure: Failure(code: "busy", message: ""),
                nextAttemptAt: Fixture.after(.seconds(1)), failures: 3, handler: "social.post")
        ]
        saga.more.deadline = Fixture.after(.seconds(3))
        saga.more.suspension = SagaSuspension(
            by: Principal(name: "alice", isVerified: true), step: "", reason: "lunch",
            since: Fixture.start)
        saga.more.verbs = [Fixture.entry(.suspend, "lunch")]
        saga.steps[3].action.maxAttempts = 10
        saga.steps[3].action.history = [
            AttemptStatus(
                token: Token(epoch: Epoch(7), number: 1), state: .ended,
                handedOutAt: Fixture.start, endedAt: Fixture.after(.seconds(1)),
                instance: "social/s-1", outcome: .unknown(.timedOut), counts: true)
        ]
        let text = JSONObject(saga, hasPayloads: false).text
        for part in [
            #""definitionDigest":"AAAAAAAA"#, #""deadline":"2026-11-21T08:14:05.250Z""#,
            #""suspension":{"reason":"lunch","by":{"name":"alice","verified":true},"#,
            #""task":{"sagaId":"\#(Fixture.id)","step":"social","direction":"DIRECTION_ACTION"}"#,
            #""nextAttemptAt":"2026-11-21T08:14:03.250Z","failures":3,"handler":"social.post"}]"#,
            #""pivot":true,"hasCompensation":true"#, #""pivotState":"PIVOT_STATE_PASSED""#,
            #""when":{"reference":"input#/mail","equals":"true"}"#,
            #""skip":{"reason":"SKIP_REASON_CONDITION","found":"false"}"#,
            #""maxAttempts":10,"lastFailure""#,
            #""attempts":[{"token":{"epoch":"7","number":1},"state":"ATTEMPT_STATE_ENDED""#,
            #""outcome":{"unknown":{"cause":"UNKNOWN_CAUSE_START_TO_CLOSE"}},"counts":true}]"#,
            #""verbs":[{"verb":"VERB_SUSPEND","by":{"name":"alice","verified":true},"#,
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
