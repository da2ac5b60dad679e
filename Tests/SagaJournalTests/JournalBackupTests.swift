import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// Copies of a journal that is being written.
@Suite struct JournalBackupTests {
    private static func copy(
        _ source: any Storage, _ lineage: JournalLineage, upTo durable: JournalPosition,
        to target: MemoryStorage = MemoryStorage(), goOn: (Int) -> Bool = { _ in true }
    ) throws -> (storage: MemoryStorage, records: Int, bytes: Int) {
        let backup = try JournalBackup(of: source, lineage: lineage, upTo: durable)
        let records = try backup.run(to: target, goOn: goOn)
        return (target, records, backup.byteCount)
    }

    /// Groups of one and of three records over several segments of 16 KiB, with a MARK now and then.
    private static func commit(_ journal: inout Journal, _ number: Int) throws {
        try journal.commit([
            [payload(number, 700)],
            [payload(number, 300), payload(number, 20), payload(number, 900)],
        ])
        if number % 5 == 4 { try journal.mark() }
    }

    @Test("A copy has all records up to its position and none behind it, wherever that is")
    func everyPosition() throws {
        let storage = MemoryStorage()
        var copies: [(durable: JournalPosition, storage: MemoryStorage)] = []
        try withJournal(storage) { journal in
            for number in 0..<40 {
                try Self.commit(&journal, number)
                let durable = journal.durablePosition
                // What is written behind it meanwhile is not taken for a part of it.
                try Self.commit(&journal, 100 + number)
                let copy = try Self.copy(storage, journal.lineage, upTo: durable)
                #expect(copy.records == Int(durable.rawValue))
                #expect(copy.bytes % (16 << 10) == 0)
                copies.append((durable, copy.storage))
            }
            #expect(journal.segmentNumber > 6)
        }
        let all = try withJournal(storage.afterCrash { _ in true }).records
        for (durable, copy) in copies {
            let marked = try JournalSurvey.run(copy) { _, _ in }
            #expect(marked.markedPosition == durable && marked.torn.isEmpty)
            let opened = try withJournal(copy) { journal in
                #expect(journal.lastPosition == durable)
                try journal.commit([[payload(1, 900)], [payload(2, 9_000)], [payload(3, 9_000)]])
            }
            #expect(opened.records == Array(all.prefix(Int(durable.rawValue))))
            #expect(opened.report.tornTails.isEmpty)
            #expect(try withJournal(copy).records.count == opened.records.count + 3)
        }
    }

    @Test("A journal whose beginning was freed is copied as it is")
    func freedBeginning() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            for number in 0..<24 { try Self.commit(&journal, number) }
        }
        let names = try storage.list()
        var manifest = try #require(try Journal.readManifest(storage, names))
        try storage.remove(SegmentName.name(manifest.entries.removeFirst().number))
        try manifest.write(to: storage)
        let survey = try JournalSurvey.run(storage) { _, _ in }
        let copy = try Self.copy(storage, survey.lineage, upTo: survey.lastPosition)
        #expect(try withJournal(copy.storage).records == withJournal(storage).records)
    }

    @Test("Stopped before its end it has no manifest, and says so")
    func stopped() throws {
        let storage = MemoryStorage()
        let opened = try withJournal(storage) { journal in
            for number in 0..<24 { try Self.commit(&journal, number) }
        }
        let last = try JournalSurvey.run(storage) { _, _ in }.lastPosition
        let target = MemoryStorage()
        var pieces = 0
        #expect {
            try Self.copy(storage, opened.lineage, upTo: last, to: target) { _ in
                pieces += 1
                return pieces < 3
            }
        } throws: { error in
            if case JournalBackup.Failure.stopped = error { true } else { false }
        }
        #expect(pieces == 3)
        #expect(try !target.list().contains(Manifest.name))
        #expect(try !target.list().isEmpty)
    }

    @Test("Damage of what is copied is found, whichever segment has it")
    func damage() throws {
        let storage = MemoryStorage()
        let opened = try withJournal(storage) { journal in
            for number in 0..<24 { try Self.commit(&journal, number) }
        }
        let last = try JournalSurvey.run(storage) { _, _ in }.lastPosition
        let names = try storage.list().filter { SegmentName.number($0) != nil }.sorted()
        for name in [names[0], names[2], names[names.count - 2]] {
            let damaged = storage.afterCrash { _ in true }
            var bytes = try #require(storage.contents(name))
            bytes[5_000] ^= 4
            damaged.replace(name, with: bytes)
            #expect(throws: JournalBackup.Failure.self, "\(name)") {
                try Self.copy(damaged, opened.lineage, upTo: last)
            }
        }
        let whole = try Self.copy(storage, opened.lineage, upTo: last)
        #expect(whole.records == Int(last.rawValue))
    }

    @Test("What cannot be written is the target's failure")
    func targetFails() throws {
        let storage = MemoryStorage()
        let opened = try withJournal(storage) { journal in try Self.commit(&journal, 1) }
        let last = try JournalSurvey.run(storage) { _, _ in }.lastPosition
        let target = MemoryStorage()
        target.setFault { operation, _, _ in operation == .write ? .noSpace : nil }
        #expect {
            try Self.copy(storage, opened.lineage, upTo: last, to: target)
        } throws: { error in
            if case JournalBackup.Failure.target(.diskFull) = error { true } else { false }
        }
    }
}
