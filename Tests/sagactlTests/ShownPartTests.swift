import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// `show` of sagas of which an answer left something out.
@Suite struct ShownPartTests {
    private func show(
        _ options: [String], _ saga: SagaStatus = Fixture.publishing
    ) async throws -> (output: String, asked: [String]) {
        let paper = Paper()
        let coordinator = FakeCoordinator { $0.sagas = [saga] }
        let verb = try #require(
            try Sagactl.parseAsRoot(["show", "order/P-7"] + options) as? any sagactl.Verb)
        let exit = try await verb.perform(coordinator, paper.screen(isJSON: verb.global.json))
        #expect(exit == .done)
        return (paper.output, coordinator.asked)
    }

    @Test func whatIsLeftOutIsNamedWithTheCommandForIt() async throws {
        var saga = Fixture.publishing
        saga.omitted = [
            OmittedPart(step: "", part: .input, bytes: 1 << 20, contentType: "text/plain"),
            OmittedPart(step: "social", part: .stepOutput, bytes: 2_048),
        ]
        let text = try await show([], saga).output
        #expect(text.contains("sagactl show \(saga.definition)/\(saga.key) with:"))
        #expect(text.contains("  --part input"))
        #expect(text.contains("  --step social --part step-output"))
        #expect(text.contains("1.0 MiB") && text.contains("2.0 KiB"))
        let json = try await show(["--json"], saga).output
        #expect(
            json.contains(
                #""omitted":[{"part":"SAGA_PART_INPUT","bytes":"1048576","#
                    + #""contentType":"text/plain"},{"step":"social","#))
        saga.omitted = (1...25).map { OmittedPart(step: "s\($0)", part: .stepInput, bytes: 1) }
        #expect(try await show([], saga).output.contains("and 15 others, see --json"))
        #expect(!(try await show([]).output.contains("left out")))
    }

    @Test func onePartIsAskedForAndShownAlone() async throws {
        var saga = Fixture.publishing
        let step = saga.steps[0].name
        saga.steps[0].output = Payload(contentType: "text/plain", bytes: Array("a\nb".utf8))
        let (output, asked) = try await show(["--step", step, "--part", "step-output"], saga)
        #expect(output == "a\nb\n")
        #expect(asked == ["get order/P-7 only step-output of \(step)"])
        #expect(
            try await show(["--step", step]).asked == ["get order/P-7 of \(step)"])
        let attempts = try await show(["--step", step, "--part", "action-attempts"], saga)
        #expect(attempts.output.hasPrefix("order/P-7  RUNNING"))
    }

    @Test(arguments: [
        ["--part", "step-output"], ["--part", "nothing"],
        ["--part", "step-output", "--step", "a", "--step", "b"], ["--part", "input", "--payloads"],
    ])
    func whatDoesNotFitTogether(_ options: [String]) {
        #expect(throws: (any Error).self) {
            try Sagactl.parseAsRoot(["show", "order/P-7"] + options)
        }
    }

    @Test func anUnknownStepIsSaid() async throws {
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.publishing] }
        let verb = try #require(
            try Sagactl.parseAsRoot(["show", "order/P-7", "--step", "nope"]) as? any sagactl.Verb)
        await #expect(throws: Complaint("the saga has no step nope", exit: .no)) {
            _ = try await verb.perform(coordinator, Paper().screen(isJSON: false))
        }
    }
}
