internal import ArgumentParser
internal import SagaSimulator
internal import SagaSystem

/// `sagasim run`: many worlds, one after the other.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs worlds by the numbers of their seeds.")

    @Option(help: ArgumentHelp("The first seed.", valueName: "n"))
    var firstSeed: UInt64 = 1

    @Option(help: ArgumentHelp("How many seeds, one world each.", valueName: "n"))
    var seeds: UInt64 = 1_000

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds is 0; at least 1") }
        guard !firstSeed.addingReportingOverflow(seeds).overflow else {
            throw ValidationError("--first-seed and --seeds go beyond \(UInt64.max)")
        }
    }

    func run() throws {
        let begin = MonotonicInstant.now()
        var summary = RunSummary()
        for seed in firstSeed..<firstSeed + seeds {
            let report = Simulation.run(seed: seed)
            summary.add(report)
            guard !report.violations.isEmpty else { continue }
            for violation in report.violations {
                StandardStream.error.write("seed \(seed): \(violation)\n")
            }
            StandardStream.error.write("  again: sagasim replay \(seed) --trace\n")
        }
        summary.microseconds = MonotonicInstant.now().microseconds(since: begin)
        for cell in summary.missing { StandardStream.error.write("never met: \(cell)\n") }
        StandardStream.output.write(json ? summary.json : summary.text)
        if !summary.failingSeeds.isEmpty || !summary.missing.isEmpty { throw ExitCode.failure }
    }
}

/// What came of many worlds.
struct RunSummary {
    var seeds = 0
    var events = 0
    var sagas = 0
    var crashes = 0
    var violations = 0
    var failingSeeds: [UInt64] = []
    var microseconds: Int64 = 1
    var coverage = Coverage()

    /// Fewer worlds need not meet everything.
    private static let coveringSeeds = 1_000

    /// What so many worlds must have met and have not.
    var missing: [String] {
        guard seeds >= Self.coveringSeeds else { return [] }
        return coverage.missing.map { "\($0.event) x \($0.state)" }
    }

    mutating func add(_ report: SimulationReport) {
        seeds += 1
        events += report.events
        sagas += report.sagas
        crashes += report.crashes
        violations += report.violations.count
        coverage.add(report.coverage)
        if !report.violations.isEmpty { failingSeeds.append(report.seed) }
    }

    private var eventsPerSecond: Int { Int(Double(events) / Double(microseconds) * 1_000_000) }

    var text: String {
        """
        \(seeds) seeds, \(events) events (\(eventsPerSecond) a second), \(sagas) sagas, \
        \(crashes) crashes of the coordinator
        \(violations == 0 ? "no violation" : "\(violations) violations, seeds: \(failingSeeds)")

        """
    }

    var json: String {
        let seedList = failingSeeds.map(String.init).joined(separator: ",")
        return """
            {"seeds":\(seeds),"events":\(events),"eventsPerSecond":\(eventsPerSecond),\
            "sagas":\(sagas),"crashes":\(crashes),"violations":\(violations),\
            "failingSeeds":[\(seedList)]}

            """
    }
}
