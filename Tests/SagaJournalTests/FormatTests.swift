import Foundation
import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// The article on the format: a reader that was written from it alone agrees with this one about
/// every journal that the tests make.
@Suite struct FormatTests {
    /// What a reader says of a journal, in the words of `read_journal.py`.
    private struct Verdict: Decodable, Equatable {
        var cases: String?
        var cut: [Cut]?
        var records: [[UInt64]]?
        var refused: String?
        var file: String?
        var offset: Int?
        var position: UInt64?
        var `case`: String?
    }

    private struct Cut: Decodable, Equatable {
        var file: String
        var offset: Int
        var count: Int

        init(file: String, offset: Int, count: Int) {
            self.file = file
            self.offset = offset
            self.count = count
        }

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            file = try list.decode(String.self)
            offset = try list.decode(Int.self)
            count = try list.decode(Int.self)
        }
    }

    private static func read(
        _ storage: MemoryStorage
    ) throws -> (report: RecoveryReport, records: [[UInt64]]) {
        var records: [[UInt64]] = []
        let journal = try Journal.open(storage, testSettings()) { header, payload in
            records.append([
                header.position.rawValue, UInt64(header.type.rawValue),
                UInt64(header.flags.rawValue), header.saga.rawValue, UInt64(payload.count),
                UInt64(CRC32C.checksum(payload)),
            ])
        }
        return (journal.recovered, records)
    }

    /// Opens a copy with the journal itself.
    private static func verdict(_ storage: MemoryStorage) throws -> Verdict {
        let name = { (path: String) in String(path.dropFirst("/memory/".count)) }
        do {
            let (report, records) = try read(storage.afterCrash { _ in true })
            return Verdict(
                cases: report.cases.sorted { $0.key < $1.key }.map(\.value.rawValue).joined(),
                cut: report.tornTails.map {
                    Cut(file: name($0.file), offset: $0.offset, count: $0.byteCount)
                }, records: records)
        } catch JournalFailure.damaged(let damage) {
            let letter = damage.finding.firstRange(of: "(case ").map { range in
                String(damage.finding[range.upperBound...].prefix(1))
            }
            return Verdict(
                refused: "damaged", file: name(damage.file), offset: damage.offset,
                position: damage.position?.rawValue, case: letter)
        } catch JournalFailure.missingSegment(let file) {
            return Verdict(refused: "missing segment", file: name(file), offset: 0)
        } catch JournalFailure.otherLineage(let file, _, _) {
            return Verdict(refused: "other lineage", file: name(file), offset: 0)
        } catch JournalFailure.newerFormat(let file, _) {
            return Verdict(refused: "newer format", file: name(file), offset: 0)
        }
    }

    /// What the reader in Python says of the same files.
    private static func pythonVerdicts(_ journals: [MemoryStorage]) throws -> [Verdict] {
        let folder = "/var/tmp/saga-journal-\(SystemRandom.word())"
        try Directory.make(folder)
        defer { try? Directory.removeTree(folder) }
        var paths: [String] = []
        for (index, journal) in journals.enumerated() {
            let path = "\(folder)/\(index)"
            try Directory.make(path)
            paths.append(path)
            for name in try journal.list() where name != "lock" {
                let bytes = try #require(journal.contents(name))
                try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
            }
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "read_journal.py").path
        let output = "\(folder)/output"
        // The standard library is all it needs: the system's Python will do.
        let child = try ChildProcess(
            .init(
                "python3", [script] + paths,
                environment: ["LD_PRELOAD": "", "_STDBUF_O": "", "PYTHONDONTWRITEBYTECODE": "1"],
                output: .file(output), error: .inherited))
        #expect(try child.wait() == .exited(0))
        return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(Verdict.self, from: Data($0.utf8)) }
    }

    private static func compare(_ journals: [MemoryStorage]) throws -> [Verdict] {
        let verdicts = try pythonVerdicts(journals)
        try #require(verdicts.count == journals.count)
        for (journal, verdict) in zip(journals, verdicts) {
            #expect(try verdict == Self.verdict(journal))
        }
        return verdicts
    }

    @Test("A journal whose old end was freed is read from its oldest segment on")
    func freedJournal() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            while journal.sealed.count < 4 { try journal.commit([[payload(3, 900)], [[7]]]) }
            journal.free(through: journal.sealed[2].lastPosition)
            #expect(journal.sealed.count == 1)
        }
        let verdict = try #require(try Self.compare([storage]).first)
        #expect(!(verdict.records ?? []).isEmpty)
    }

    @Test("A reader written from the article decides every case as the journal does")
    func everyCase() throws {
        var journals: [MemoryStorage] = []
        for shape in RecoveryCaseTests.Shape.allCases {
            for fault in RecoveryCaseTests.Fault.allCases {
                for index in 0..<4 {
                    let built = try RecoveryCaseTests.build(
                        shape, writes: index / 2 + 1, isMarked: index % 2 == 1)
                    if fault == .link, shape == .rotatedOnly {
                        // What is in front of a torn first write.
                        let full = try RecoveryCaseTests.build(shape, writes: 1, isMarked: false)
                        for (number, fault) in [(UInt64(2), fault), (1, .behind)] {
                            try RecoveryCaseTests.apply(
                                fault, to: number, full, end: full.sealedEnd, last: full.last,
                                lastWrite: full.lastWrite)
                        }
                        journals.append(full.storage)
                    }
                    try RecoveryCaseTests.apply(
                        fault, to: shape.target, built, end: built.end + 40, last: built.last,
                        lastWrite: built.lastWrite)
                    journals.append(built.storage)
                }
                guard shape == .rotated else { continue }
                let built = try RecoveryCaseTests.build(shape, writes: 1, isMarked: true)
                try RecoveryCaseTests.apply(
                    fault, to: 1, built, end: built.sealedEnd, last: built.sealedEnd - 1_040,
                    lastWrite: 4096)
                journals.append(built.storage)
                let strayed = try RecoveryCaseTests.build(shape, writes: 1, isMarked: false)
                try RecoveryCaseTests.apply(
                    .behind, to: 3, strayed, end: 4096, last: 4096, lastWrite: 4096)
                journals.append(strayed.storage)
            }
        }
        let verdicts = try Self.compare(journals)
        let letters = Set(verdicts.flatMap { ($0.cases ?? "") + ($0.case ?? "") })
        #expect(letters == Set(RecoveryCase.allCases.compactMap(\.rawValue.first)))
    }

    @Test("They agree about the one gap that there may be")
    func gaps() throws {
        let verdicts = try Self.compare(GapTests.Forgery.allCases.map { try GapTests.journal($0) })
        #expect(verdicts.map { $0.records?.count } == [3, 2, 2, 2, 2, 1])
    }

    @Test("They agree about journals of which any byte was changed, and about whole ones")
    func changedBytes() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            var seed: UInt64 = 8
            for number in 0..<40 {
                let size = Int(splitMix(&seed) % 900)
                try journal.commit([
                    [payload(number, size)], [payload(number, size / 3), payload(number, 3)],
                ])
                if number % 7 == 0 { try journal.mark() }
            }
            // As after a restore: positions go on in the next incarnation.
            var batch = FrameBatch()
            let leap = JournalPosition(7 << 32)
            batch.append(type: .life, at: leap, saga: .none, continues: false) { $0 += [1, 2] }
            batch.append(
                type: RecordType(rawValue: 999), at: leap.next, saga: leap, continues: false,
                isIgnorable: true
            ) { $0 += [3] }
            _ = try journal.commit(&batch)
            try journal.mark()
        }
        let names = try storage.list().filter { $0 != "lock" }
        #expect(names.count > 4)
        var journals = [storage]
        var seed: UInt64 = 21
        for index in 0..<120 {
            let copy = storage.afterCrash { _ in true }
            let name = names[index % names.count]
            var bytes = try #require(storage.contents(name))
            // Near the beginning, where the frames are, more often than anywhere.
            let span = index % 3 == 0 ? bytes.count : min(bytes.count, 9_000)
            bytes[Int(splitMix(&seed) % UInt64(span))] ^= UInt8(1 << (splitMix(&seed) % 8))
            if index % 17 == 16 { bytes.removeLast(min(4096, bytes.count)) }
            copy.replace(name, with: bytes)
            journals.append(copy)
        }
        let missing = storage.afterCrash { _ in true }
        try missing.remove(names[1])
        journals.append(missing)
        let verdicts = try Self.compare(journals)
        #expect(verdicts[0].records?.count == 122)
        #expect(verdicts.last?.refused == "missing segment")
        #expect(verdicts.count { $0.refused != nil } > 40)
        #expect(verdicts.count { $0.refused == nil } > 5)
    }
}
