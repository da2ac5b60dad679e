internal import ArgumentParser
internal import SagaArchive
internal import SagaCoordinator
internal import SagaModel
internal import SagaSystem

/// `sagabench archive`: how fast ended sagas are archived, and how fast they are found.
struct ArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Writes ended sagas into an archive, and lists them by filters.",
        discussion: """
            Writes sagas of several definitions, states, labels and participants in batches as
            the daemon does, and then asks for a page by each of several filters, from the
            newest to what a narrow filter finds far back; each page in a process cache as warm
            as the ones before have left it, and the slowest of several is told.

            EXAMPLES
              sagabench archive
              sagabench archive --sagas 10000000 --directory /var/tmp

            EXIT STATUS
              0   done
              64  wrong flags
            """)

    @Option(help: "How many sagas to write.")
    var sagas = 1_000_000

    @Option(help: "How many sagas a batch holds.")
    var batch = 2_500

    @Option(help: "The bytes of the records of one saga.")
    var records = 1_200

    @Option(help: "Where to put the archive; it is removed at the end.")
    var directory = "/tmp"

    func validate() throws {
        let rules: [(Bool, String)] = [
            ((1...100_000_000).contains(sagas), "--sagas is 1 to 100000000"),
            ((1...100_000).contains(batch), "--batch is 1 to 100000"),
            ((1...1 << 20).contains(records), "--records is 1 to 1048576"),
        ]
        for (holds, rule) in rules where !holds { throw ValidationError(rule) }
    }

    func run() throws {
        let work = try WorkDirectory(in: directory)
        let archive = SQLiteArchive(
            path: work.path + "/archive.sqlite", retention: .seconds(365 * 86_400))
        _ = try archive.open(
            ArchivedJournal(
                lineage: SagaID(high: 1, low: 1), durable: JournalPosition(1 << 50),
                oldest: JournalPosition(1), mayHold: { _ in true }))
        try write(to: archive)
        try read(from: archive)
        archive.close()
    }

    private func write(to archive: SQLiteArchive) throws {
        var made = MadeSagas(recordBytes: records)
        var (took, processor): (Int64, Int64) = (0, 0)
        var written = 0
        while written < sagas {
            let count = min(batch, sagas - written)
            var next = ArchiveBatch()
            for _ in 0..<count { next.families.append(made.next()) }
            next.committed = made.position
            next.freeable = made.position
            let used = try ResourceUse.ofThisProcess().processorMicroseconds
            let began = MonotonicInstant.now()
            try archive.commit(next)
            took += MonotonicInstant.now().microseconds(since: began)
            processor += try ResourceUse.ofThisProcess().processorMicroseconds - used
            written += count
        }
        let summary = try archive.summary()
        StandardStream.output.write(
            ReportFormat.table([
                ("sagas written", "\(written)"),
                ("sagas/s", (Double(written) / Double(took) * 1_000_000).rounded(to: 0)),
                ("CPU us per saga", (Double(processor) / Double(written)).rounded(to: 1)),
                ("bytes per saga", "\(Int(summary.bytes) / max(1, written))"),
            ]))
    }

    private func read(from archive: SQLiteArchive) throws {
        var rows: [(String, String)] = []
        for (name, filter) in MadeSagas.filters {
            var request = ListRequest(filter, pageSize: 100)
            var times: [Int64] = []
            var found = 0
            for _ in 0..<20 {
                let began = MonotonicInstant.now()
                let page = try archive.list(request)
                times.append(MonotonicInstant.now().microseconds(since: began))
                found += page.rows.count
                guard let next = page.next else { break }
                request.cursor = next
            }
            times.sort()
            rows.append(
                (
                    "page: \(name)",
                    "\((Double(times[times.count / 2]) / 1_000).rounded(to: 1)) ms, slowest "
                        + "\((Double(times[times.count - 1]) / 1_000).rounded(to: 1)) ms of "
                        + "\(times.count), \(found) rows"
                ))
        }
        for group in [SagaGroup.state, .definition] {
            let began = MonotonicInstant.now()
            let counts = try archive.count(
                CountRequest(SagaFilter(namespace: "default"), by: group))
            let took = Double(MonotonicInstant.now().microseconds(since: began)) / 1_000
            rows.append(
                ("count by \(group)", "\(took.rounded(to: 1)) ms, \(counts.total) sagas"))
        }
        StandardStream.output.write(ReportFormat.table(rows))
    }
}

/// Ended sagas that are made up.
private struct MadeSagas {
    private(set) var position = JournalPosition.none
    private var number: UInt64 = 0
    private let recordBytes: Int

    init(recordBytes: Int) { self.recordBytes = recordBytes }

    mutating func next() -> ArchivedFamily {
        number += 1
        position = JournalPosition(number * 8)
        let started = Instant(microseconds: Int64(number) * 100)
        let isUndone = number % 50 == 0
        var status = SagaStatus(
            id: SagaID(high: number << 12, low: number), namespace: "default",
            definition: ["order", "transfer", "mail"][Int(number % 3)],
            version: UInt32(1 + number / 3 % 4), key: "ORD-\(number &* 7_919 % 1_000_003_000)",
            keyIsRandom: false, state: isUndone ? .compensated : .completed, attention: [],
            startedAt: started, endedAt: started + .milliseconds(20), observedAt: started,
            principal: Principal(name: "web", isVerified: false),
            labels: ["customer": "c-\(number &* 2_654_435_761 % 1_000_003)"], steps: [],
            failure: nil, compensationFailure: nil, input: .empty, output: nil)
        if number % 100_000 == 0 { status.state = .abandoned }
        var saga = ArchivedSaga(status, start: position)
        if isUndone { saga.failureCodes = [number % 2_000 == 0 ? "no-carrier" : "declined"] }
        saga.instances = ["payments/p-\(number % 3)", "inventory/i-\(number % 2)", "shipping/s-1"]
        saga.handlers = ["payments.charge", "inventory.reserve", "shipping.book"]
        var bytes = [UInt8](repeating: 0, count: recordBytes)
        // A third of it differs from saga to saga.
        var state = number
        for index in stride(from: 0, to: recordBytes, by: 3) {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            bytes[index] = UInt8(truncatingIfNeeded: state >> 40)
        }
        return ArchivedFamily(sagas: [saga], records: bytes, retention: nil)
    }

    static var filters: [(String, SagaFilter)] {
        let all = SagaFilter(namespace: "default")
        func filter(_ change: (inout SagaFilter) -> Void) -> SagaFilter {
            var filter = all
            change(&filter)
            return filter
        }
        return [
            ("all", all),
            (
                "definition and version",
                filter {
                    $0.definition = "order"; $0.version = 2
                }
            ),
            ("one label", filter { $0.labels = [Label(name: "customer", value: "c-77")] }),
            ("one key", filter { $0.key = "ORD-7919" }),
            (
                "abandoned, of a definition",
                filter {
                    $0.states = [.abandoned]
                    $0.definition = "mail"
                }
            ),
            (
                "failure code, participant",
                filter {
                    $0.failureCode = "no-carrier"
                    $0.participant = .init(name: "payments", instance: "p-2")
                }
            ),
            (
                "ended within ten seconds, long ago",
                filter {
                    $0.ended = InstantRange(
                        from: Instant(microseconds: 30_000_000),
                        to: Instant(microseconds: 40_000_000))
                }
            ),
            (
                "started before, undone",
                filter {
                    $0.states = [.compensated]
                    $0.started = InstantRange(to: Instant(microseconds: 50_000_000))
                }
            ),
            (
                "completed with a failure (none)",
                filter {
                    $0.states = [.completed]
                    $0.failureCode = "declined"
                }
            ),
        ]
    }
}
