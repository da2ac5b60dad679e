internal import ArgumentParser
internal import SagaSystem

/// `sagabench saga`: whole sagas, from their start to their result.
struct SagaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "saga",
        abstract: "Runs sagas through a daemon of its own, and counts what completes.",
        discussion: """
            Starts sagad as a process of its own over a new directory, participants and a load
            generator through the SDK in this process, and keeps a number of sagas under way
            (closed loop), or starts them at a rate, whatever has become of those before (open
            loop: a latency counts from when the start was due, so that no stall is hidden).
            Every fdatasync is real; one may be made slower, as that of another disk is. Checks
            that every saga ran every step once.

            EXAMPLES
              sagabench saga --concurrency 256 --duration 20
              sagabench saga --concurrency 1 --duration 10 --json
              sagabench saga --failure-share 0.2 --payload 1000
              sagabench saga --rate 5000
              sagabench saga --concurrency 4096 --fdatasync-delay 10000

            EXIT STATUS
              0   every saga ended, every step ran once, undone in reverse order
              1   sagas were lost or a step ran wrongly
              64  wrong flags
              69  sagad does not start
            """)

    @Option(help: "How many sagas are under way at a time.")
    var concurrency = 256

    @Option(help: "How many sagas are started in a second, in place of a concurrency.")
    var rate: Double?

    @Option(help: "How much longer each fdatasync of the daemon takes, in microseconds.")
    var fdatasyncDelay = 0

    @Option(help: "For how long sagas are started, in seconds, after the warm-up.")
    var duration = 20.0

    @Option(help: "For how long before that nothing is counted, in seconds.")
    var warmup = 2.0

    @Option(help: "How many steps a saga has.")
    var steps = 3

    @Option(help: "The size of the input and of each output, in bytes.")
    var payload = 200

    @Option(help: "The share of sagas whose last step says no, 0 to 1: they are undone.")
    var failureShare = 0.0

    @Option(help: "How many instances of the participant serve the steps.")
    var participants = 2

    @Option(help: "How many other sagas live meanwhile, waiting for nobody.")
    var live = 0

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
            (concurrency >= 1, "--concurrency is at least 1"),
            (rate.map { $0 > 0 && $0 <= 1_000_000 } ?? true, "--rate is over 0, to 1000000"),
            ((0...10_000_000).contains(fdatasyncDelay), "--fdatasync-delay is 0 to 10000000"),
            (duration > 0, "--duration is more than 0"),
            (warmup >= 0, "--warmup is at least 0"),
            ((1...1_000).contains(steps), "--steps is 1 to 1000"),
            ((LoadOrder.leastBytes...1 << 20).contains(payload), "--payload is 9 to 1048576"),
            ((0...1).contains(failureShare), "--failure-share is 0 to 1"),
            (participants >= 1, "--participants is at least 1"),
            (live >= 0, "--live is at least 0"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() async throws {
        let report = try await SagaBenchmark(self).run()
        StandardStream.output.write(json ? report.json : report.table)
        guard report.lost == 0, report.violations == 0 else { throw ExitCode(1) }
    }
}
