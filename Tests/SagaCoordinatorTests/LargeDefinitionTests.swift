import SagaModel
import SagaProtobuf
import SagaTransport
import Testing

@testable import SagaCoordinator

/// Definitions as large as they may be, over a socket and a journal: registered, run to the end,
/// and undone.
@Suite(.timeLimit(.minutes(2))) struct LargeDefinitionTests {
    private static func steps(_ count: Int, after: (Int) -> [Int]) -> [StepDefinition] {
        (0..<count).map { place in
            var step = StepDefinition(name: "s\(place)", work: .handler("inventory.reserve"))
            step.after = after(place).map { "s\($0)" }
            return step
        }
    }

    private static let definitions: [SagaDefinition] = [
        SagaDefinition(
            name: "chain", version: 1, steps: steps(1_000) { $0 == 0 ? [] : [$0 - 1] }),
        SagaDefinition(
            name: "fan", version: 1,
            steps: steps(502) { $0 == 0 ? [] : $0 == 501 ? Array(1...500) : [0] }),
    ]

    @Test(arguments: definitions.indices) func runsToTheEndAndBack(_ index: Int) async throws {
        let definition = Self.definitions[index]
        let count = definition.steps.count
        try await withCoordinator { wire in
            #expect(await wire.refusal(of: definition) == nil)
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("i", slots: 600, undoSlots: 600)))
            for (key, failing) in [("good", nil), ("bad", "s\(count - 1)")] as [(String, String?)] {
                _ = try await wire.start([wire.message(definition.name, key: key)])
                let (ran, undone) = try await serve(session, failing, until: count)
                #expect(ran.count == count && Set(ran).count == count)
                #expect(undone.count == (failing == nil ? 0 : count - 1))
                let (saga, isReached) = try await wire.await(
                    wire.message(definition.name, key: key), within: .seconds(20))
                #expect(isReached)
                #expect(saga.state == (failing == nil ? .completed : .compensated))
            }
            session.leave()
        }
    }

    /// Answers tasks until all have been answered, and all are undone if one is to fail; gives the
    /// steps that ran and those that were undone, in their order.
    private func serve(
        _ session: TestSession, _ failing: String?, until count: Int
    ) async throws -> (ran: [String], undone: [String]) {
        var ran: [String] = []
        var undone: [String] = []
        var acknowledged = 0
        let wanted = failing == nil ? count : 2 * count - 1
        while acknowledged < wanted {
            switch try await session.message() {
            case .task(let task):
                let step = task.attempt.task.step
                var outcome = AttemptOutcome.succeeded(.empty)
                switch task.attempt.task.direction {
                case .compensation: undone.append(step)
                case .action:
                    ran.append(step)
                    if step == failing { outcome = .failed(Failure(code: "no", message: "")) }
                }
                session.say(.result(TaskResult(attempt: task.attempt, outcome: outcome)))
            case .resultAck(_, let disposition):
                #expect(disposition == .taken)
                acknowledged += 1
            case .welcome, .heartbeatAck: break
            case .cancel, .drain: Issue.record("nobody is told to stop")
            }
        }
        return (ran, undone)
    }
}
