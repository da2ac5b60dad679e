import SagaModel
import Testing

@testable import SagaEngine

/// A saga folded from its own records alone is what replaying the whole journal gives.
struct SagaFoldTests {
    @Test("Random sagas of many seeds, in every end that there is")
    func asReplayed() throws {
        var states: Set<SagaState> = []
        for seed in UInt64(1)...40 {
            let world = RandomTests.run(seed)
            var limits = EngineLimits.small
            limits.endedKept = 1_000
            var replayed = Engine(limits: limits)
            var fold = SagaFold(limits: limits)
            var families: [JournalPosition: [SagaFold.Item]] = [:]
            for record in world.rig.records {
                try replayed.replay(record.record, at: record.position, saga: record.saga)
                if case .definitionRegistered(let stored) = record.record {
                    fold.register(stored, at: record.position)
                }
                guard record.saga != .none else { continue }
                families[record.saga, default: []].append(
                    SagaFold.Item(
                        record: record.record, position: record.position, saga: record.saga,
                        epoch: replayed.lastEpoch))
            }
            let all = SagaView(output: true, steps: true, history: true, payloads: true)
            for saga in replayed.order.kept where saga.state.isEnded {
                let records = try #require(families[saga.facts.start])
                let folded = try fold.fold(records, observedAt: replayed.stamp)
                let whole = replayed.status(of: saga, all)
                try #require(folded.map(\.status) == [whole], "seed \(seed), \(saga.facts.id)")
                states.insert(saga.state)
            }
        }
        #expect(states == [.completed, .compensated, .abandoned])
    }

    @Test("Records that do not fit say where")
    func misfit() throws {
        let world = RandomTests.run(3)
        var fold = SagaFold(limits: EngineLimits.small)
        let start = try #require(world.rig.records.first { $0.record.isStart })
        let items = world.rig.records.filter { $0.saga == start.saga }.dropFirst().map {
            SagaFold.Item(
                record: $0.record, position: $0.position, saga: $0.saga, epoch: Epoch(1))
        }
        #expect(throws: ReplayFailure.self) {
            _ = try fold.fold(Array(items), observedAt: Instant(microseconds: 0))
        }
    }
}
