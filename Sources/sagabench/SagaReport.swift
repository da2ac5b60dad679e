/// What a run measured.
struct SagaReport {
    var concurrency: Int
    /// How many sagas were to be started a second; nil in the closed loop.
    var rate: Double?
    /// How much longer each sync took, in microseconds.
    var fdatasyncDelay: Int
    var sagas: Int
    var seconds: Double
    var completed: Int
    var compensated: Int
    var stepsRun: Int
    var p50: UInt64
    var p99: UInt64
    var p999: UInt64
    var max: UInt64
    var coordinatorMicroseconds: Double
    var coordinatorPeakBytes: Int
    var fdatasyncs: UInt64
    var journalBytesPerSaga: Double
    var fdatasyncMicroseconds: Int64
    var lost: Int
    var violations: Int

    var completedPerSecond: Double { Double(completed) / seconds }
    var compensatedPerSecond: Double { Double(compensated) / seconds }
    private var fdatasyncsPerSaga: Double { Double(fdatasyncs) / Double(Swift.max(1, sagas)) }

    /// For people.
    var table: String {
        let rows: [(String, String)] = [
            rate.map { ("rate", "\($0.rounded(to: 1)) sagas/s") }
                ?? ("concurrency", "\(concurrency)"),
            ("completed", "\(completedPerSecond.rounded(to: 0)) sagas/s"),
            ("compensated", "\(compensatedPerSecond.rounded(to: 0)) sagas/s"),
            ("latency", "p50 \(p50) us, p99 \(p99) us, p99.9 \(p999) us, max \(max) us"),
            ("coordinator", "\(coordinatorMicroseconds.rounded(to: 1)) us of CPU a saga"),
            ("coordinator memory", "\(coordinatorPeakBytes >> 20) MiB at most"),
            ("fdatasync", "\(fdatasyncs), \(fdatasyncsPerSaga.rounded(to: 3)) a saga"),
            ("fdatasync of 4 KiB", "\(fdatasyncMicroseconds) us here"),
            ("journal", "\(journalBytesPerSaga.rounded(to: 0)) bytes a saga"),
            ("steps run", "\(stepsRun)"),
            ("lost", "\(lost)"),
            ("violations", "\(violations)"),
        ]
        return ReportFormat.table(rows)
    }

    /// For programs; the names are part of the interface.
    var json: String {
        let latency =
            "{\"p50\": \(p50), \"p99\": \(p99), \"p999\": \(p999), \"max\": \(max)}"
        let fields: [(String, String)] = [
            rate.map { ("rate", $0.rounded(to: 1)) } ?? ("concurrency", "\(concurrency)"),
            ("fdatasyncDelayMicroseconds", "\(fdatasyncDelay)"), ("sagas", "\(sagas)"),
            ("seconds", "\(seconds.rounded(to: 3))"),
            ("completedPerSecond", "\(completedPerSecond.rounded(to: 1))"),
            ("compensatedPerSecond", "\(compensatedPerSecond.rounded(to: 1))"),
            ("stepsRun", "\(stepsRun)"), ("latencyMicroseconds", latency),
            ("coordinatorCPUMicrosecondsPerSaga", "\(coordinatorMicroseconds.rounded(to: 2))"),
            ("coordinatorPeakRSSBytes", "\(coordinatorPeakBytes)"), ("fdatasyncs", "\(fdatasyncs)"),
            ("fdatasyncMicroseconds", "\(fdatasyncMicroseconds)"),
            ("journalBytesPerSaga", "\(journalBytesPerSaga.rounded(to: 1))"), ("lost", "\(lost)"),
            ("violations", "\(violations)"),
        ]
        return ReportFormat.json(fields)
    }
}
