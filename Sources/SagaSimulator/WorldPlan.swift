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
                handlers: handlers[place], slots: 1 + random.index(below: 4),
                undoes: [0, 1, 4].contains(place) || random.chance(0.7))
        }
    }

    /// Clients, and what each of them wants: a definition, then sagas, some by a key that was used
    /// before.
    static func clients(
        _ definitions: [SagaDefinition], _ random: inout SimulationRandom
    ) -> [SimulatedClient] {
        (0..<1 + random.index(below: 4)).map { client in
            var wishes: [SimulatedClient.Work] = definitions.indices.map { .register($0) }
            var keys: [SimulatedClient.Start] = []
            for number in 0..<2 + random.index(below: 14) {
                if !keys.isEmpty, random.chance(0.2) {
                    var again = random.element(of: keys)
                    again.replaces = random.chance(0.4)
                    wishes.append(.start(again))
                    continue
                }
                var start = SimulatedClient.Start(
                    key: "c\(client)-\(number)",
                    definition: random.element(of: definitions).name, startAt: startAt(&random),
                    isInline: random.chance(0.1))
                start.keyIsRandom = random.chance(0.1)
                if !start.keyIsRandom { keys.append(start) }
                wishes.append(.start(start))
            }
            return SimulatedClient(wishes: wishes.reversed())
        }
    }

    /// When a saga that is not to start at once starts, in microseconds of the world.
    private static func startAt(_ random: inout SimulationRandom) -> Int64? {
        random.chance(0.18) ? random.span(1_000...60_000_000) : nil
    }

    /// In half of the worlds that nobody watches, little is kept of the journal; so that what a
    /// watcher is to see is never freed. It draws from numbers of its own.
    static func free(_ limits: inout Limits, world seed: UInt64) {
        var random = SimulationRandom(world: seed ^ 0xF4EE)
        guard !SimulatedWatcher.watches(seed), random.chance(0.5) else { return }
        limits.eventsBytes = limits.segmentBytes * random.index(below: 4)
        limits.liveShare = 0
        limits.eventsRetention = .seconds(1 + random.index(below: 60))
        limits.longestStatementReach = UInt64(4 << random.index(below: 6))
        limits.restatedBytes = 500 << random.index(below: 6)
    }

    /// Small limits, so that they are met.
    static func limits(_ random: inout SimulationRandom) -> Limits {
        var limits = Limits()
        limits.payloadBytes = 2_000
        limits.messageBytes = 16 << 10
        limits.sessionSlots = 30
        limits.segmentBytes = 4096 * (3 + random.index(below: 6))
        limits.batchBytes = 500 << random.index(below: 4)
        limits.inboxInputs = 2 << random.index(below: 8)
        limits.timersPerTurn = 1 + random.index(below: 8)
        limits.sessionHeartbeat = .milliseconds(500 << random.index(below: 4))
        limits.sessionGrace = .seconds(1 + random.index(below: 15))
        limits.attentionAfter = limits.sessionGrace * 2
        limits.cancelGrace = .milliseconds(50 << random.index(below: 9))
        limits.longestAwait = .seconds(1 + random.index(below: 60))
        return limits
    }
}
