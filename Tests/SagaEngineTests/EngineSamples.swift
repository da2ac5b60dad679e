import SagaModel

@testable import SagaEngine

/// Small values for tests of the engine's parts.
enum EngineSamples {
    static func definition() -> ResolvedDefinition {
        let steps = ["one", "two", "three"].map { name in
            StepDefinition(name: name, work: .handler("h.\(name)"))
        }
        let written = SagaDefinition(name: "order", version: 1, steps: steps)
        return ResolvedDefinition(
            DefinitionRegistered(
                namespace: "default", written: written, filled: DefinitionDefaults.fill(written),
                digest: Digest256(1, 2, 3, 4), principal: Script.principal,
                at: Instant(microseconds: 0)), position: JournalPosition(1))
    }

    static func saga(start: UInt64) -> SagaInstance {
        let record = SagaStarted(
            id: SagaID(high: start, low: start), definition: JournalPosition(1), key: "",
            keyIsRandom: false, keyHash: nil, input: .empty, labels: [], traceContext: [],
            principal: Script.principal, at: Instant(microseconds: 0), opened: [])
        let definition = definition()
        return SagaInstance(
            SagaFacts(record, at: JournalPosition(start), definition: definition),
            DefinitionTable.Registered(definition, queues: [nil, nil, nil]))
    }
}
