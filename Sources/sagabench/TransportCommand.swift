internal import ArgumentParser
internal import SagaSystem

/// `sagabench transport`: unary calls through the client's channel.
struct TransportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport",
        abstract: "Makes calls to an echo server of its own, and counts the answers.",
        discussion: """
            Starts this program again as the server, with one event loop, and keeps a number of
            unary calls in flight on each connection from one event loop (closed loop). Checks
            that every answer is what was sent.

            EXAMPLES
              sagabench transport
              sagabench transport --in-flight 1 --payload 0 --json
              sagabench transport --tasks

            EXIT STATUS
              0   every call was answered with what it sent
              1   calls failed
              64  wrong flags
              69  the server does not start
            """)

    @Option(help: "How many connections there are.")
    var connections = 1

    @Option(help: "How many calls are in flight on each connection.")
    var inFlight = 50

    @Option(help: "For how long calls are counted, in seconds, after the warm-up.")
    var duration = 5.0

    @Option(help: "For how long before that nothing is counted, in seconds.")
    var warmup = 1.0

    @Option(help: "The size of each message, in bytes.")
    var payload = 100

    @Flag(help: "Calls are made by tasks, one for each call in flight, not on the event loop.")
    var tasks = false

    @Flag(help: "One JSON object instead of the table.")
    var json = false

    @Option(help: ArgumentHelp("Serve, and write the address into this file.", visibility: .hidden))
    var serve: String?

    func validate() throws {
        let rules: [(Bool, String)] = [
            (connections >= 1, "--connections is at least 1"),
            ((1...1_000).contains(inFlight), "--in-flight is 1 to 1000"),
            (duration > 0, "--duration is more than 0"),
            (warmup >= 0, "--warmup is at least 0"),
            ((0...1 << 20).contains(payload), "--payload is 0 to 1048576"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() async throws {
        if let serve {
            try await EchoServer.run(addressFile: serve)
            return
        }
        let server: EchoProcess
        do {
            server = try EchoProcess.start()
        } catch {
            StandardStream.error.write("sagabench: the echo server does not start: \(error)\n")
            throw ExitCode(69)
        }
        defer { server.stop() }
        let report = try await TransportBenchmark(self, server).run()
        StandardStream.output.write(json ? report.json : report.table)
        guard report.failed == 0 else { throw ExitCode(1) }
    }
}
