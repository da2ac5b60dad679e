internal import ArgumentParser
internal import SagaSystem

/// `sagabench engine`: what the engine alone does, and what a saga costs it in memory.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine",
        abstract: "Runs sagas through the engine alone, without journal and sockets.",
        discussion: """
            First starts sagas that have run one step and wait for a timer, and sees what memory
            one takes. Then keeps sagas of plain steps under way, each started with a call that
            waits for its result, on one thread; an input is a start or a participant's result.

            EXAMPLES
              sagabench engine
              sagabench engine --live 1000000 --json
              perf stat -e instructions:u sagabench engine --sagas 1000000

            EXIT STATUS
              0   every saga ended as it should
              64  wrong flags
            """)

    @Option(help: "How many sagas are under way at a time.")
    var concurrency = 256

    @Option(help: "For how long inputs are counted, in seconds.")
    var duration = 5.0

    @Option(help: "How many sagas to run, in place of a time.")
    var sagas: Int?

    @Option(help: "How many steps a saga has.")
    var steps = 3

    @Option(help: "The size of the input and of each output, in bytes.")
    var payload = 200

    @Option(help: "How many other sagas live meanwhile, each waiting for a timer.")
    var live = 100_000

    @Flag(help: "One JSON object instead of the table.")
    var json = false

    func validate() throws {
        let rules: [(Bool, String)] = [
            ((1...100_000).contains(concurrency), "--concurrency is 1 to 100000"),
            (duration > 0, "--duration is more than 0"),
            (sagas ?? 1 >= 1, "--sagas is at least 1"),
            ((1...1_000).contains(steps), "--steps is 1 to 1000"),
            ((0...1 << 20).contains(payload), "--payload is 0 to 1048576"),
            ((0...10_000_000).contains(live), "--live is 0 to 10000000"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() throws {
        let settings = EngineLoad<BareEngine>.Settings(
            concurrency: concurrency, steps: steps, payloadBytes: payload, live: live)
        var load = EngineLoad(settings, BareEngine(EngineLoad<BareEngine>.limits(settings)))
        try load.prepare()
        let before = try ResourceUse.ofThisProcess().anonymousBytes
        try load.startWaiting()
        let waiting = try ResourceUse.ofThisProcess().anonymousBytes
        load.begin()
        let (inputs, ended) = (load.stepped, load.completed)
        let used = try ResourceUse.ofThisProcess().processorMicroseconds
        let began = MonotonicInstant.now()
        let limit = Int64(duration * 1_000_000)
        while sagas.map({ load.completed - ended < $0 })
            ?? (MonotonicInstant.now().microseconds(since: began) < limit)
        {
            for _ in 0..<16 { try load.turn() }
        }
        let microseconds = MonotonicInstant.now().microseconds(since: began)
        let report = EngineReport(
            inputs: load.stepped - inputs, sagas: load.completed - ended,
            microseconds: microseconds,
            processorMicroseconds: try ResourceUse.ofThisProcess().processorMicroseconds - used,
            live: live, liveBytes: waiting - before)
        StandardStream.output.write(json ? report.json : report.table)
    }
}

/// What a run of `sagabench engine` measured.
struct EngineReport {
    let inputs: Int
    let sagas: Int
    let microseconds: Int64
    let processorMicroseconds: Int64
    let live: Int
    let liveBytes: Int

    private var seconds: Double { Double(microseconds) / 1_000_000 }
    private var inputsPerSecond: Int { Int(Double(inputs) / max(seconds, 0.000_001)) }
    private var sagasPerSecond: Int { Int(Double(sagas) / max(seconds, 0.000_001)) }
    private var bytesPerLiveSaga: Int { live > 0 ? liveBytes / live : 0 }

    /// In hundredths, since a saga costs a few microseconds.
    private var perSaga: Double {
        (Double(processorMicroseconds) / Double(max(1, sagas)) * 100).rounded() / 100
    }

    /// For people.
    var table: String {
        """
        inputs       \(inputsPerSecond) a second
        sagas        \(sagasPerSecond) a second
        CPU          \(perSaga) us a saga
        live sagas   \(live), \(bytesPerLiveSaga) bytes each

        """
    }

    /// For programs; the names are part of the interface.
    var json: String {
        let fields: [(String, String)] = [
            ("inputs", "\(inputs)"), ("sagas", "\(sagas)"),
            ("seconds", "\((seconds * 1000).rounded() / 1000)"),
            ("inputsPerSecond", "\(inputsPerSecond)"), ("sagasPerSecond", "\(sagasPerSecond)"),
            ("CPUMicrosecondsPerSaga", "\(perSaga)"), ("live", "\(live)"),
            ("bytesPerLiveSaga", "\(bytesPerLiveSaga)"),
        ]
        return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}\n"
    }
}
