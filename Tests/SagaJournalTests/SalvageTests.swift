import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// What is whole of a damaged journal, in a new one.
@Suite struct SalvageTests {
    /// Groups of one and of three records over several segments, with a MARK now and then.
    private static func source() throws -> (storage: MemoryStorage, records: [TestRecord]) {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            for number in 0..<24 {
                try journal.commit([
                    [payload(number, 700)],
                    [payload(number, 300), payload(number, 20), payload(number, 900)],
                ])
                if number % 5 == 4 { try journal.mark() }
            }
            try journal.mark()
        }
        return (storage, try withJournal(storage).records)
    }

    private struct Salvaged {
        var report: JournalSalvage
        var records: [TestRecord] = []
        var lost: [UInt64] = []
        var lineage: JournalLineage
    }

    private static func salvage(_ storage: MemoryStorage) throws -> Salvaged {
        let before = try storage.list().map { ($0, storage.contents($0)) }
        let target = MemoryStorage()
        let report = try JournalSalvage.run(
            from: storage, to: target, testSettings(seed: 77), progress: { _, _ in })
        for (name, bytes) in before {
            #expect(storage.contents(name) == bytes, "\(name) was changed")
        }
        var salvaged = Salvaged(report: report, lineage: JournalLineage(high: 0, low: 0))
        let journal = try Journal.open(target, testSettings(seed: 78)) { header, payload in
            if header.type == .lost {
                #expect(header.flags == .ignorable && payload.isEmpty)
                salvaged.lost.append(header.position.rawValue)
                return
            }
            var bytes: [UInt8] = []
            for index in payload.indices { bytes.append(payload[index]) }
            salvaged.records.append(
                TestRecord(
                    position: header.position.rawValue, payload: bytes,
                    continues: header.flags.contains(.continues)))
        }
        #expect(journal.recovered.tornTails.isEmpty)
        salvaged.lineage = journal.lineage
        return salvaged
    }

    @Test("A whole journal is copied as it is, also one whose beginning was freed")
    func wholeJournals() throws {
        let (storage, records) = try Self.source()
        let salvaged = try Self.salvage(storage)
        #expect(salvaged.records == records && salvaged.lost.isEmpty)
        #expect(salvaged.report.losses.isEmpty && salvaged.report.unusable.isEmpty)
        #expect(salvaged.report.records == 96)
        #expect(try salvaged.lineage == withJournal(storage).lineage)

        let bytes = try #require(storage.contents("manifest"))
        var manifest = try Manifest(bytes.span, file: "manifest")
        manifest.entries.removeFirst()
        storage.replace("manifest", with: manifest.encoded())
        let later = try withJournal(storage).records
        #expect(later.count < records.count && !later.isEmpty)
        let again = try Self.salvage(storage)
        #expect(again.records == later && again.report.losses.isEmpty)
    }

    @Test("Damage costs the groups that it hits, and each lost position is named")
    func everyPlace() throws {
        let (storage, records) = try Self.source()
        let names = try storage.list().filter { $0.hasSuffix(".segment") }
        var seed: UInt64 = 5
        var lostGroups: Set<Int> = []
        for index in 0..<60 {
            let name = names[index % (names.count - 1)]
            let copy = storage.afterCrash { _ in true }
            var bytes = try #require(storage.contents(name))
            let place = 4096 + Int(splitMix(&seed) % 9_000)
            for offset in place..<place + 1 + index % 3 * 300 { bytes[offset] ^= 0x55 }
            copy.replace(name, with: bytes)
            let salvaged = try Self.salvage(copy)
            let lost = Set(salvaged.lost)
            #expect(salvaged.records == records.filter { !lost.contains($0.position) })
            let told = salvaged.report.losses.flatMap { loss in
                Array(loss.first.rawValue..<loss.last.rawValue + 1)
            }
            #expect(told == salvaged.lost)
            // Whole groups only: of four positions the first stands alone.
            for position in lost where position % 4 != 1 {
                let first = (position - 2) / 4 * 4 + 2
                #expect((first..<first + 3).allSatisfy { lost.contains($0) }, "\(lost)")
            }
            #expect(lost.count <= 16)
            lostGroups.insert(lost.count)
        }
        #expect(lostGroups.count > 2)
    }

    @Test("Without manifest, without a segment, and with a damaged header")
    func filesThatAreGone() throws {
        let (storage, records) = try Self.source()
        let withoutManifest = storage.afterCrash { _ in true }
        try withoutManifest.remove("manifest")
        #expect(throws: JournalFailure.missingManifest(path: "/memory")) {
            try Self.salvage(MemoryStorage())
        }
        let noManifest = try? Self.salvage(withoutManifest)
        #expect(noManifest?.records == records)

        let withoutSegment = storage.afterCrash { _ in true }
        try withoutSegment.remove("0000000002.segment")
        let salvaged = try Self.salvage(withoutSegment)
        let lost = Set(salvaged.lost)
        #expect(!lost.isEmpty && salvaged.report.unusable.count == 1)
        #expect(salvaged.records == records.filter { !lost.contains($0.position) })
        #expect(salvaged.report.losses.first?.finding == "the segment before it is missing")

        for place in [3, 45] {
            let damaged = storage.afterCrash { _ in true }
            var bytes = try #require(storage.contents("0000000002.segment"))
            bytes[place] ^= 1
            damaged.replace("0000000002.segment", with: bytes)
            #expect(try Self.salvage(damaged).records == records)
        }
    }

    @Test("A look changes nothing and says what a start would do")
    func survey() throws {
        let (storage, records) = try Self.source()
        var bytes = try #require(storage.contents("0000000001.segment"))
        let names = try storage.list()
        var seen = 0
        let whole = try JournalSurvey.run(storage) { _, _ in seen += 1 }
        #expect(seen == records.count && whole.records == seen && whole.torn.isEmpty)
        #expect(
            whole.lastPosition == JournalPosition(96) && whole.markedPosition == whole.lastPosition)
        #expect(whole.segments.map(\.foundCase).last == .spareReady)
        bytes[16_000] = 9
        storage.replace("0000000001.segment", with: bytes)
        let strayed = try JournalSurvey.run(storage) { _, _ in }
        #expect(strayed.torn.map(\.foundCase) == [.sealedStray])
        #expect(try storage.list() == names)
        #expect(storage.contents("0000000001.segment") == bytes)
        bytes[5_000] ^= 1
        storage.replace("0000000001.segment", with: bytes)
        #expect(throws: JournalFailure.self) { try JournalSurvey.run(storage) { _, _ in } }
    }

    @Test("Who looks while the journal is written sees at least what was durable")
    func surveyBesideTheWriter() throws {
        let path = "/var/tmp/saga-journal-\(SystemRandom.word())"
        try Directory.make(path)
        defer { try? Directory.removeTree(path) }
        let durable = Monitor(UInt64(0))
        var settings = testSettings(
            segmentBytes: 64 << 10, preparation: .onThread, user: ThisProcess.effectiveUser,
            seed: SystemRandom.word())
        settings.allowsVolatile = true
        var journal = try Journal.open(try FileStorage(directory: path), settings) { _, _ in }
        try journal.commit([[[1]]])
        let storage = try FileStorage(directory: path, isReadOnly: true)
        let isOver = Monitor(false)
        let reader = try SystemThread(name: "survey") {
            while !isOver.withLock({ $0 }) {
                let before = durable.withLock { $0 }
                do {
                    let survey = try JournalSurvey.run(storage) { _, _ in }
                    #expect(survey.lastPosition.rawValue >= before)
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
        for number in 0..<400 {
            try journal.commit([[payload(number, 2_000), payload(number, 10)]])
            durable.withLock { [last = journal.durablePosition] in $0 = last.rawValue }
        }
        isOver.withLock { $0 = true }
        reader.join()
        #expect(journal.segmentNumber > 5)
        #expect(throws: SystemFailure.self) { try storage.remove("manifest") }
    }
}
