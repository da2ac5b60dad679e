import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Testing

@testable import SagaCoordinator

/// Sagas that hold more than a message may, over a socket whose other end takes 4 MiB.
@Suite(.timeLimit(.minutes(2))) struct LargeSagaTests {
    private static let everything = SagaView(history: true, payloads: true)
    private static let key = SagaRef.key(definition: "large", key: "K")

    /// As large as a payload may be, and different for each number.
    private static func payload(_ number: Int) -> Payload {
        Payload(
            contentType: "application/octet-stream",
            bytes: .init(repeating: UInt8(number), count: 1 << 20))
    }

    private static let definition: SagaDefinition = {
        var steps = (0..<4).map { place in
            var step = StepDefinition(name: "s\(place)", work: .handler("inventory.reserve"))
            step.after = place == 0 ? [] : ["s\(place - 1)"]
            return step
        }
        steps[3].retry = RetryPolicy(
            maxAttempts: 12, initial: .milliseconds(1), multiplier: 1, max: .milliseconds(1))
        return SagaDefinition(name: "large", version: 1, steps: steps)
    }()

    /// Three steps give 1 MiB each; the last one fails eleven times and then says no, each time
    /// with 1 MiB of details; then all is undone.
    private func runSaga(_ wire: Wire) async throws {
        #expect(await wire.refusal(of: Self.definition) == nil)
        let session = TestSession(wire.channel)
        session.say(.hello(TestSession.hello("i")))
        _ = try await wire.start([wire.message("large", key: "K", input: Self.payload(100))])
        var acknowledged = 0
        while acknowledged < 3 + 12 + 3 {
            switch try await session.message() {
            case .task(let order):
                let task = order.attempt.task
                var outcome = AttemptOutcome.succeeded(.empty)
                if task.direction == .action {
                    let number = Int(task.step.dropFirst()) ?? 0
                    outcome = .succeeded(Self.payload(number))
                    if number == 3 {
                        let failure = Failure(
                            code: "busy", message: .init(repeating: "m", count: 4_096),
                            details: Self.payload(50))
                        let isLast = order.attempt.token.number == 12
                        outcome = isLast ? .failed(failure) : .retry(failure, after: nil)
                    }
                }
                session.say(.result(TaskResult(attempt: order.attempt, outcome: outcome)))
            case .resultAck: acknowledged += 1
            case .welcome, .heartbeatAck, .cancel, .drain: break
            }
        }
        session.leave()
    }

    /// Asks for all, then for each part that was left out.
    private func check(_ wire: Wire) async throws {
        let (saga, bytes) = try await wire.get(Self.key, Self.everything)
        #expect(saga.state == .compensated)
        #expect(bytes <= 4 << 20 && bytes > 3 << 20, "as much as there is room for: \(bytes)")
        #expect(saga.steps.map(\.state) == [.compensated, .compensated, .compensated, .failed])
        #expect(saga.steps[3].action.attempts == 12)
        // What people need first is there.
        #expect(saga.input == Self.payload(100))
        #expect(saga.failure?.failure.details == Self.payload(50))
        #expect(saga.steps[3].action.lastFailure?.message.utf8.count == 4_096)
        #expect(!saga.omitted.isEmpty)

        for omitted in saga.omitted {
            #expect(saga.payload(omitted.part, step: omitted.step)?.bytes.isEmpty ?? true)
            let (alone, _) = try await wire.get(
                Self.key, SagaView(),
                SagaExcerpt(steps: omitted.step.isEmpty ? [] : [omitted.step], part: omitted.part))
            #expect(alone.omitted.isEmpty)
            if !omitted.step.isEmpty { #expect(alone.steps.map(\.name) == [omitted.step]) }
            let payload = alone.payload(omitted.part, step: omitted.step)
            #expect(payload?.bytes.count ?? omitted.bytes == omitted.bytes)
            #expect(payload?.contentType ?? "" == omitted.contentType)
        }
        let (step, _) = try await wire.get(
            Self.key, SagaView(), SagaExcerpt(steps: ["s1"], part: .stepOutput))
        #expect(step.steps.first?.output == Self.payload(1))
        #expect(step.input == .empty)
        let (two, _) = try await wire.get(Self.key, SagaView(), SagaExcerpt(steps: ["s0", "s2"]))
        #expect(two.steps.map(\.name) == ["s0", "s2"])
    }

    @Test("A saga in memory is answered within a message, and each part that was left out alone")
    func inMemory() async throws {
        try await withCoordinator { wire in
            try await runSaga(wire)
            try await check(wire)
            // Who waits for it gets it in the same way.
            let (saga, isReached) = try await wire.await(
                wire.message("large", key: "K", input: Self.payload(100)), within: .seconds(20))
            #expect(isReached && saga.state == .compensated)
        } limits: { limits in
            limits.payloadBytes = 1 << 20
        }
    }

    @Test("A saga of the archive is answered in the same way")
    func archived() async throws {
        try await withCoordinator(hasArchive: true) { wire in
            try await runSaga(wire)
            try await check(wire)
            let (saga, _) = try await wire.get(Self.key, SagaView(output: false, steps: false))
            // Others end, and it leaves the memory.
            try await wire.register("order")
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("j")))
            for number in 1...2 {
                _ = try await wire.start([wire.message("order", key: "\(number)")])
                while true {
                    if case .task(let order) = try await session.message() {
                        session.say(
                            .result(TaskResult(attempt: order.attempt, outcome: .succeeded(.empty)))
                        )
                        break
                    }
                }
                _ = try await wire.await(
                    wire.message("order", key: "\(number)"), within: .seconds(20))
            }
            let byID = SagaRef.id(saga.id)
            let (archived, bytes) = try await wire.get(byID, Self.everything)
            #expect(bytes <= 4 << 20 && !archived.omitted.isEmpty)
            let (output, _) = try await wire.get(
                byID, SagaView(), SagaExcerpt(steps: ["s2"], part: .stepOutput))
            #expect(output.steps.first?.output == Self.payload(2))
            session.leave()
        } limits: { limits in
            limits.payloadBytes = 1 << 20
            limits.endedKept = 1
        }
    }
}
