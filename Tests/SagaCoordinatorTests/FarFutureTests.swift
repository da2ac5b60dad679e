import SagaModel
import SagaSystem
import Testing

@testable import SagaCoordinator

/// Times that are as far off as the protocol can say, over a socket and over a restart.
@Suite struct FarFutureTests {
    static let longest = Duration.seconds(315_576_000_000)

    @Test("A coordinator whose only timer is due in 10,000 years answers, and starts again with it")
    func retryInTenThousandYears() async throws {
        let directory = "/tmp/saga-future-\(SystemRandom.word())"
        try Directory.make(directory)
        let before = try await withCoordinator(
            in: directory,
            { wire in
                try await wire.register("order")
                let session = TestSession(wire.channel)
                session.say(.hello(TestSession.hello("i")))
                guard case .welcome = try await session.message() else { return [Instant?]() }
                _ = try await wire.start([wire.message("order", key: "far")])
                guard case .task(let task) = try await session.message() else { return [] }
                let failure = Failure(code: "busy", message: "come again")
                session.say(
                    .result(
                        TaskResult(
                            attempt: task.attempt, outcome: .retry(failure, after: Self.longest))))
                guard case .resultAck(_, .taken) = try await session.message() else { return [] }
                session.leave()
                #expect(try await session.refusal() == nil)
                return try await Self.backoffs(wire)
            }, limits: { $0.longestPause = Self.longest })
        let after = try await withCoordinator(in: directory) { wire in
            try await Self.backoffs(wire)
        }
        try Directory.removeTree(directory)
        #expect(before == [Instant(microseconds: 253_402_300_799_000_000)])
        #expect(before == after)
    }

    /// Until when each step waits; asked with the longest deadline that a call can have.
    private static func backoffs(_ wire: Wire) async throws -> [Instant?] {
        let message = wire.message("order", key: "far")
        let answer = try await wire.await(
            message, within: .milliseconds(20), deadline: longest)
        return answer.saga.steps.map { step in
            guard case .backoff(let until) = step.action.waiting else { return nil }
            return until
        }
    }
}
