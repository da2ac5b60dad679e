import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// What doctor finds, check by check.
@Suite struct DoctorTests {
    static func healthy() -> Examination {
        var status = TableDrawingTests.status
        for _ in 0..<100 { status.journal.syncTimes.count(31) }
        status.journal.space = SpaceStatus(level: .ample, freeBytes: 6 << 30, failure: "")
        status.journal.bytes = 64 << 20
        var archive = ArchiveStatus()
        archive.state = .open
        archive.sagas = 12
        archive.bytes = 1 << 20
        status.archive = archive
        return Examination(
            status: status,
            participants: ParticipantList(
                handlers: [TableDrawingTests.handlers[0]], instances: [],
                observedAt: status.engine.observedAt),
            attention: SagaCounts(
                counts: [:], total: 0, observedAt: status.engine.observedAt),
            ownVersion: "0.1.0", asked: status.engine.observedAt,
            answered: status.engine.observedAt, way: CoordinatorWay(address: "127.0.0.1:7242"))
    }

    private static func found(
        _ change: (inout Examination) -> Void, _ check: String
    ) -> [Finding] {
        var examination = healthy()
        change(&examination)
        return examination.findings.filter { $0.check == check }
    }

    @Test func whereAllIsWellAllIsOk() {
        let findings = Self.healthy().findings
        #expect(findings.allSatisfy { $0.level == .ok && $0.remedy.isEmpty }, "\(findings)")
        #expect(
            findings.map(\.check) == [
                "disk", "space", "journal", "archive", "clock", "certificates", "versions",
                "files", "start", "participants", "sagas",
            ])
    }

    struct Case: CustomTestStringConvertible {
        let check: String
        let level: Finding.Level
        let text: String
        let change: @Sendable (inout Examination) -> Void
        var testDescription: String { "\(check): \(text)" }

        init(
            _ check: String, _ level: Finding.Level, _ text: String,
            _ change: @escaping @Sendable (inout Examination) -> Void
        ) {
            self.check = check
            self.level = level
            self.text = text
            self.change = change
        }
    }

    static let cases: [Case] = [
        Case("disk", .ok, "no fdatasync yet") { $0.status.journal.syncTimes = Log2Histogram() },
        Case("disk", .warn, "p99") { examination in
            for _ in 0..<10 { examination.status.journal.syncTimes.count(30_000) }
        },
        Case("disk", .fail, "p99") { examination in
            for _ in 0..<10 { examination.status.journal.syncTimes.count(400_000) }
        },
        Case("space", .warn, "512.0 MiB free") { $0.status.journal.space.freeBytes = 512 << 20 },
        Case("space", .fail, "nothing is started") { $0.status.journal.space.level = .low },
        Case("space", .fail, "the disk is full") { $0.status.journal.space.level = .reserve },
        Case("journal", .fail, "no segment can be made: ENOSPC") {
            $0.status.journal.space.failure = "ENOSPC"
        },
        Case("journal", .warn, "cannot be freed: EIO") {
            $0.status.journal.freeingFailure = "EIO"
        },
        Case("archive", .ok, "--no-archive") { $0.status.archive = nil },
        Case("archive", .fail, "cannot be used: EIO") {
            $0.status.archive?.state = .failed
            $0.status.archive?.failure = "EIO"
        },
        Case("archive", .warn, "is being opened") { $0.status.archive?.state = .opening },
        Case("archive", .warn, "2,000,000 records behind") {
            $0.status.archive?.lagRecords = 2_000_000
        },
        Case("archive", .warn, "7 sagas missing") { $0.status.archive?.missed = 7 },
        Case("archive", .warn, "was set aside: a.damaged") {
            $0.status.archive?.setAside = "a.damaged"
        },
        Case("clock", .ok, "no difference") { $0.asked = $0.asked + .seconds(-1) },
        Case("clock", .warn, "5 s behind") {
            $0.asked = $0.asked + .seconds(5)
            $0.answered = $0.asked
        },
        Case("clock", .fail, "2m 00s ahead of") {
            $0.asked = $0.asked + .seconds(-120)
            $0.answered = $0.asked
        },
        Case("certificates", .warn, "in the clear") { $0.way.address = "10.0.3.1:7242" },
        Case("certificates", .ok, "in order") { $0.way.isSecure = true },
        Case("certificates", .warn, "ends in 3 days") {
            $0.way.certificateNotes = ["me.pem ends in 3 days"]
        },
        Case("versions", .warn, "sagad 0.1.0, sagactl 0.2.0") { $0.ownVersion = "0.2.0" },
        Case("files", .fail, "950 of 1,000 open files") {
            $0.status.process.openFiles = 950
            $0.status.process.fileLimit = 1_000
        },
        Case("start", .warn, "512 B of a torn tail were cut off") {
            $0.status.recovery.tornBytes = 512
            $0.status.recovery.tornFile = "x.torn"
        },
        Case("participants", .fail, "payments.charge: none attached, 1,214 tasks wait") {
            $0.participants.handlers = TableDrawingTests.handlers
        },
        Case("participants", .warn, "inventory.reserve: all 200 slots taken, 9 tasks wait") {
            $0.participants.handlers[0].freeSlots = 0
            $0.participants.handlers[0].queued = 9
            $0.participants.handlers[0].oldestQueuedAt =
                $0.participants.observedAt + .seconds(-61)
        },
        Case("participants", .ok, "1 handler, 0 instances") {
            $0.participants.handlers[0].freeSlots = 0
            $0.participants.handlers[0].queued = 9
            $0.participants.handlers[0].oldestQueuedAt = $0.participants.observedAt
        },
        Case("sagas", .warn, "3 sagas need a person") { $0.attention.total = 3 },
        Case("quarantine", .fail, "1 saga cannot be replayed: the one at position 9") {
            $0.status.engine.quarantinedCount = 1
            $0.status.engine.quarantined = [
                QuarantinedSaga(id: nil, position: JournalPosition(9), message: "m")
            ]
        },
        Case("epoch_behind", .fail, "has met a later life of this journal (18)") {
            $0.status.engine.epochBehind = [
                EpochBehind(
                    participant: ParticipantName(
                        namespace: "default", name: "pay", instance: "p-1"), met: Epoch(18),
                    askedAt: Fixture.start)
            ]
        },
        Case("orphans", .fail, "1 task that nobody will wake") { $0.status.engine.orphans = 1 },
    ]

    @Test(arguments: cases) func everyCheck(_ row: Case) throws {
        let findings = Self.found(row.change, row.check)
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.level == row.level)
        #expect(finding.text.contains(row.text), "\(finding)")
        #expect(finding.remedy.isEmpty == (row.level == .ok || finding.text.contains("opened")))
    }

    private func perform(
        _ line: [String], _ coordinator: FakeCoordinator, _ paper: Paper
    ) async throws -> Complaint.Exit {
        let verb = try #require(try Sagactl.parseAsRoot(line) as? any sagactl.Verb)
        return try await verb.perform(coordinator, paper.screen(isJSON: verb.global.json))
    }

    @Test func failuresDecideTheExit() async throws {
        let (paper, json) = (Paper(), Paper())
        let coordinator = FakeCoordinator { $0.participants.handlers = TableDrawingTests.handlers }
        #expect(try await perform(["doctor"], coordinator, paper) == .no)
        let line = paper.output.split(separator: "\n").first { $0.hasPrefix("fail  participants") }
        #expect(
            line?.hasSuffix("the oldest for 0 ms: start the service that offers it") == true,
            "\(paper.output)")
        #expect(try await perform(["doctor", "--json"], coordinator, json) == .no)
        #expect(json.output.contains(#"{"level":"fail","check":"participants","text":"payments"#))
        #expect(json.output.contains(#"{"level":"ok","check":"start""#))
    }
}
