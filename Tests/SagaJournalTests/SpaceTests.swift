import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// A disk that gets full, and room that returns.
@Suite(.timeLimit(.minutes(2))) struct SpaceTests {
    private static let bounds = SpaceBounds(segmentBytes: 64 << 10)

    /// KiB of a segment, then of what is kept.
    private static let segments: [[Int]] = [
        [64 << 10, 1 << 10, 64], [4 << 10, 1 << 10, 64], [1 << 10, 256, 16], [64, 16, 1],
        [8, 2, 1],
    ]

    @Test(arguments: segments)
    func boundsFollowTheSegment(_ kilobytes: [Int]) {
        let bounds = SpaceBounds(segmentBytes: kilobytes[0] << 10)
        #expect(bounds.reserveBytes == kilobytes[1] << 10)
        #expect(bounds.lastBytes == kilobytes[2] << 10)
    }

    struct Row: Sendable {
        var ahead: JournalSpace.Ahead
        var room: Int
        var bytes: Int
        var level: SpaceLevel

        init(_ ahead: JournalSpace.Ahead, _ room: Int, _ bytes: Int, _ level: SpaceLevel) {
            (self.ahead, self.room, self.bytes, self.level) = (ahead, room, bytes, level)
        }
    }

    /// What is ahead, the room, bytes to be written, and the level behind them.
    private static let rows: [Row] = [
        Row(.ready, 0, 0, .ample), Row(.ready, 100, 1 << 30, .ample),
        Row(.underWay, 0, 0, .ample), Row(.underWay, 20_000, 1 << 30, .ample),
        Row(.lastReady, 20_000, 0, .low), Row(.lastReady, 20_000, 20_000, .low),
        Row(.lastReady, 20_000, 20_001, .spare), Row(.lastReady, 100, 43_616, .reserve),
        Row(.lastReady, 100, 58_976, .last), Row(.lastReady, 0, 60_001, .last),
        Row(.none, 60_000, 0, .spare), Row(.none, 16_385, 0, .spare),
        Row(.none, 16_384, 0, .reserve), Row(.none, 20_000, 3_616, .reserve),
        Row(.none, 1_025, 0, .reserve), Row(.none, 1_024, 0, .last), Row(.none, 0, 0, .last),
        Row(.none, 20_000, 20_001, .last),
    ]

    @Test(arguments: rows)
    func levels(_ row: Row) {
        let (ahead, room, bytes, level) = (row.ahead, row.room, row.bytes, row.level)
        let space = JournalSpace(
            ahead: ahead, roomBytes: room, segmentRoomBytes: 60_000, bounds: Self.bounds)
        #expect(space.level(afterWriting: bytes) == level)
        #expect(space.isShort == (ahead == .lastReady || ahead == .none))
        #expect(
            space.needsVerdict(afterWriting: bytes)
                == (ahead == .underWay && room - bytes <= Self.bounds.reserveBytes))
    }

    @Test func levelsGrowStrict() {
        let all = SpaceLevel.allCases
        #expect(all == all.sorted())
        #expect(all.map(\.takesStarts) == [true, false, false, false, false])
        #expect(all.map(\.takesForwardWork) == [true, true, false, false, false])
        #expect(all.map(\.takesRecords) == [true, true, true, false, false])
    }

    // MARK: - The whole way

    private static func batch(_ payloads: [[UInt8]], behind last: JournalPosition) -> FrameBatch {
        var batch = FrameBatch()
        var position = last
        for payload in payloads {
            position = position.next
            batch.append(type: testType, at: position, saga: .none, continues: false) {
                $0.append(contentsOf: payload)
            }
        }
        return batch
    }

    /// Fills a disk of 80 KiB with segments of 16 KiB, and notes each level as it is met.
    @Test(arguments: [JournalSettings.Preparation.inline, .onThread])
    func everyLevelInTurn(_ preparation: JournalSettings.Preparation) throws {
        let storage = MemoryStorage()
        storage.setCapacity(80 << 10)
        var written = 0
        try withJournal(storage, testSettings(preparation: preparation)) { journal in
            var levels: [SpaceLevel] = []
            var now: Int64 = 0
            var isFull = false
            while !isFull {
                now += 1_000_000
                let level = journal.lookAtSpace(at: now).level(afterWriting: 0)
                if levels.last != level { levels.append(level) }
                var batch = Self.batch([payload(written, 200)], behind: journal.lastPosition)
                let durable = try journal.commitWhatFits(&batch)
                isFull = !batch.isEmpty
                #expect(durable.rawValue == UInt64(isFull ? written : written + 1))
                if !isFull { written += 1 }
            }
            #expect(levels == SpaceLevel.allCases)
            #expect(journal.spaceFailure?.code == .noSpace)
            #expect(storage.contents("0000000005.segment.new") == nil)
            // What does not fit waits, and the mark has its place all the same.
            try journal.mark()
            var batch = Self.batch(
                [payload(written, 200), payload(written + 1, 20)], behind: journal.lastPosition)
            #expect(try journal.commitWhatFits(&batch).rawValue == UInt64(written))
            #expect(batch.recordCount == 2)
            storage.setCapacity(nil)
            // Not before the pause is over.
            #expect(journal.lookAtSpace(at: now + 1).ahead == .none)
            #expect(try journal.commitWhatFits(&batch).rawValue == UInt64(written))
            _ = journal.lookAtSpace(at: now + 1_000_000)
            #expect(journal.preparer.verdict() == .ready)
            #expect(journal.lookAtSpace(at: now + 2_000_000).level(afterWriting: 0) == .ample)
            #expect(try journal.commitWhatFits(&batch).rawValue == UInt64(written + 2))
            #expect(batch.isEmpty && journal.spaceFailure == nil)
        }
        let again = try withJournal(storage)
        let sizes = Array(repeating: 200, count: written + 1) + [20]
        #expect(again.records.map(\.payload.count) == sizes)
        #expect(again.report.tornTails.isEmpty)
    }

    /// Of a batch, the groups that fit are written; the others keep their place in it.
    @Test func whatFitsIsWritten() throws {
        let storage = MemoryStorage()
        storage.setCapacity(17 << 10)
        try withJournal(storage) { journal in
            let payloads = (0..<20).map { payload($0, 1_000) }
            var batch = Self.batch(payloads, behind: .none)
            let durable = try journal.commitWhatFits(&batch)
            #expect(durable.rawValue == 11 && batch.recordCount == 9)
            #expect(journal.durablePosition == durable)
            storage.setCapacity(nil)
            _ = journal.lookAtSpace(at: 0)
            _ = journal.lookAtSpace(at: 300_000)
            #expect(try journal.commitWhatFits(&batch).rawValue == 20)
            // Nothing had to be waited for, so one more goes the plain way.
            try journal.commit([[payload(20, 1_000)]])
        }
        let records = try withJournal(storage).records
        #expect(records.map(\.payload) == (0...20).map { payload($0, 1_000) })
    }

    /// Who cannot wait is told.
    @Test func withoutWaitingItIsAFailure() throws {
        let storage = MemoryStorage()
        storage.setCapacity(17 << 10)
        try withJournal(storage) { journal in
            #expect {
                try journal.commit((0..<20).map { [payload($0, 1_000)] })
            } throws: { error in
                guard case JournalFailure.diskFull = error else { return false }
                return true
            }
            #expect(throws: JournalFailure.self) { try journal.mark() }
        }
        #expect(try withJournal(storage).records.count == 11)
    }

    /// A start needs no room that is not there already.
    @Test(arguments: [JournalSettings.Preparation.inline, .onThread])
    func fullAtTheStart(_ preparation: JournalSettings.Preparation) throws {
        let storage = MemoryStorage()
        storage.setCapacity(17 << 10)
        try withJournal(storage) { journal in
            var batch = Self.batch((0..<9).map { payload($0, 1_000) }, behind: .none)
            _ = try journal.commitWhatFits(&batch)
        }
        let settings = testSettings(preparation: preparation)
        var lives = 0
        var now: Int64 = 0
        while true {
            var didFit = false
            let opened = try withJournal(storage, settings) { journal in
                now += 10_000_000
                let space = journal.lookAtSpace(at: now)
                #expect(space.ahead == .none && journal.spaceFailure?.code == .noSpace)
                #expect(space.level(afterWriting: 0) >= .reserve)
                var batch = Self.batch([payload(lives, 40)], behind: journal.lastPosition)
                _ = try journal.commitWhatFits(&batch)
                didFit = batch.isEmpty
                try journal.mark()
            }
            #expect(opened.records.count == 9 + lives)
            guard didFit else { break }
            lives += 1
        }
        // A quarter of the segment, in beginnings of 80 bytes and marks of 40.
        #expect(lives > 16)
        storage.setCapacity(nil)
        try withJournal(storage, settings) { journal in
            try journal.commit([[payload(1, 1_000)]])
        }
    }

    /// A quota: the file system has room, and does not give it.
    @Test func aQuotaIsTriedAgainEverMoreSeldom() throws {
        let attempts = Monitor<[Int64]>([])
        let clock = Monitor<Int64>(0)
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            storage.setFault { operation, name, _ in
                if operation == .create, name.hasSuffix(".new") {
                    attempts.withLock { $0.append(clock.withLock { $0 }) }
                }
                return operation == .write && name.hasSuffix(".new") ? .quotaExceeded : nil
            }
            try journal.commit([[payload(0, 100)]])
            for tick in Int64(1)...2_000 {
                clock.withLock { $0 = tick * 50_000 }
                let space = journal.lookAtSpace(at: tick * 50_000)
                #expect(space.level(afterWriting: 0) == .spare)
            }
            #expect(journal.spaceFailure?.code == .quotaExceeded)
            #expect(storage.contents("0000000002.segment.new") == nil)
            storage.setFault(nil)
            _ = journal.lookAtSpace(at: 120_000_000)
            #expect(journal.lookAtSpace(at: 120_000_001).level(afterWriting: 0) == .ample)
        }
        let times = attempts.withLock { $0 }
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(pauses.prefix(7).map { $0 / 50_000 } == [6, 11, 21, 41, 81, 161, 161])
        #expect(pauses.allSatisfy { $0 <= 8_050_000 } && times.count < 20)
    }

    /// A device that fails is no lack of room.
    @Test func anotherErrorIsStillTheEnd() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            storage.setFault { operation, name, _ in
                operation == .write && name.hasSuffix(".new") ? .inputOutput : nil
            }
            try journal.commit([[payload(0, 100)]])
            #expect(!journal.lookAtSpace(at: 0).isShort && journal.spaceFailure == nil)
            var batch = Self.batch(
                (0..<20).map { payload($0, 1_000) }, behind: journal.lastPosition)
            #expect {
                _ = try journal.commitWhatFits(&batch)
            } throws: { error in
                guard case JournalFailure.inputOutput(let failure) = error else { return false }
                return failure.code == .inputOutput
            }
        }
    }

    /// The listing of a segment needs room too; what was made is kept and not made twice.
    @Test func roomForTheSegmentButNotForItsListing() throws {
        let storage = MemoryStorage()
        let made = Monitor(0)
        try withJournal(storage) { journal in
            storage.setFault { operation, name, _ in
                if operation == .create, name.hasSuffix(".segment.new") {
                    made.withLock { $0 += 1 }
                }
                return operation == .write && name == "manifest.new" ? .noSpace : nil
            }
            try journal.commit([[payload(0, 100)]])
            #expect(journal.lookAtSpace(at: 0).level(afterWriting: 0) == .spare)
            storage.setFault { operation, name, _ in
                if operation == .create, name.hasSuffix(".segment.new") {
                    made.withLock { $0 += 1 }
                }
                return nil
            }
            #expect(journal.lookAtSpace(at: 300_000).level(afterWriting: 0) == .ample)
            #expect(made.withLock { $0 } == 1)
            try journal.commit((0..<20).map { [payload($0, 1_000)] })
        }
        #expect(try withJournal(storage).records.count == 21)
    }
}
