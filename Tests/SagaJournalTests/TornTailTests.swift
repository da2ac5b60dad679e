import SagaJournal
import SagaModel
import SagaSystem
import Testing

/// The last batch of a small journal, cut or overwritten at every byte.
@Suite struct TornTailTests {
    private static let segment = "0000000001.segment"

    /// A journal whose last batch is a group of one and a group of three; where that batch stands.
    private static func journal(
        marked: Bool = false
    ) throws -> (storage: MemoryStorage, start: Int, end: Int) {
        let storage = MemoryStorage()
        var (start, end) = (0, 0)
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 40)], [payload(2, 17), payload(3, 5)]])
            if marked { try journal.mark() }
            start = journal.segmentOffset
            try journal.commit([[payload(4, 33)], [payload(5, 3), payload(6, 60), payload(7, 21)]])
            end = journal.segmentOffset
        }
        return (storage, start, end)
    }

    /// Opens what is left, checks it, goes on, and opens again.
    private static func check(
        _ storage: MemoryStorage, _ original: [TestRecord], changedAt offset: Int, _ start: Int
    ) throws {
        let damaged = try #require(storage.contents(segment))
        var survivors = 0
        let opened = try withJournal(storage) { journal in
            survivors = Int(journal.lastPosition.rawValue)
            try journal.commit([[payload(99, 50)], [payload(98, 1), payload(97, 2)]])
        }
        // Whole groups and nothing else: 3 is before the batch, 4 its first group, 7 all of it.
        #expect([3, 4, 7].contains(survivors))
        #expect(opened.records == Array(original.prefix(survivors)), "changed at \(offset)")
        for tail in opened.report.tornTails {
            #expect(tail.offset >= start && tail.file == "/memory/\(segment)")
            let kept = storage.contents(String(tail.keptIn.dropFirst("/memory/".count)))
            #expect(kept == Array(damaged[tail.offset..<tail.offset + tail.byteCount]))
            #expect(damaged[(tail.offset + tail.byteCount)...].allSatisfy { $0 == 0 })
            #expect(tail.position > JournalPosition(3))
        }
        let again = try withJournal(storage)
        #expect(again.report.tornTails.isEmpty)
        #expect(again.records.prefix(survivors) == opened.records[...])
        #expect(again.records.count == survivors + 3)
    }

    @Test(arguments: [false, true]) func everyCut(marked: Bool) throws {
        let (storage, start, end) = try Self.journal(marked: marked)
        let whole = try #require(storage.contents(Self.segment))
        let records = try withJournal(storage).records
        #expect(records.count == 7)
        var torn = 0
        for cut in start...end {
            var bytes = whole
            for index in cut..<end { bytes[index] = 0 }
            let copy = storage.afterCrash { _ in true }
            copy.replace(Self.segment, with: bytes)
            try Self.check(copy, records, changedAt: cut, start)
            if copy.contents("\(Self.segment).\(start).torn") != nil { torn += 1 }
        }
        #expect(torn > 0)
    }

    @Test(arguments: [0x00, 0xFF, 0x5A] as [UInt8]) func everyByteOverwritten(_ garbage: UInt8)
        throws
    {
        let (storage, start, end) = try Self.journal()
        let whole = try #require(storage.contents(Self.segment))
        let records = try withJournal(storage).records
        for index in start..<end where whole[index] != garbage {
            var bytes = whole
            bytes[index] = garbage
            let copy = storage.afterCrash { _ in true }
            copy.replace(Self.segment, with: bytes)
            try Self.check(copy, records, changedAt: index, start)
        }
    }

    @Test func everyRunOfGarbage() throws {
        let (storage, start, end) = try Self.journal()
        let whole = try #require(storage.contents(Self.segment))
        let records = try withJournal(storage).records
        var seed: UInt64 = 3
        for _ in 0..<300 {
            var bytes = whole
            let first = start + Int(splitMix(&seed) % UInt64(end - start))
            let last = first + Int(splitMix(&seed) % UInt64(end + 200 - first))
            for index in first..<last { bytes[index] = UInt8(truncatingIfNeeded: splitMix(&seed)) }
            let copy = storage.afterCrash { _ in true }
            copy.replace(Self.segment, with: bytes)
            try Self.check(copy, records, changedAt: first, start)
        }
    }

    @Test func firstBatchOfAllIsTornToo() throws {
        let storage = MemoryStorage()
        var end = 0
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 40)]])
            end = journal.segmentOffset
        }
        // Before the first sync has returned there is no second segment.
        let early = MemoryStorage()
        try withJournal(early)
        let header = try #require(early.contents(Self.segment))
        let whole = try #require(storage.contents(Self.segment))
        for cut in 4096...end {
            let copy = early.afterCrash { _ in true }
            copy.replace(Self.segment, with: Array(whole[..<cut]) + header[cut...])
            let opened = try withJournal(copy) { try $0.commit([[payload(2, 3)]]) }
            // The payload of 40 bytes needs no padding, and its last byte is not zero.
            #expect(opened.records.count == (cut == end ? 1 : 0), "cut at \(cut)")
            #expect(try withJournal(copy).records.count == opened.records.count + 1)
        }
    }

    @Test func firstBatchOfASegmentIsTorn() throws {
        let storage = MemoryStorage()
        var end = 0
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 11_000)]])
            try journal.commit([[payload(2, 300)], [payload(3, 10_000)]])
            end = journal.segmentOffset
            #expect(journal.segmentNumber == 2)
        }
        let second = "0000000002.segment"
        let whole = try #require(storage.contents(second))
        let manifest = try #require(storage.contents("manifest"))
        // The third segment is only begun after the sync, so a crash before has a manifest of two.
        let early = MemoryStorage()
        try withJournal(early) { try $0.commit([[payload(1, 11_000)]]) }
        #expect(manifest != early.contents("manifest"))
        #expect(early.contents("0000000003.segment") == nil)
        for cut in Array(4096...4700) + Array(stride(from: 4701, to: end, by: 97)) {
            let copy = early.afterCrash { _ in true }
            let header = try #require(early.contents(second))
            // The salts agree, because both journals draw from the same stream.
            copy.replace(second, with: Array(whole[..<cut]) + header[cut...])
            let opened = try withJournal(copy) { journal in
                try journal.commit([[payload(9, 5_000)]])
                #expect(journal.segmentNumber == 2)
            }
            #expect([1, 2].contains(opened.records.count), "cut at \(cut)")
            // Nothing is cut behind a whole LINK or group, with or without the zeros at its end.
            let (linkEnd, groupEnd) = (4096 + 72, 4096 + 72 + 344)
            let isClean =
                cut == 4096 || (linkEnd - 6...linkEnd).contains(cut)
                || (groupEnd - 4...groupEnd).contains(cut)
            #expect(opened.report.tornTails.isEmpty == isClean, "cut at \(cut)")
            #expect(try withJournal(copy).records.count == opened.records.count + 1)
        }
    }
}

/// Acknowledged data that is not there any more.
@Suite struct DamageTests {
    private static let segment = "0000000001.segment"

    private static func expectDamage(
        _ storage: MemoryStorage, _ file: String, _ offset: Int, position: UInt64?, _ note: Comment
    ) {
        let before = storage.contents(file)
        do {
            try withJournal(storage)
            Issue.record("opened: \(note)")
        } catch JournalFailure.damaged(let damage) {
            #expect(damage.file == "/memory/\(file)", note)
            #expect(damage.offset == offset, note)
            #expect(damage.position == position.map { JournalPosition($0) }, note)
            #expect(JournalFailure.damaged(damage).classification == .damaged)
            #expect(damage.description.contains("\(file) is damaged at offset \(offset)"))
        } catch {
            Issue.record("\(error): \(note)")
        }
        #expect(storage.contents(file) == before, "a refused journal is left as it is")
    }

    @Test func everyByteBelowTheWatermarkIsRefused() throws {
        let storage = MemoryStorage()
        var starts: [(offset: Int, position: UInt64)] = []
        try withJournal(storage) { journal in
            for number in 1...4 {
                let link = number == 1 ? 72 : 0
                if link > 0 { starts.append((journal.segmentOffset, 1)) }
                starts.append((journal.segmentOffset + link, UInt64(number)))
                try journal.commit([[payload(number, 16 * number)]])
            }
            try journal.mark()
        }
        starts.append((try #require(starts.last).offset + 40 + 64, 5))
        let whole = try #require(storage.contents(Self.segment))
        for index in starts[0].offset..<(try #require(starts.last).offset) {
            var bytes = whole
            bytes[index] ^= 0x10
            storage.replace(Self.segment, with: bytes)
            let frame = try #require(starts.last { $0.offset <= index })
            // The padding is not part of the frame; the payloads here need none.
            Self.expectDamage(
                storage, Self.segment, frame.offset, position: frame.position, "byte \(index)")
        }
    }

    @Test func damageInAFullSegmentIsRefused() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 6_000)]])
            try journal.commit([[payload(2, 6_000)]])
            try journal.commit([[payload(3, 6_000)]])
            #expect(journal.segmentNumber == 2)
        }
        let whole = try #require(storage.contents(Self.segment))
        let second = 4096 + 72 + 6040
        for (index, position) in [(4096 + 200, 1), (second + 3, 2), (second + 6000, 2)] {
            var bytes = whole
            bytes[index] ^= 1
            storage.replace(Self.segment, with: bytes)
            Self.expectDamage(
                storage, Self.segment, position == 1 ? 4168 : second, position: UInt64(position),
                "byte \(index)")
        }
        // The last batch lost as if it had never been written: the LINK behind it knows better.
        var bytes = whole
        for index in second..<bytes.count { bytes[index] = 0 }
        storage.replace(Self.segment, with: bytes)
        Self.expectDamage(storage, Self.segment, second, position: 2, "zeroed end")
        storage.replace(Self.segment, with: whole)
        #expect(try withJournal(storage).records.count == 3)
    }

    @Test func usedSegmentThatReadsAsEmptyIsRefused() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 9_000)]])
            try journal.commit([[payload(2, 9_000)]])
        }
        // Segment 3 stands ready, so 2 was in use.
        let second = "0000000002.segment"
        let whole = try #require(storage.contents(second))
        storage.replace(
            second, with: whole[..<4096] + [UInt8](repeating: 0, count: whole.count - 4096))
        Self.expectDamage(storage, second, 4096, position: 2, "emptied")
    }

    @Test func manifestAndHeadersAreChecked() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { try $0.commit([[payload(1, 10)]]) }
        for file in ["manifest", Self.segment, "0000000002.segment"] {
            let whole = try #require(storage.contents(file))
            for index in 0..<min(whole.count, 4096) where index < 60 || index % 64 == 0 {
                var bytes = whole
                bytes[index] ^= 0x80
                storage.replace(file, with: bytes)
                Self.expectDamage(storage, file, 0, position: nil, "byte \(index) of \(file)")
            }
            storage.replace(file, with: Array(whole.dropLast(1)))
            #expect(throws: JournalFailure.self, "\(file) is short") { try withJournal(storage) }
            storage.replace(file, with: whole)
        }
        #expect(try withJournal(storage).records.count == 1)
    }

    @Test func whatTheVisitorRefusesNamesThePlace() throws {
        struct Unknown: Error {}
        let storage = MemoryStorage()
        try withJournal(storage) { try $0.commit([[payload(1, 8)], [payload(2, 8)]]) }
        let failure = #expect(throws: JournalFailure.self) {
            try visitJournal(storage) { header, _ in
                if header.position == JournalPosition(2) { throw Unknown() }
            }
        }
        guard case .unreadableRecord(let damage) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(damage.position == JournalPosition(2))
        #expect(damage.offset == 4096 + 72 + 48)
        #expect(damage.description.contains("Unknown()"))
        #expect(try withJournal(storage).records.count == 2)
    }

    @Test func aTypeOfANewerReleaseIsNoDamage() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { try $0.commit([[payload(1, 8)], [payload(2, 8)]]) }
        let failure = #expect(throws: JournalFailure.self) {
            try visitJournal(storage) { header, _ in
                if header.position == JournalPosition(2) { throw UnknownRecordType(header.type) }
            }
        }
        guard case .newerRecord(let damage) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(damage.position == JournalPosition(2) && damage.offset == 4096 + 72 + 48)
        #expect(
            failure?.message == "/memory/\(Self.segment) holds at offset 4216 what this release "
                + "does not know: a record of type 100; a newer sagad wrote it, start that release")
        #expect(failure?.classification == .directoryUnusable)
        #expect(try withJournal(storage).records.count == 2)
    }
}
