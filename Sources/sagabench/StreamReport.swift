/// What a run of `sagabench transport --streams` measured.
struct StreamReport {
    private let order: StreamOrder
    private let streams: Int
    private let up: Double
    private let down: Double
    private let serverMicrosecondsPerGibibyte: Double
    private let serverGrowthBytes: Int

    /// `up` and `down` are the seconds that each stream took.
    init(
        order: StreamOrder, up: [Double], down: [Double], serverMicroseconds: Int64,
        serverGrowthBytes: Int
    ) {
        self.order = order
        streams = up.count
        let gibibytes = Double(order.bytes) / Double(1 << 30)
        self.up = gibibytes / Self.median(up)
        self.down = gibibytes / Self.median(down)
        serverMicrosecondsPerGibibyte =
            Double(serverMicroseconds) / (gibibytes * Double(up.count + down.count))
        self.serverGrowthBytes = serverGrowthBytes
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// For people.
    var table: String {
        ReportFormat.table([
            (
                "streams",
                "\(streams) each way, of \(order.bytes >> 20) MiB in messages of "
                    + "\(order.messageBytes) bytes"
            ),
            ("to the server", "\(up.rounded(to: 2)) GiB/s"),
            ("from the server", "\(down.rounded(to: 2)) GiB/s"),
            (
                "server", "\((serverMicrosecondsPerGibibyte / 1000).rounded(to: 0)) ms of CPU a GiB"
            ),
            ("server memory", "\(ReportFormat.bytes(serverGrowthBytes)) above its start, at most"),
        ])
    }

    /// For programs; the names are part of the interface.
    var json: String {
        ReportFormat.json([
            ("streams", "\(streams)"), ("streamBytes", "\(order.bytes)"),
            ("payload", "\(order.messageBytes)"),
            ("upGibibytesPerSecond", "\(up.rounded(to: 3))"),
            ("downGibibytesPerSecond", "\(down.rounded(to: 3))"),
            (
                "serverCPUMicrosecondsPerGibibyte",
                "\(serverMicrosecondsPerGibibyte.rounded(to: 0))"
            ),
            ("serverPeakGrowthBytes", "\(serverGrowthBytes)"),
        ])
    }
}
