internal import ArgumentParser
internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

/// `sagabench journal`: how fast records are made durable, and how fast they are replayed.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Appends records to a journal, and replays the journal of real sagas.",
        discussion: """
            Appends records of one size in full batches, each written and synced for real. Then
            runs sagas of plain steps through the engine, its driver and a journal, and replays
            that journal several times as a start of the daemon does: read from the disk,
            checked, decoded and applied by an engine. The median is told.

            EXAMPLES
              sagabench journal --directory /var/tmp
              sagabench journal --sagas 1000000 --json

            EXIT STATUS
              0   done
              64  wrong flags
            """)

    @Option(help: "For how long records are appended, in seconds.")
    var duration = 3.0

    @Option(help: "The size of the payload of each appended record, in bytes.")
    var record = 300

    @Option(help: "How many sagas are run for the replay.")
    var sagas = 300_000

    @Option(help: "How many steps a saga has.")
    var steps = 3

    @Option(help: "The size of the input and of each output, in bytes.")
    var payload = 200

    @Option(help: "How often the journal is replayed.")
    var replays = 5

    @Option(
        help: ArgumentHelp(
            "Where the journals are made, and removed afterwards; the disk that is measured.",
            valueName: "dir"))
    var directory = "."

    @Flag(help: "One JSON object instead of the table.")
    var json = false

    func validate() throws {
        let rules: [(Bool, String)] = [
            (duration > 0, "--duration is more than 0"),
            ((0...1 << 20).contains(record), "--record is 0 to 1048576"),
            ((1...10_000_000).contains(sagas), "--sagas is 1 to 10000000"),
            ((1...1_000).contains(steps), "--steps is 1 to 1000"),
            ((0...1 << 20).contains(payload), "--payload is 0 to 1048576"),
            ((1...1_000).contains(replays), "--replays is 1 to 1000"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() throws {
        var report = JournalReport(recordBytes: record, sagas: sagas)
        do {
            let work = try WorkDirectory(in: directory)
            report.fdatasyncMicroseconds = try SyncProbe.medianMicroseconds(in: work.path)
            try append(in: work.data, &report)
        }
        let work = try WorkDirectory(in: directory)
        try runSagas(in: work.data, &report)
        var times: [Int64] = []
        for _ in 0..<replays {
            times.append(try ReplayTrial.run(work.data, Limits()).took.microseconds)
        }
        report.replayMicroseconds = times.sorted()[times.count / 2]
        StandardStream.output.write(json ? report.json : report.table)
    }

    private func append(in data: String, _ report: inout JournalReport) throws {
        var journal = try Journal.open(
            FileStorage(directory: data), BenchmarkedJournal.settings
        ) { _, _ in }
        var batch = FrameBatch()
        let payload = [UInt8](repeating: 7, count: record)
        var position = journal.lastPosition
        let began = MonotonicInstant.now()
        let limit = Int64(duration * 1_000_000)
        while MonotonicInstant.now().microseconds(since: began) < limit {
            while !batch.isFull {
                position = position.next
                batch.append(
                    type: RecordType(rawValue: RecordType.firstOfRecords), at: position,
                    saga: .none, continues: false
                ) { $0.append(contentsOf: payload) }
            }
            _ = try journal.commit(&batch)
        }
        report.appendMicroseconds = MonotonicInstant.now().microseconds(since: began)
        report.appended = journal.statistics.records
        report.fdatasyncs = journal.statistics.dataSyncs
    }

    private func runSagas(in data: String, _ report: inout JournalReport) throws {
        let settings = EngineLoad<JournaledEngine>.Settings(
            concurrency: min(sagas, 1_000), steps: steps, payloadBytes: payload, live: 0)
        var load = EngineLoad(
            settings, try JournaledEngine(data, EngineLoad<JournaledEngine>.limits(settings)))
        try load.prepare()
        let (records, bytes) = (load.world.records, load.world.bytes)
        load.begin()
        while load.completed < sagas { try load.turn() }
        report.sagas = load.completed
        report.records = load.world.records - records
        report.bytes = load.world.bytes - bytes
        try load.world.end()
    }
}

/// What a run of `sagabench journal` measured.
struct JournalReport {
    var recordBytes: Int
    var fdatasyncMicroseconds: Int64 = 0
    var appended = 0
    var appendMicroseconds: Int64 = 1
    var fdatasyncs = 0
    var sagas: Int
    var records = 0
    var bytes = 0
    var replayMicroseconds: Int64 = 1

    init(recordBytes: Int, sagas: Int) {
        self.recordBytes = recordBytes
        self.sagas = sagas
    }

    private func rate(_ count: Int, _ microseconds: Int64) -> Double {
        Double(count) / Double(max(1, microseconds)) * 1_000_000
    }

    private var bytesPerRecord: Double { Double(bytes) / Double(max(1, records)) }
    private var bytesPerSaga: Double { Double(bytes) / Double(max(1, sagas)) }

    /// For people.
    var table: String {
        let appendedPerSecond = rate(appended, appendMicroseconds).rounded(to: 0)
        let replayedPerSecond = rate(records, replayMicroseconds).rounded(to: 0)
        return ReportFormat.table([
            ("appended", "\(appendedPerSecond) records of \(recordBytes) bytes a second"),
            ("fdatasync", "\(fdatasyncs) for \(appended) records"),
            ("fdatasync of 4 KiB", "\(fdatasyncMicroseconds) us here"),
            ("replayed", "\(replayedPerSecond) records a second, of \(records)"),
            ("record", "\(bytesPerRecord.rounded(to: 0)) bytes with its frame"),
            ("saga", "\(bytesPerSaga.rounded(to: 0)) bytes"),
        ])
    }

    /// For programs; the names are part of the interface.
    var json: String {
        ReportFormat.json([
            ("appendedRecordsPerSecond", rate(appended, appendMicroseconds).rounded(to: 0)),
            ("replayedRecordsPerSecond", rate(records, replayMicroseconds).rounded(to: 0)),
            ("bytesPerRecord", bytesPerRecord.rounded(to: 1)),
            ("fdatasyncs", "\(fdatasyncs)"), ("appendedRecords", "\(appended)"),
            ("fdatasyncMicroseconds", "\(fdatasyncMicroseconds)"),
            ("replayedRecords", "\(records)"), ("sagas", "\(sagas)"),
            ("bytesPerSaga", bytesPerSaga.rounded(to: 1)),
        ])
    }
}
