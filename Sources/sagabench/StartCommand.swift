internal import ArgumentParser
internal import SagaProcesses
internal import SagaSystem

/// `sagabench start`: how long a daemon takes until it serves.
struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Times the start of a daemon over a journal with live sagas.",
        discussion: """
            Makes a journal of sagas that have run one step and wait for a timer, then starts
            sagad over it several times, killed each time as soon as it serves. The median of
            the times from the start of the process to its ready file is told.

            EXAMPLES
              sagabench start --live 100000
              sagabench start --live 1000000 --directory /var/tmp --json

            EXIT STATUS
              0   done
              64  wrong flags
              69  sagad does not start
            """)

    @Option(help: "How many sagas live.")
    var live = 100_000

    @Option(help: "The size of the input and of each output, in bytes.")
    var payload = 200

    @Option(help: "How often the daemon is started.")
    var starts = 3

    @Flag(help: "Runs the daemon without its archive.")
    var noArchive = false

    @Option(help: ArgumentHelp("The daemon; beside this program if not given.", valueName: "path"))
    var sagad: String?

    @Option(
        help: ArgumentHelp(
            "Where the data directory is made, and removed afterwards; the disk that is measured.",
            valueName: "dir"))
    var directory = "."

    @Flag(help: "One JSON object instead of the table.")
    var json = false

    func validate() throws {
        let rules: [(Bool, String)] = [
            ((0...10_000_000).contains(live), "--live is 0 to 10000000"),
            ((0...1 << 20).contains(payload), "--payload is 0 to 1048576"),
            ((1...100).contains(starts), "--starts is 1 to 100"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() throws {
        let work = try WorkDirectory(in: directory)
        let (records, bytes) = try prepare(in: work.data)
        // What the preparation took goes back before the daemon is measured beside it.
        ThisProcess.returnFreeMemory()
        var times: [Int64] = []
        var resident = 0
        for _ in 0..<starts {
            let began = MonotonicInstant.now()
            let daemon = try CoordinatorProcess.start(
                CoordinatorProcess.Configuration(
                    program: sagad ?? ThisProcess.sibling("sagad"), dataDirectory: work.data,
                    flags: ["--log-level", "warning", "--allow-volatile"]
                        + (noArchive ? ["--no-archive"] : [])), limit: 600_000_000)
            times.append(MonotonicInstant.now().microseconds(since: began))
            resident = max(
                resident, try ResourceUse.of(process: daemon.identifier).peakResidentBytes)
            try daemon.kill()
        }
        let seconds = Double(times.sorted()[times.count / 2]) / 1_000_000
        let rate = (Double(records) / max(seconds, 0.000_001)).rounded(to: 0)
        StandardStream.output.write(
            json
                ? ReportFormat.json([
                    ("live", "\(live)"), ("records", "\(records)"), ("journalBytes", "\(bytes)"),
                    ("seconds", seconds.rounded(to: 3)), ("recordsPerSecond", rate),
                    ("peakRSSBytes", "\(resident)"),
                ])
                : ReportFormat.table([
                    ("live sagas", "\(live)"),
                    ("journal", "\(records) records, \(ReportFormat.bytes(bytes))"),
                    ("until it serves", "\(seconds.rounded(to: 3)) s, \(rate) records/s"),
                    ("memory", "\(ReportFormat.bytes(resident)) at most"),
                ]))
    }

    private func prepare(in data: String) throws -> (records: Int, bytes: Int) {
        let settings = EngineLoad<JournaledEngine>.Settings(
            concurrency: max(1, min(live, 1_000)), steps: 3, payloadBytes: payload, live: live)
        var load = EngineLoad(
            settings, try JournaledEngine(data, EngineLoad<JournaledEngine>.limits(settings)))
        try load.prepare()
        try load.startWaiting()
        try load.world.end()
        return (load.world.records, load.world.bytes)
    }
}
