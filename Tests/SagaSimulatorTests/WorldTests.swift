import SagaSimulator
import Testing

@Suite struct WorldTests {
    /// A debug build runs some worlds, never the same ones; `sagasim run` runs thousands.
    @Test("Worlds keep every promise")
    func worldsKeepEveryPromise() {
        let first = UInt64.random(in: 1...1_000_000_000)
        print("worldsKeepEveryPromise: seeds from \(first) on")
        var sagas = 0
        var crashes = 0
        var watched = 0
        for seed in first..<first + 60 {
            let report = Simulation.run(seed: seed)
            #expect(report.violations.isEmpty, "sagasim replay \(seed) --trace")
            sagas += report.sagas
            crashes += report.crashes
            watched += report.watched
        }
        // A world in which nothing happens keeps every promise too.
        #expect(sagas > 100)
        #expect(crashes > 20)
        #expect(watched > 500)
    }

    @Test("The same seed is the same world", arguments: [1, 7, 4_711] as [UInt64])
    func sameSeed(_ seed: UInt64) {
        var lines: [String] = []
        let first = Simulation.run(seed: seed) { lines.append($0) }
        let second = Simulation.run(seed: seed)
        #expect(first == second)
        #expect(!lines.isEmpty)
        #expect(Simulation.run(seed: seed + 1).traceHash != first.traceHash)
    }

    @Test("Worlds that met nothing are not enough")
    func coverage() {
        let empty = Coverage()
        #expect(empty.missing == Coverage.required)
        #expect(Coverage.required.count > 100)
        var whole = empty
        for seed in 1...20 as ClosedRange<UInt64> {
            whole.add(Simulation.run(seed: seed).coverage)
        }
        #expect(whole.missing.count < Coverage.required.count)
    }
}
