import SagaJournal
import SagaModel
import SagaSystem
import Testing

@testable import SagaSimulator

/// The parts of worlds that judge, each seen to say no.
@Suite struct PartTests {
    /// States of the generator that are a multiple of its step apart give the same numbers, shifted:
    /// thousands of seeds would be variations of a few worlds.
    @Test("Worlds of neighbouring seeds have no number in common")
    func neighbours() {
        var seen: [UInt64: UInt64] = [:]
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SimulationRandom(world: seed)
            for _ in 0..<100 {
                let number = random.next()
                #expect(seen[number] == nil, "\(seed) and \(seen[number] ?? 0)")
                seen[number] = seed
            }
        }
    }

    private let key = Business.StepKey(
        saga: SagaID(high: 1, low: 2), step: "one")

    @Test("Money that moves twice, or after it moved back, is noticed")
    func ledger() {
        var twice = Ledger()
        twice.apply(key)
        #expect(twice.fault == nil)
        #expect(twice.customer == -Ledger.amount(key))
        #expect(twice.services == Ledger.amount(key))
        twice.apply(key)
        #expect(twice.fault?.contains("twice") == true)

        var late = Ledger()
        late.revert(key)
        #expect(late.customer == 0)
        late.apply(key)
        #expect(late.fault?.contains("after its undo") == true)
    }

    @Test("An undo gives the money back, once")
    func revert() {
        var ledger = Ledger()
        ledger.apply(key)
        ledger.revert(key)
        ledger.revert(key)
        #expect(ledger.customer == 0)
        #expect(ledger.services == 0)
        #expect(!ledger.isThere(key))
        #expect(ledger.fault == nil)
    }

    @Test("A power cut strikes at the operation that is meant, and nothing works after it")
    func powerCut() {
        let trouble = DiskTrouble(.powerCut, .directorySync, after: 1, .noDevice)
        #expect(trouble.fault(.write, "a", 0) == nil)
        #expect(trouble.fault(.sync, "a", 1) == nil)
        #expect(trouble.fault(.sync, ".", 2) == nil)
        #expect(!trouble.hasStruck)
        #expect(trouble.fault(.sync, ".", 3) == .noDevice)
        #expect(trouble.hasCutPower)
        #expect(trouble.fault(.write, "a", 4) == .noDevice)
    }

    @Test("An error strikes once")
    func diskError() {
        let trouble = DiskTrouble(.error, .operation(.syncData), after: 0, .inputOutput)
        #expect(trouble.fault(.syncData, "a", 0) == .inputOutput)
        #expect(trouble.hasStruck)
        #expect(!trouble.hasCutPower)
        #expect(trouble.fault(.syncData, "a", 1) == nil)
    }
}
