internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `sagasim bugs`: whether each planted bug is found.
struct Bugs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plants each known bug and counts the seeds until a world finds it.",
        discussion: """
            Needs a build of its own: SAGA_PLANTED_BUGS=1 swift build -c release --scratch-path \
            .build-bugs --product sagasim. Each bug is a row: its name, a tab, and how many seeds \
            it took; what was broken goes to stderr. Exit status 1 when a bug was not found.
            """)

    @Option(help: ArgumentHelp("How many seeds to try for each bug.", valueName: "n"))
    var seeds: UInt64 = 2_000

    @Option(
        help: ArgumentHelp("Only this bug; may be given more than once.", valueName: "name"))
    var only: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard PlantedBug.areCompiledIn else {
            throw ValidationError("this build has no bugs; build it with SAGA_PLANTED_BUGS=1")
        }
        for name in only where PlantedBug(name: name) == nil {
            let names = PlantedBug.allCases.map(\.name).joined(separator: ", ")
            throw ValidationError("--only is one of \(names), not \(name)")
        }
    }

    func run() throws {
        var findings: [BugFinding] = []
        for bug in PlantedBug.allCases where only.isEmpty || only.contains(bug.name) {
            let finding = try find(bug)
            findings.append(finding)
            if json { continue }
            StandardStream.output.write(finding.row)
            StandardStream.error.write(finding.explanation)
        }
        if json {
            let list = findings.map(\.json).joined(separator: ",")
            StandardStream.output.write("{\"bugs\":[\(list)]}\n")
        }
        if findings.contains(where: { $0.violation == nil }) { throw ExitCode.failure }
    }

    private func find(_ bug: PlantedBug) throws -> BugFinding {
        if bug == .iteratesSet { return try findDifference(bug) }
        // A bug may trap, which is a way of being found too.
        let hunt = try OtherProcess.run(["hunt", bug.name, "--seeds", "\(max(seeds, 1))"])
        let lines = hunt.text.split(separator: "\n")
        guard let last = lines.last(where: { $0.hasPrefix("seed ") }),
            let seed = UInt64(last.dropFirst("seed ".count))
        else { throw ValidationError("the hunt for \(bug.name) says \"\(hunt.text)\"") }
        var violation = lines.first { $0.hasPrefix("violated: ") }.map(String.init)
        if violation == nil, hunt.status != .exited(0) { violation = "\(hunt.status)" }
        return BugFinding(bug: bug, seeds: seed, violation: violation)
    }

    /// Only another process shows what depends on the process.
    private func findDifference(_ bug: PlantedBug) throws -> BugFinding {
        for seed in 1...max(seeds, 1) {
            let first = try OtherProcess.replay(seed, bug)
            let second = try OtherProcess.replay(seed, bug)
            if first != second {
                return BugFinding(bug: bug, seeds: seed, violation: "two processes differ")
            }
        }
        return BugFinding(bug: bug, seeds: seeds, violation: nil)
    }
}

/// What became of one bug.
struct BugFinding {
    let bug: PlantedBug
    /// How many seeds were tried.
    let seeds: UInt64
    /// What was broken; nil if nobody noticed.
    let violation: String?

    /// A row of the table.
    var row: String { "\(bug.name)\t\(violation == nil ? "NOT FOUND" : "\(seeds)")\n" }

    var explanation: String {
        violation.map { "  \($0.prefix(300))\n" } ?? "  not found in \(seeds) seeds\n"
    }

    var json: String {
        """
        {"name":"\(bug.name)","found":\(violation != nil),"seeds":\(seeds)}
        """
    }
}
