internal import Histogram

/// What a run of `sagabench transport` measured.
struct TransportReport {
    let failed: Int
    private let connections: Int
    private let inFlight: Int
    private let payload: Int
    private let calls: Int
    private let seconds: Double
    private let latencies: Histogram<UInt64>
    private let clientMicroseconds: Int64
    private let serverMicroseconds: Int64

    init(
        _ command: TransportCommand, calls: Int, failed: Int, seconds: Double,
        latencies: Histogram<UInt64>, clientMicroseconds: Int64, serverMicroseconds: Int64
    ) {
        connections = command.connections
        inFlight = command.inFlight
        payload = command.payload
        self.calls = calls
        self.failed = failed
        self.seconds = seconds
        self.latencies = latencies
        self.clientMicroseconds = clientMicroseconds
        self.serverMicroseconds = serverMicroseconds
    }

    private var callsPerSecond: Int { Int(Double(calls) / seconds) }

    /// In hundredths, since a call costs a few microseconds.
    private func perCall(_ microseconds: Int64) -> Double {
        (Double(microseconds) / Double(max(1, calls)) * 100).rounded() / 100
    }

    /// For people.
    var table: String {
        let p = { (percentile: Double) in self.latencies.valueAtPercentile(percentile) }
        return """
            connections  \(connections), each with \(inFlight) calls of \(payload) bytes in flight
            calls        \(callsPerSecond) calls/s
            latency      p50 \(p(50)) us, p99 \(p(99)) us, p99.9 \(p(99.9)) us, \
            max \(latencies.max) us
            client       \(perCall(clientMicroseconds)) us of CPU a call
            server       \(perCall(serverMicroseconds)) us of CPU a call
            failed       \(failed)

            """
    }

    /// For programs; the names are part of the interface.
    var json: String {
        let p = { (percentile: Double) in self.latencies.valueAtPercentile(percentile) }
        let latency =
            "{\"p50\": \(p(50)), \"p99\": \(p(99)), \"p999\": \(p(99.9)), "
            + "\"max\": \(latencies.max)}"
        let fields: [(String, String)] = [
            ("connections", "\(connections)"), ("inFlight", "\(inFlight)"),
            ("payload", "\(payload)"), ("calls", "\(calls)"), ("failed", "\(failed)"),
            ("seconds", "\((seconds * 1000).rounded() / 1000)"),
            ("callsPerSecond", "\(callsPerSecond)"), ("latencyMicroseconds", latency),
            ("clientCPUMicrosecondsPerCall", "\(perCall(clientMicroseconds))"),
            ("serverCPUMicrosecondsPerCall", "\(perCall(serverMicroseconds))"),
        ]
        return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}\n"
    }
}
