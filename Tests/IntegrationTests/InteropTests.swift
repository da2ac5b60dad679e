import Foundation
import SagaSystem
import Testing

/// A participant and a client on stock grpcio run the order saga against a real daemon: the wire is
/// real gRPC, and the saga survives kill -9 on both sides.
@Suite struct InteropTests {
    static let script = PythonScript("scenarios.py")

    static let scenarios = [
        "order_completes",
        "events_are_told_and_told_on",
        "order_is_undone_in_reverse",
        "unexpected_errors_are_tried_again",
        "cancelled_order_is_undone",
        "wrong_requests_are_refused",
        "step_waits_for_a_participant",
        "stale_tokens_are_refused_and_counted",
        "results_of_others_are_refused_and_counted",
        "garbage_ends_its_own_session_only",
        "too_large_output_is_undone",
        "newer_session_displaces_the_older",
        "coordinator_killed_between_two_steps",
        "coordinator_killed_while_it_goes_back",
        "running_attempt_is_taken_up_after_a_restart",
        "held_result_is_taken_after_a_restart",
        "participant_killed_before_its_commit",
        "participant_killed_after_its_commit",
        "both_killed_in_the_middle_of_a_charge",
        "asked_to_end_it_does",
    ]

    @Test(arguments: scenarios)
    func scenarioOnStockGrpcio(_ name: String) async throws {
        let run = try await Self.script.run([try Programs.sagad, name])
        #expect(run.status == .exited(0), "\(run.output)")
    }

    @Test func everyScenarioIsRun() async throws {
        let run = try await Self.script.run(["--list"])
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.output.split(separator: "\n").map(String.init) == Self.scenarios)
    }

    @Test func failingScenarioFails() async throws {
        let run = try await Self.script.run(["/bin/false", "order_completes"])
        #expect(run.status == .exited(1))
        #expect(run.output.contains("order_completes failed"), "\(run.output)")
    }
}
