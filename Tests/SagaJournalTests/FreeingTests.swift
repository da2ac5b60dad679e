import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// The journal is freed from its old end, a whole segment at a time.
@Suite struct FreeingTests {
    /// Commits records until so many segments are sealed.
    private static func fill(_ journal: inout Journal, sealing count: Int) throws {
        while journal.sealed.count < count {
            try journal.commit([[payload(Int(journal.lastPosition.rawValue), 1_000)]])
        }
    }

    private static func segments(_ storage: MemoryStorage) throws -> [UInt64] {
        try storage.list().compactMap(SegmentName.number).sorted()
    }

    @Test(arguments: [JournalSettings.Preparation.inline, .onThread])
    func whatIsFreedIsGone(_ preparation: JournalSettings.Preparation) throws {
        let storage = MemoryStorage()
        var first = JournalPosition.none
        try withJournal(storage, testSettings(preparation: preparation)) { journal in
            try Self.fill(&journal, sealing: 4)
            let all = journal.byteCount
            #expect(all == 6 * (16 << 10))
            // One record short of a whole segment frees what is before that one.
            let third = journal.sealed[2].lastPosition
            journal.free(through: JournalPosition(third.rawValue - 1))
            while journal.sealed.count > 2 { journal.settleFreed() }
            #expect(journal.sealed.map(\.number) == [3, 4])
            #expect(journal.statistics.freedSegments == 2)
            #expect(journal.byteCount == all - 2 * (16 << 10))
            first = JournalPosition(
                try #require(journal.sealed.first).lastPosition.rawValue)
            // What was written goes on, and nothing of it is freed however much is asked for.
            journal.free(through: journal.lastPosition)
            while !journal.sealed.isEmpty { journal.settleFreed() }
            try journal.commit([[payload(1, 10)]])
        }
        let opened = try withJournal(storage)
        #expect(opened.records.first?.position ?? 0 > first.rawValue)
        #expect(try Self.segments(storage) == [5, 6])
    }

    @Test func aJournalGoesOnBehindWhatWasFreed() throws {
        let storage = MemoryStorage()
        var last = JournalPosition.none
        for life in 0..<5 {
            let opened = try withJournal(storage) { journal in
                #expect(journal.lastPosition == last)
                let before = journal.sealed.count
                try Self.fill(&journal, sealing: before + 3)
                journal.free(through: journal.sealed[before + 1].lastPosition)
                #expect(journal.sealed.count == 1)
                last = journal.lastPosition
            }
            let positions = opened.records.map(\.position)
            #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 + 1 == $1 })
            #expect(life == 0 || positions.first ?? 0 > 1)
        }
        #expect(try Self.segments(storage).count == 3)
    }

    /// A copy that is being made keeps all segments; what is asked for behind it goes.
    @Test func nothingGoesWhileItIsHeld() throws {
        let storage = MemoryStorage()
        var settings = testSettings()
        let hold = FreeingHold()
        settings.freeing = hold
        try withJournal(storage, settings) { journal in
            try Self.fill(&journal, sealing: 3)
            let last = journal.sealed[1].lastPosition
            hold.take()
            journal.free(through: last)
            #expect(journal.sealed.map(\.number) == [1, 2, 3])
            #expect(try Self.segments(storage).prefix(3) == [1, 2, 3])
            hold.release()
            journal.free(through: last)
            #expect(journal.sealed.map(\.number) == [3])
        }
    }

    @Test func aReaderThatWasTooSlowIsToldSo() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try Self.fill(&journal, sealing: 3)
            var reader = try JournalReader(storage, lineage: journal.lineage)
            try reader.read(upTo: JournalPosition(2)) { _, _ in true }
            journal.free(through: journal.sealed[1].lastPosition)
            let oldest = try #require(try reader.oldest(durable: journal.durablePosition))
            #expect(oldest > JournalPosition(2))
            #expect(throws: JournalFailure.self) {
                try reader.read(upTo: journal.durablePosition) { _, _ in true }
            }
            #expect(try !reader.place(at: JournalPosition(2), durable: journal.durablePosition))
            #expect(try reader.place(at: oldest, durable: journal.durablePosition))
            var count: UInt64 = 0
            try reader.read(upTo: journal.durablePosition) { _, _ in
                count += 1
                return true
            }
            #expect(oldest.rawValue + count - 1 == journal.durablePosition.rawValue)
        }
    }

    /// No step that fails loses more than what was to go, or ends the journal; asked again, it is
    /// done.
    @Test func whatFailsIsTriedAgain() throws {
        for failing in 0..<8 {
            let storage = MemoryStorage()
            try withJournal(storage) { journal in
                try Self.fill(&journal, sealing: 3)
                let last = journal.sealed[1].lastPosition
                let left = Monitor(failing)
                storage.setFault { _, _, _ in
                    left.withLock { left in
                        left -= 1
                        return left == -1 ? .noSpace : nil
                    }
                }
                journal.free(through: last)
                storage.setFault(nil)
                if left.withLock({ $0 }) < 0 { #expect(journal.freeingFailure != nil) }
                try journal.commit([[payload(7, 10)]])
                journal.free(through: last)
                #expect(journal.freeingFailure == nil)
                #expect(journal.sealed.count == 1)
            }
            let opened = try withJournal(storage)
            #expect(opened.records.last?.payload == payload(7, 10))
            #expect(try Self.segments(storage).first == 3)
        }
    }
}
