import ArgumentParser
import Foundation
import SagaModel
import Testing

@testable import sagactl

/// The verbs by which an operator settles a saga.
@Suite struct DecisionTests {
    private func perform(
        _ line: [String], _ coordinator: FakeCoordinator, _ paper: Paper
    ) async throws -> Complaint.Exit {
        let verb = try #require(try Sagactl.parseAsRoot(line) as? any sagactl.Verb)
        return try await verb.perform(coordinator, paper.screen(isJSON: verb.global.json))
    }

    private func withFile<Result>(
        _ text: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        return try await body(file.path)
    }

    static let rows: [(line: [String], asked: String, answer: String)] = [
        (
            ["suspend", "order/K", "--reason", "moved"], "suspend order/K moved",
            "order/K  suspended  COMPENSATING\n"
        ),
        (["resume", "order/K"], "resume order/K ", "order/K  resumed  COMPENSATING\n"),
        (
            ["retry", "order/K", "--reason", "back"], "retry order/K back",
            "order/K  tried again  COMPENSATING\n"
        ),
        (
            ["retry", "order/K", "charge"], "retry charge order/K ",
            "order/K  charge tried again  COMPENSATING\n"
        ),
        (
            ["skip", "order/K", "ship", "--reason", "by hand"], "skip ship nil order/K by hand",
            "order/K  ship skipped  COMPENSATING\n"
        ),
        (
            ["mark-compensated", "order/K", "charge", "--reason", "refunded"],
            "markCompensated charge order/K refunded",
            "order/K  charge undone by hand  COMPENSATING\n"
        ),
        (
            ["compensate", "order/K", "--reason", "no"], "compensate order/K no",
            "order/K  sent back  COMPENSATING\n"
        ),
        (
            ["abandon", "order/K", "--reason", "settled"], "abandon order/K settled",
            "order/K  abandoned  COMPENSATING\n"
        ),
    ]

    @Test(arguments: rows) func whatIsAskedAndAnswered(
        _ row: (line: [String], asked: String, answer: String)
    ) async throws {
        let (coordinator, paper) = (FakeCoordinator(), Paper())
        #expect(try await perform(row.line, coordinator, paper) == .done)
        #expect(coordinator.asked == [row.asked])
        #expect(paper.output == row.answer)
    }

    @Test func aSkippedStepGetsTheOutputOfAFile() async throws {
        let coordinator = FakeCoordinator()
        try await withFile(#"{"id":1}"#) { file in
            _ = try await perform(
                ["skip", "order/K", "ship", "--output", file, "--reason", "r"], coordinator,
                Paper())
        }
        #expect(coordinator.asked == [#"skip ship {"id":1} order/K r"#])
        let untouched = FakeCoordinator()
        try await withFile("nope") { file in
            let complaint = await #expect(throws: Complaint.self) {
                _ = try await perform(
                    ["skip", "order/K", "ship", "--output", file, "--reason", "r"], untouched,
                    Paper())
            }
            #expect(complaint?.exit == .dataError)
        }
        #expect(untouched.asked.isEmpty)
    }

    @Test func whatIsLeftOfAnAbandonedSagaIsListed() async throws {
        let coordinator = FakeCoordinator {
            $0.verbAnswer.state = .abandoned
            $0.verbAnswer.left = [
                LeftEffect(step: "reserve", isKnown: true),
                LeftEffect(step: "pay", isKnown: false),
            ]
        }
        let (paper, json) = (Paper(), Paper())
        let line = ["abandon", "order/K", "--reason", "r"]
        _ = try await perform(line, coordinator, paper)
        #expect(
            paper.output == """
                order/K  abandoned  ABANDONED
                  reserve   done, and not undone
                  pay       in doubt, and not undone

                """)
        _ = try await perform(line + ["--json"], coordinator, json)
        #expect(
            json.output == #"{"sagaId":"\#(Fixture.id)","state":"SAGA_STATE_ABANDONED","left":["#
                + #"{"step":"reserve","undoNeed":"UNDO_NEED_KNOWN"},"#
                + #"{"step":"pay","undoNeed":"UNDO_NEED_IN_DOUBT"}]}"# + "\n")
    }

    @Test func aSagaThatGoesBackAlreadySaysSo() async throws {
        let coordinator = FakeCoordinator { $0.verbAnswer.hadEffect = false }
        let (paper, json) = (Paper(), Paper())
        let line = ["compensate", "order/K", "--reason", "r"]
        #expect(try await perform(line, coordinator, paper) == .done)
        #expect(paper.output == "order/K  goes back already  COMPENSATING\n")
        _ = try await perform(line + ["--json"], coordinator, json)
        #expect(
            json.output == #"{"sagaId":"\#(Fixture.id)","state":"SAGA_STATE_COMPENSATING","#
                + #""noEffect":true}"# + "\n")
    }

    static let answers: [(line: [String], asked: String, answer: String)] = [
        (["complete", "Cgdk"], "complete Cgdk succeeded ", "answered: done\n"),
        (
            ["complete", "Cgdk", "--failed", "rejected", "--message", "too much"],
            "complete Cgdk failed rejected too much", "answered: failed, rejected\n"
        ),
        (
            ["complete", "Cgdk", "--retry", "busy"], "complete Cgdk retry busy ",
            "answered: to be tried again, busy\n"
        ),
        (
            ["complete", "Cgdk", "--json"], "complete Cgdk succeeded ",
            #"{"disposition":"RESULT_DISPOSITION_TAKEN"}"# + "\n"
        ),
    ]

    @Test(arguments: answers) func aDeferredStepIsAnswered(
        _ row: (line: [String], asked: String, answer: String)
    ) async throws {
        let (coordinator, paper) = (FakeCoordinator(), Paper())
        #expect(try await perform(row.line, coordinator, paper) == .done)
        #expect(coordinator.asked == [row.asked])
        #expect(paper.output == row.answer)
    }

    @Test func aDeferredStepIsAnsweredWithTheOutputOfAFile() async throws {
        let coordinator = FakeCoordinator()
        try await withFile("[1]") { file in
            _ = try await perform(["complete", "Cgdk", "--output", file], coordinator, Paper())
        }
        #expect(coordinator.asked == ["complete Cgdk succeeded [1]"])
    }

    @Test(arguments: rows.map(\.line) + [["complete", "Cgdk"]])
    func aRefusalIsTold(_ line: [String]) async throws {
        let refusal = Complaint("saga order/K is parked", exit: .no)
        let (coordinator, paper) = (FakeCoordinator { $0.refusal = refusal }, Paper())
        let complaint = await #expect(throws: Complaint.self) {
            _ = try await perform(line, coordinator, paper)
        }
        #expect(complaint == refusal)
        #expect(paper.output == "")
    }
}
