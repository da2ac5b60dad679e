import SagaJournal
import SagaModel
import SagaSystem
import Testing

/// A reader beside the one who writes.
@Suite struct JournalReaderTests {
    /// Reads all there is up to a position.
    private static func read(
        _ reader: inout JournalReader, upTo durable: JournalPosition, byteBudget: Int = .max
    ) throws -> [TestRecord] {
        var records: [TestRecord] = []
        try reader.read(upTo: durable, byteBudget: byteBudget) { header, payload in
            var bytes: [UInt8] = []
            for index in payload.indices { bytes.append(payload[index]) }
            records.append(
                TestRecord(
                    position: header.position.rawValue, payload: bytes,
                    continues: header.flags.contains(.continues)))
            return true
        }
        return records
    }

    /// Some records over several segments, with marks in between.
    private static func fill(
        _ journal: inout Journal, from first: Int, count: Int
    ) throws -> [TestRecord] {
        var expected: [TestRecord] = []
        for number in first..<first + count {
            let bytes = payload(number, number * 37 % 1_500)
            try journal.commit([[bytes]])
            if number % 3 == 0 { try journal.mark() }
            expected.append(TestRecord(position: UInt64(number), payload: bytes))
        }
        return expected
    }

    @Test func recordsAreReadWhileTheJournalIsWritten() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            var reader = try JournalReader(storage, lineage: journal.lineage, windowBytes: 4_096)
            #expect(try reader.oldest(durable: .none) == nil)
            #expect(try Self.read(&reader, upTo: .none).isEmpty)
            var next = 1
            for round in 0..<30 {
                let expected = try Self.fill(&journal, from: next, count: round % 7)
                next += round % 7
                // What is read ends where the reader is told, not where the journal does.
                #expect(try Self.read(&reader, upTo: journal.durablePosition) == expected)
                #expect(try Self.read(&reader, upTo: journal.durablePosition).isEmpty)
            }
            #expect(journal.segmentNumber > 3)
            #expect(try reader.oldest(durable: journal.durablePosition) == JournalPosition(1))
        }
    }

    @Test func whatIsNotDurableIsNotLookedAt() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            var reader = try JournalReader(storage, lineage: journal.lineage)
            let expected = try Self.fill(&journal, from: 1, count: 60)
            for (index, record) in expected.enumerated() {
                let position = JournalPosition(UInt64(index + 1))
                #expect(try Self.read(&reader, upTo: position) == [record])
            }
        }
    }

    @Test func aReaderIsPlacedAtAnyRecord() throws {
        let storage = MemoryStorage()
        // Segments larger than the distance of two landmarks.
        let settings = testSettings(segmentBytes: 256 << 10)
        try withJournal(storage, settings) { journal in
            var reader = try JournalReader(storage, lineage: journal.lineage)
            let expected = try Self.fill(&journal, from: 1, count: 900)
            let durable = journal.durablePosition
            #expect(journal.segmentNumber > 2)
            var seed: UInt64 = 3
            for _ in 0..<300 {
                let index = Int(splitMix(&seed) % UInt64(expected.count))
                let position = JournalPosition(expected[index].position)
                #expect(try reader.place(at: position, durable: durable))
                let found = try Self.read(&reader, upTo: durable, byteBudget: 1)
                #expect(found == [expected[index]])
            }
            for position in [0, durable.rawValue + 1, .max] {
                #expect(try !reader.place(at: JournalPosition(position), durable: durable))
            }
        }
    }

    @Test func aRecordThatIsNotTakenIsTheNext() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            var reader = try JournalReader(storage, lineage: journal.lineage)
            let expected = try Self.fill(&journal, from: 1, count: 5)
            var seen: [UInt64] = []
            for _ in 0..<2 {
                try reader.read(upTo: JournalPosition(5)) { header, _ in
                    seen.append(header.position.rawValue)
                    return header.position.rawValue < 3
                }
            }
            #expect(seen == [1, 2, 3, 3])
            #expect(try Self.read(&reader, upTo: JournalPosition(5)) == Array(expected[2...]))
        }
    }

    @Test func aGapOfARestoreIsNoRecord() throws {
        let storage = MemoryStorage()
        let leap = JournalPosition(5 << 32)
        try withJournal(storage) { journal in
            var reader = try JournalReader(storage, lineage: journal.lineage)
            _ = try Self.fill(&journal, from: 1, count: 40)
            var batch = FrameBatch()
            batch.append(type: .life, at: leap, saga: .none, continues: false) { $0.append(7) }
            _ = try journal.commit(&batch)
            for position in [41, leap.rawValue - 1, leap.rawValue + 1] {
                #expect(try !reader.place(at: JournalPosition(position), durable: leap))
            }
            #expect(try reader.place(at: JournalPosition(40), durable: leap))
            let found = try Self.read(&reader, upTo: leap).map(\.position)
            #expect(found == [40, leap.rawValue])
            #expect(try reader.place(at: leap, durable: leap))
        }
    }

    @Test func damageOfWhatWasAcknowledgedIsFound() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            var reader = try JournalReader(storage, lineage: journal.lineage)
            try journal.commit([[payload(1, 100)], [payload(2, 100)]])
            let file = try storage.open("0000000001.segment")
            let wrong: [UInt8] = [0xFF]
            try file.write(wrong.span, at: 4_096 + 72 + 144 + 60)
            #expect(throws: JournalFailure.self) {
                try Self.read(&reader, upTo: journal.durablePosition)
            }
            #expect(try reader.place(at: JournalPosition(1), durable: JournalPosition(1)))
        }
    }

    @Test func anotherJournalIsRefused() throws {
        let storage = MemoryStorage()
        let opened = try withJournal(storage)
        let other = JournalLineage(high: opened.lineage.high, low: opened.lineage.low ^ 1)
        #expect(throws: JournalFailure.self) {
            let reader = try JournalReader(storage, lineage: other)
            _ = try reader.oldest(durable: .none)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aThreadReadsWhatAnotherWrites() throws {
        let storage = MemoryStorage()
        let settings = testSettings(preparation: .onThread)
        let durable = Monitor(JournalPosition.none)
        let seen = Monitor<[UInt64]>([])
        try withJournal(storage, settings) { journal in
            let lineage = journal.lineage
            let last = JournalPosition(2_000)
            let thread = try SystemThread(name: "reader") {
                guard var reader = try? JournalReader(storage, lineage: lineage) else { return }
                var position = JournalPosition.none
                while position < last {
                    let before = position
                    position = durable.wait { $0 > before ? $0 : nil }
                    let found = try? Self.read(&reader, upTo: position)
                    seen.withLock { $0 += (found ?? []).map(\.position) }
                }
            }
            for number in 1...2_000 {
                try journal.commit([[payload(number, number % 300)]])
                let position = journal.durablePosition
                durable.withLock { $0 = position }
            }
            thread.join()
            #expect(journal.segmentNumber > 10)
        }
        #expect(seen.withLock { $0 } == Array(1...2_000))
    }
}
