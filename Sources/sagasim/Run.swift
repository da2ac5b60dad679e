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

    @Flag(help: "Print how often what met what, on stderr.")
    var coverage = false

    @Option(
        help: ArgumentHelp(
            "A file of seeds that run first, one a line, with what each once found.",
            valueName: "file"))
    var regressions: String?

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds is 0; at least 1") }
        guard !firstSeed.addingReportingOverflow(seeds).overflow else {
            throw ValidationError("--first-seed and --seeds go beyond \(UInt64.max)")
        }
    }

    func run() throws {
        let begin = MonotonicInstant.now()
        var summary = RunSummary()
        for seed in try regressions.map(Self.seeds) ?? [] { run(seed, &summary) }
        for seed in firstSeed..<firstSeed + seeds { run(seed, &summary) }
        summary.microseconds = MonotonicInstant.now().microseconds(since: begin)
        if coverage { StandardStream.error.write(summary.cells) }
        for cell in summary.missing { StandardStream.error.write("never met: \(cell)\n") }
        StandardStream.output.write(json ? summary.json : summary.text)
        if !summary.failingSeeds.isEmpty || !summary.missing.isEmpty { throw ExitCode.failure }
    }

    private func run(_ seed: UInt64, _ summary: inout RunSummary) {
        let report = Simulation.run(seed: seed)
        summary.add(report)
        guard !report.violations.isEmpty else { return }
        for violation in report.violations {
            StandardStream.error.write("seed \(seed): \(violation)\n")
        }
        StandardStream.error.write("  again: sagasim replay \(seed) --trace\n")
    }

    /// The seeds of a file: the first word of each line, but for those that begin with `#`.
    private static func seeds(of file: String) throws -> [UInt64] {
        let text = String(decoding: try WholeFile.read(file, limit: 1 << 20), as: UTF8.self)
        return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let word = line.prefix { $0 != " " && $0 != "\t" }
            guard let seed = UInt64(word) else {
                throw ValidationError("\(file): \"\(word)\" is no seed")
            }
            return seed
        }
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
    /// Over the traces of all worlds: the same in every process that runs the same seeds.
    var traceHash: UInt64 = 0

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
        traceHash = (traceHash ^ report.traceHash) &* 0x9E37_79B9_7F4A_7C15
        if !report.violations.isEmpty { failingSeeds.append(report.seed) }
    }

    var cells: String {
        let sorted = coverage.counts.sorted { $0.key < $1.key }
        return sorted.map { "\($1)\t\($0.event) x \($0.state)\n" }.joined()
    }

    private var eventsPerSecond: Int { Int(Double(events) / Double(microseconds) * 1_000_000) }

    var text: String {
        """
        \(seeds) seeds, \(events) events (\(eventsPerSecond) a second), \(sagas) sagas, \
        \(crashes) crashes of the coordinator, trace \(String(traceHash, radix: 16))
        \(violations == 0 ? "no violation" : "\(violations) violations, seeds: \(failingSeeds)")

        """
    }

    var json: String {
        let seedList = failingSeeds.map(String.init).joined(separator: ",")
        return """
            {"seeds":\(seeds),"events":\(events),"eventsPerSecond":\(eventsPerSecond),\
            "sagas":\(sagas),"crashes":\(crashes),"violations":\(violations),\
            "failingSeeds":[\(seedList)],"trace":"\(String(traceHash, radix: 16))"}

            """
    }
}
