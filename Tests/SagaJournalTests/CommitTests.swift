import SagaJournal
import SagaModel
import SagaSystem
import Testing

@Suite struct CommitTests {
    @Test func recordsComeBackAsTheyWere() throws {
        let storage = MemoryStorage()
        let first = try withJournal(storage) { journal in
            try journal.commit([[payload(1, 0)], [payload(2, 1), payload(3, 300), payload(4, 8)]])
            try journal.commit([[payload(5, 13)]])
            #expect(journal.durablePosition == JournalPosition(5))
        }
        #expect(first.report.isNew && first.records.isEmpty)
        let second = try withJournal(storage)
        #expect(
            second.records == [
                TestRecord(position: 1, payload: payload(1, 0)),
                TestRecord(position: 2, payload: payload(2, 1), continues: true),
                TestRecord(position: 3, payload: payload(3, 300), continues: true),
                TestRecord(position: 4, payload: payload(4, 8)),
                TestRecord(position: 5, payload: payload(5, 13)),
            ])
        #expect(!second.report.isNew && second.report.records == 5)
        #expect(second.lineage == first.lineage)
        #expect(second.report.tornTails.isEmpty)
    }

    @Test func headerCarriesSagaTypeFlagsAndDurablePosition() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 5)]])
            var batch = FrameBatch()
            batch.append(
                type: RecordType(rawValue: 4242), at: JournalPosition(2), saga: JournalPosition(1),
                continues: false, isIgnorable: true
            ) { $0 += [1, 2, 3] }
            _ = try journal.commit(&batch)
        }
        var headers: [FrameHeader] = []
        try visitJournal(storage) { header, _ in headers.append(header) }
        let last = try #require(headers.last)
        #expect(last.type.rawValue == 4242)
        #expect(last.flags == .ignorable)
        #expect(last.saga == JournalPosition(1))
        #expect(last.durablePosition == JournalPosition(1))
        #expect(last.length == 43)
        #expect(headers.first?.durablePosition == JournalPosition.none)
        #expect(last.previousChecksum == headers.first?.checksum)
    }

    @Test func oneWriteAndOneSyncABatch() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 5)]])
            let before = storage.operationCount
            try journal.commit((0..<50).map { [payload($0, 20), payload($0, 30)] })
            #expect(storage.operationCount - before == 2)
            #expect(journal.statistics.dataSyncs == 2)
            #expect(journal.statistics.records == 101)
            #expect(journal.statistics.batches == 2)
            #expect(journal.statistics.syncTimes.count == 2)
            #expect(journal.statistics.batchBytes.count == 2)
            #expect(journal.statistics.batchBytes.sum < UInt64(journal.statistics.bytesWritten))
            var empty = FrameBatch()
            #expect(try journal.commit(&empty) == JournalPosition(101))
            #expect(storage.operationCount - before == 2)
        }
    }

    @Test func markIsWrittenOnceForWhatIsNotYetMarked() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try journal.mark()
            #expect(journal.statistics.dataSyncs == 0)
            try journal.commit([[payload(1, 5)]])
            try journal.mark()
            try journal.mark()
            #expect(journal.statistics.dataSyncs == 2)
            try journal.commit([[payload(2, 5)]])
        }
        let opened = try withJournal(storage)
        #expect(opened.records.map(\.position) == [1, 2])
    }

    @Test func positionsLeapOnlyToANewIncarnation() throws {
        let storage = MemoryStorage()
        let leap = JournalPosition(5 << 32)
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 5)]])
            var batch = FrameBatch()
            batch.append(type: .life, at: leap, saga: .none, continues: false) { $0.append(7) }
            #expect(try journal.commit(&batch) == leap)
        }
        let opened = try withJournal(storage) { journal in
            #expect(journal.lastPosition == leap)
            try journal.commit([[payload(3, 5)]])
        }
        #expect(opened.records.map(\.position) == [1, leap.rawValue])
        #expect(try withJournal(storage).records.count == 3)
    }

    @Test func groupsStayWholeOverManySegments() throws {
        let storage = MemoryStorage()
        var expected: [TestRecord] = []
        var seed: UInt64 = 7
        var segments: UInt64 = 0
        // Batches up to five times as large as a segment, reopened now and then.
        for round in 0..<12 {
            let opened = try withJournal(storage) { journal in
                for _ in 0..<4 {
                    var groups: [[[UInt8]]] = []
                    let groupCount = Int(splitMix(&seed) % 30) * (round % 3) + 1
                    for _ in 0..<groupCount {
                        let group = (0...splitMix(&seed) % 4).map { _ in
                            payload(expected.count, Int(splitMix(&seed) % 900))
                        }
                        for (index, bytes) in group.enumerated() {
                            expected.append(
                                TestRecord(
                                    position: UInt64(expected.count + 1), payload: bytes,
                                    continues: index < group.count - 1))
                        }
                        groups.append(group)
                    }
                    try journal.commit(groups)
                }
                if round % 2 == 0 { try journal.mark() }
                segments = journal.segmentNumber
            }
            #expect(opened.records.elementsEqual(expected.prefix(opened.records.count)))
            #expect(opened.report.tornTails.isEmpty)
        }
        #expect(segments > 20)
        #expect(try withJournal(storage).records == expected)
    }

    @Test func largestGroupFitsAndEveryEndOfSegmentWorks() throws {
        // The fill is moved byte by byte over the end of the segment.
        let limits = JournalLimits(segmentBytes: 8 << 10, windowBytes: 4 << 10)
        for missing in stride(from: 0, to: 200, by: 8) {
            let storage = MemoryStorage()
            let settings = testSettings(segmentBytes: 8 << 10, windowBytes: 4 << 10)
            let most = limits.largestGroupBytes - FrameHeader.byteCount - missing
            try withJournal(storage, settings) { journal in
                try journal.commit([[payload(1, most)]])
                try journal.mark()
                try journal.commit([[payload(2, 30)]])
                try journal.mark()
                try journal.commit([[payload(3, most)]])
            }
            #expect(
                try withJournal(storage, settings).records.map(\.payload.count) == [most, 30, most])
        }
    }

    @Test func failedSyncPoisons() throws {
        for operation in [MemoryStorage.Operation.syncData, .write] {
            let storage = MemoryStorage()
            try withJournal(storage) { journal in
                try journal.commit([[payload(1, 5)]])
                storage.setFault { kind, _, _ in kind == operation ? .inputOutput : nil }
                let expected = JournalFailure.inputOutput(
                    SystemFailure(
                        operation: operation.rawValue, path: "/memory/0000000001.segment",
                        code: .inputOutput))
                #expect(throws: expected) { try journal.commit([[payload(2, 5)]]) }
                #expect(expected.classification == .inputOutput)
                storage.setFault(nil)
                let before = storage.operationCount
                #expect(throws: expected) { try journal.commit([[payload(2, 5)]]) }
                #expect(throws: expected) { try journal.mark() }
                #expect(storage.operationCount == before)
                #expect(journal.durablePosition == JournalPosition(1))
            }
        }
    }

    @Test func failureToPrepareIsFeltOnlyWhenTheSegmentIsNeeded() throws {
        let storage = MemoryStorage()
        storage.setFault { kind, name, _ in
            kind == .create && name.hasPrefix("0000000002") ? .noSpace : nil
        }
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 9_000)]])
            try journal.commit([[payload(2, 100)]])
            storage.setFault(nil)
            try journal.commit([[payload(3, 9_000)]])
            #expect(journal.segmentNumber == 2)
        }
        #expect(try withJournal(storage).records.count == 3)
    }

    @Test(.timeLimit(.minutes(1))) func segmentsAreMadeOnAThread() throws {
        let storage = MemoryStorage()
        let settings = testSettings(preparation: .onThread)
        try withJournal(storage, settings) { journal in
            for number in 1...200 { try journal.commit([[payload(number, 1_000)]]) }
            #expect(journal.segmentNumber > 15)
        }
        #expect(try withJournal(storage, settings).records.count == 200)
    }
}
