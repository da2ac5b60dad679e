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
                let summaries = try fold.summarize(records)
                try #require(summaries.count == 1)
                Self.expect(summaries[0], toBe: whole, "seed \(seed), \(saga.facts.id)")
                states.insert(saga.state)
            }
        }
        #expect(states == [.completed, .compensated, .abandoned])
    }

    /// What is found by a summary is what the whole saga shows.
    private static func expect(
        _ summary: SagaSummary, toBe whole: SagaStatus, _ comment: Comment
    ) {
        let tasks = whole.steps.flatMap { [$0.action, $0.compensation].compactMap(\.self) }
        var codes = Set(tasks.compactMap { $0.lastFailure?.code })
        if let failure = whole.failure { codes.insert(failure.failure.code) }
        if let failure = whole.compensationFailure { codes.insert(failure.failure.code) }
        #expect(Set(summary.failureCodes) == codes, comment)
        var instances = Set(tasks.map(\.instance))
        for task in tasks { instances.formUnion(task.history.map(\.instance)) }
        instances.remove("")
        #expect(Set(summary.instances) == instances, comment)
        let handlers = whole.steps.filter { $0.more.childVersion == nil }.map(\.handler)
        #expect(summary.handlers == handlers, comment)
        let labels = Dictionary(uniqueKeysWithValues: summary.labels.map { ($0.name, $0.value) })
        #expect(labels == whole.labels, comment)
        #expect(summary.id == whole.id && summary.namespace == whole.namespace, comment)
        #expect(summary.definition.name == whole.definition, comment)
        #expect(summary.definition.version == whole.version, comment)
        #expect(summary.key == (whole.keyIsRandom ? "" : whole.key), comment)
        #expect(summary.state == whole.state && summary.startedAt == whole.startedAt, comment)
        #expect(summary.endedAt == whole.endedAt && summary.parent == whole.more.parent?.saga)
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
