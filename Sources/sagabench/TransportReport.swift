internal import Histogram

/// What a run of `sagabench transport` measured.
struct TransportReport {
    private let command: TransportCommand
    private let load: EchoLoad
    private let seconds: Double
    private let clientMicroseconds: Int64
    private let serverMicroseconds: Int64
    private let serverGrowthBytes: Int

    init(
        _ command: TransportCommand, _ load: EchoLoad, seconds: Double,
        clientMicroseconds: Int64, serverMicroseconds: Int64, serverGrowthBytes: Int
    ) {
        self.command = command
        self.load = load
        self.seconds = seconds
        self.clientMicroseconds = clientMicroseconds
        self.serverMicroseconds = serverMicroseconds
        self.serverGrowthBytes = serverGrowthBytes
    }

    var failed: Int { load.failed }
    private var callsPerSecond: Int { Int(Double(load.answered) / seconds) }

    /// In hundredths, since a call costs a few microseconds.
    private func perCall(_ microseconds: Int64) -> String {
        (Double(microseconds) / Double(max(1, load.answered))).rounded(to: 2)
    }

    /// For people.
    var table: String {
        let p = { (percentile: Double) in load.latencies.valueAtPercentile(percentile) }
        return ReportFormat.table([
            (
                "connections",
                "\(command.connections)\(command.tls ? " through TLS" : ""), each with "
                    + "\(command.inFlight) calls of \(command.messageBytes) bytes in flight"
            ),
            ("calls", "\(callsPerSecond) calls/s, \(load.answered) in all"),
            (
                "latency",
                "p50 \(p(50)) us, p99 \(p(99)) us, p99.9 \(p(99.9)) us, "
                    + "max \(load.latencies.max) us"
            ),
            ("client", "\(perCall(clientMicroseconds)) us of CPU a call"),
            ("server", "\(perCall(serverMicroseconds)) us of CPU a call"),
            ("server memory", "\(ReportFormat.bytes(serverGrowthBytes)) more than before"),
            ("failed", "\(load.failed)"),
        ])
    }

    /// For programs; the names are part of the interface.
    var json: String {
        let p = { (percentile: Double) in load.latencies.valueAtPercentile(percentile) }
        let latency =
            "{\"p50\": \(p(50)), \"p99\": \(p(99)), \"p999\": \(p(99.9)), "
            + "\"max\": \(load.latencies.max)}"
        return ReportFormat.json([
            ("connections", "\(command.connections)"), ("tls", "\(command.tls)"),
            ("inFlight", "\(command.inFlight)"), ("payload", "\(command.messageBytes)"),
            ("calls", "\(load.answered)"), ("failed", "\(load.failed)"),
            ("seconds", seconds.rounded(to: 3)), ("callsPerSecond", "\(callsPerSecond)"),
            ("latencyMicroseconds", latency),
            ("clientCPUMicrosecondsPerCall", perCall(clientMicroseconds)),
            ("serverCPUMicrosecondsPerCall", perCall(serverMicroseconds)),
            ("serverGrowthBytes", "\(serverGrowthBytes)"),
        ])
    }
}
