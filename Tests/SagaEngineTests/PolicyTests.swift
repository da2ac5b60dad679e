import SagaModel
import Testing

@testable import SagaEngine

struct PolicyTests {
    private static func retry(
        _ initial: Int64, _ multiplier: Double, _ max: Int64, jitter: Double = 0
    ) -> ResolvedRetry {
        var step = StepDefinition(name: "one", work: .handler("h.one"))
        step.retry = RetryPolicy(
            initial: .milliseconds(initial), multiplier: multiplier, max: .milliseconds(max),
            jitter: jitter)
        let written = SagaDefinition(name: "order", version: 1, steps: [step])
        return ResolvedDefinition(
            DefinitionRegistered(
                namespace: "default", written: written, filled: DefinitionDefaults.fill(written),
                digest: Digest256(1, 2, 3, 4), principal: Script.principal,
                at: Instant(microseconds: 0)), position: JournalPosition(1)
        ).steps[0].retry
    }

    @Test func backoffGrowsToItsLimit() {
        let rows: [(ResolvedRetry, failures: UInt32, draw: Double, milliseconds: Int64)] = [
            (Self.retry(200, 2, 30_000), 1, 0.5, 200),
            (Self.retry(200, 2, 30_000), 2, 0.5, 400),
            (Self.retry(200, 2, 30_000), 8, 0.5, 25_600),
            (Self.retry(200, 2, 30_000), 9, 0.5, 30_000),
            (Self.retry(200, 2, 30_000), .max, 0.5, 30_000),
            (Self.retry(200, 1, 30_000), .max, 0.5, 200),
            (Self.retry(0, 2, 30_000), .max, 0.5, 0),
            (Self.retry(500, 2, 100), 1, 0.5, 100),
            (Self.retry(1_000, 2, 30_000, jitter: 0.2), 1, 0, 800),
            (Self.retry(1_000, 2, 30_000, jitter: 0.2), 1, 0.5, 1_000),
            (Self.retry(1_000, 2, 30_000, jitter: 0.2), 1, 0.75, 1_100),
        ]
        for row in rows {
            let wait = row.0.backoff(failures: row.failures, draw: row.draw)
            #expect(wait == .milliseconds(row.milliseconds), "\(row.0), \(row.failures)")
        }
    }

    @Test func randomnessIsSplitMix64() {
        var random = Randomness(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        let units = (0..<1_000).map { _ in random.nextUnit() }
        #expect(units.allSatisfy { 0 <= $0 && $0 < 1 })
        #expect((units.min() ?? 1) < 0.05 && (units.max() ?? 0) > 0.95)
    }

    @Test func sagasMoveByTheTable() {
        let table: [SagaState: Set<SagaState>] = [
            .pending: [.running, .compensated, .abandoned],
            .running: [.completed, .compensating, .failed, .abandoned],
            .compensating: [.compensated, .failed, .abandoned],
            .failed: [.running, .compensating, .abandoned],
            .completed: [.compensating], .compensated: [], .abandoned: [],
        ]
        for state in SagaState.allCases {
            let next = Set(SagaState.allCases.filter { state.mayBecome($0) })
            #expect(next == table[state], "\(state)")
        }
    }

    @Test func stepsMoveByTheTable() {
        let current: Set<StepState> = [
            .scheduled, .running, .succeeded, .failed, .skipped, .pending,
        ]
        let table: [StepState: Set<StepState>] = [
            .pending: [.scheduled, .skipped, .failed], .scheduled: current, .running: current,
            .succeeded: [.compensating, .compensated],
            .failed: [.scheduled, .skipped, .compensating, .compensated],
            .skipped: [.compensating, .compensated],
            .compensating: [.compensating, .compensated, .compensationFailed],
            .compensationFailed: [.compensating, .compensated], .compensated: [],
        ]
        for state in StepState.allCases {
            let next = Set(StepState.allCases.filter { state.mayBecome($0) })
            #expect(next == table[state], "\(state)")
        }
    }
}
