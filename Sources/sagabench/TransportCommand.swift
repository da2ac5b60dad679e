internal import ArgumentParser
internal import SagaRPC
internal import SagaSystem
internal import SagaTransport

/// `sagabench transport`: calls and streams through the client's channel, and idle connections.
struct TransportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport",
        abstract: "Measures calls, streams and idle connections to an echo server of its own.",
        discussion: """
            Starts this program again as the server, with one event loop, and keeps a
            number of unary calls in flight on each connection from one event loop
            (closed loop). Checks that every answer is what was sent.

            With --streams it sends one large stream after the other to the server
            and back. With --idle-connections it opens connections that say nothing,
            makes one call on each, and tells what memory they take in the server.
            --tls makes a certificate with the program openssl.

            EXAMPLES
              sagabench transport
              sagabench transport --in-flight 1 --payload 0 --json
              sagabench transport --calls 1000000
              sagabench transport --tls --tasks
              sagabench transport --streams
              sagabench transport --idle-connections 10000

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

    @Option(help: "For how long calls or streams are counted, in seconds, after the warm-up.")
    var duration = 5.0

    @Option(help: "How many calls are counted at least, instead of for a time.")
    var calls: Int?

    @Option(help: "For how long before that nothing is counted, in seconds.")
    var warmup = 1.0

    @Option(help: "The size of each message, in bytes (default: 100, in streams 65536).")
    var payload: Int?

    @Flag(help: "Every connection is secure.")
    var tls = false

    @Flag(help: "Streams are measured, not calls.")
    var streams = false

    @Option(help: "The size of each stream, in MiB.")
    var streamMebibytes = 100

    @Option(help: "Memory is measured, of so many connections.")
    var idleConnections: Int?

    @Flag(help: "Calls are made by tasks, one for each call in flight, not on the event loop.")
    var tasks = false

    @Flag(help: "One JSON object instead of the table.")
    var json = false

    @Option(help: ArgumentHelp("Serve, and write the address into this file.", visibility: .hidden))
    var serve: String?

    @Option(help: ArgumentHelp("Serve with this certificate.", visibility: .hidden))
    var serveCertificate: String?

    @Option(help: ArgumentHelp("Its key.", visibility: .hidden))
    var serveKey: String?

    /// The size of each message, in bytes.
    var messageBytes: Int { payload ?? (streams ? 64 << 10 : 100) }

    /// What a channel of one connection is made with.
    static var client: ClientSettings {
        ClientSettings(
            rpc: RPCSettings(programName: "sagabench", programVersion: "1"), maxConnections: 1)
    }

    func validate() throws {
        let rules: [(Bool, String)] = [
            (connections >= 1, "--connections is at least 1"),
            ((1...1_000).contains(inFlight), "--in-flight is 1 to 1000"),
            (duration > 0, "--duration is more than 0"),
            (calls.map { $0 > 0 } ?? true, "--calls is at least 1"),
            (warmup >= 0, "--warmup is at least 0"),
            (
                ((streams ? 1 : 0)...1 << 20).contains(messageBytes),
                "--payload is 0 to 1048576, in streams at least 1"
            ),
            ((1...1 << 20).contains(streamMebibytes), "--stream-mebibytes is 1 to 1048576"),
            (
                idleConnections.map { (1...19_000).contains($0) } ?? true,
                "--idle-connections is 1 to 19000"
            ),
            (!streams || idleConnections == nil, "--streams goes without --idle-connections"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() async throws {
        if let serve {
            var certificate: EchoCertificate?
            if let serveCertificate, let serveKey {
                certificate = EchoCertificate(
                    certificateFile: serveCertificate, keyFile: serveKey)
            }
            try await EchoServer.run(addressFile: serve, certificate)
            return
        }
        let server: EchoProcess
        do {
            server = try EchoProcess.start(isSecure: tls)
        } catch {
            StandardStream.error.write("sagabench: the echo server does not start: \(error)\n")
            throw ExitCode(69)
        }
        defer { server.stop() }
        if streams {
            let report = try await StreamBenchmark(self, server).run()
            StandardStream.output.write(json ? report.json : report.table)
        } else if let idleConnections {
            let report = try await IdleBenchmark(idleConnections, server).run()
            StandardStream.output.write(json ? report.json : report.table)
        } else {
            let report = try await TransportBenchmark(self, server).run()
            StandardStream.output.write(json ? report.json : report.table)
            guard report.failed == 0 else { throw ExitCode(1) }
        }
    }
}
