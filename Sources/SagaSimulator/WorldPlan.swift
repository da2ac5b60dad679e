internal import Saga
internal import SagaCoordinator
internal import SagaModel

/// What a seed makes a world of.
enum WorldPlan {
    /// Who serves what; every handler has somebody.
    static func participants(_ random: inout SimulationRandom) -> [SimulatedParticipant] {
        let handlers = [
            ["stock.one"], ["cards.two"], ["stock.one", "cards.two"], ["boxes.three"],
            ["boxes.three", "mail.four"], ["mail.four"],
        ]
        // The first, the second and the fifth serve all.
        let count = 2 + random.index(below: 4)
        let places = [0, 1, 4, 2, 3, 5].prefix(max(3, count))
        return places.map { place in
            SimulatedParticipant(
                name: ParticipantName(
                    namespace: "default", name: "service-\(place % 3)", instance: "i-\(place)"),
                handlers: handlers[place], slots: 1 + random.index(below: 4))
        }
    }

    /// Some definitions, of one to five steps.
    static func definitions(_ random: inout SimulationRandom) -> [SagaDefinition] {
        (0..<1 + random.index(below: 3)).map { number in
            let steps = (0..<1 + random.index(below: 5)).map { step($0, &random) }
            return SagaDefinition(name: "order-\(number)", version: 1, steps: steps)
        }
    }

    private static func step(_ number: Int, _ random: inout SimulationRandom) -> StepDefinition {
        let handlers = ["stock.one", "cards.two", "boxes.three", "mail.four"]
        var step = StepDefinition(
            name: "step-\(number)", work: .handler(random.element(of: handlers)))
        if random.chance(0.2) { step.isCompensated = false }
        if random.chance(0.7) {
            step.retry = RetryPolicy(
                maxAttempts: UInt32(1 + random.index(below: 5)),
                initial: .milliseconds(random.index(below: 500)), max: .seconds(5))
        }
        if random.chance(0.5) {
            step.timeouts = StepTimeouts(startToClose: .seconds(1 + random.index(below: 20)))
        }
        step.compensationRetry = RetryPolicy(initial: .milliseconds(50), max: .seconds(4))
        return step
    }

    /// Clients, and what each of them wants: a definition, then sagas, some by a key that was used
    /// before.
    static func clients(
        _ definitions: [SagaDefinition], _ random: inout SimulationRandom
    ) -> [SimulatedClient] {
        (0..<1 + random.index(below: 4)).map { client in
            var wishes: [SimulatedClient.Work] = definitions.indices.map { .register($0) }
            var keys: [(key: String, definition: String)] = []
            for number in 0..<2 + random.index(below: 14) {
                if !keys.isEmpty, random.chance(0.15) {
                    let again = random.element(of: keys)
                    wishes.append(.start(key: again.key, definition: again.definition))
                    continue
                }
                let definition = random.element(of: definitions).name
                let key = "c\(client)-\(number)"
                keys.append((key, definition))
                wishes.append(.start(key: key, definition: definition))
            }
            return SimulatedClient(wishes: wishes.reversed())
        }
    }

    /// Small limits, so that they are met.
    static func limits(_ random: inout SimulationRandom) -> Limits {
        var limits = Limits()
        limits.payloadBytes = 2_000
        limits.messageBytes = 16 << 10
        limits.sessionSlots = 30
        limits.segmentBytes = 4096 * (3 + random.index(below: 8))
        limits.batchBytes = 500 << random.index(below: 4)
        limits.inboxInputs = 2 << random.index(below: 8)
        limits.timersPerTurn = 1 + random.index(below: 8)
        limits.sessionHeartbeat = .milliseconds(500 << random.index(below: 4))
        limits.sessionGrace = .seconds(1 + random.index(below: 15))
        limits.cancelGrace = .seconds(1 + random.index(below: 30))
        limits.longestAwait = .seconds(1 + random.index(below: 60))
        return limits
    }
}
