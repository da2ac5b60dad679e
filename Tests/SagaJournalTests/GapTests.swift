import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// The one gap that positions may have: in front of the record of a restored life.
@Suite struct GapTests {
    /// What is changed of such a record, with a right checksum all the same.
    enum Forgery: CaseIterable {
        case none
        /// Another record.
        case type
        /// One that goes on with the next.
        case continues
        /// Not the first of an incarnation.
        case position
        /// It names another place than where the gap begins.
        case durable
        /// It stands within a group.
        case withinGroup
    }

    static let leap = JournalPosition(5 << 32)

    /// A journal of two records, then the record of a restored life, changed in one way.
    static func journal(_ forgery: Forgery) throws -> MemoryStorage {
        let storage = MemoryStorage()
        var start = 0
        var last = 0
        var chain = FrameChain.beginning
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 5)]])
            last = journal.segmentOffset
            try journal.commit([[payload(2, 5)]])
            start = journal.segmentOffset
            chain = FrameChain(position: journal.lastPosition, checksum: journal.lastChecksum)
            var batch = FrameBatch()
            batch.append(type: .life, at: leap, saga: .none, continues: false) { $0.append(7) }
            _ = try journal.commit(&batch)
        }
        let name = SegmentName.name(1)
        var bytes = try #require(storage.contents(name))
        var span = bytes.mutableSpan
        let header = try SegmentHeader(span.span, file: name)
        let salt = FrameSalt(header.salt)
        var durable = chain.position
        switch forgery {
        case .none: break
        case .type: span.storeLittleEndian(testType.rawValue, at: start + 8)
        case .continues: span.storeLittleEndian(FrameFlags.continues.rawValue, at: start + 10)
        case .position: span.storeLittleEndian(leap.rawValue + 1, at: start + 16)
        case .durable: durable = JournalPosition(1)
        case .withinGroup:
            span.storeLittleEndian(FrameFlags.continues.rawValue, at: last + 10)
            let before = FrameHeader(span.span, at: last)
            chain.checksum =
                salt.seal(
                    &span, at: last, previousChecksum: before.previousChecksum,
                    durablePosition: before.durablePosition
                ).checksum
        }
        _ = salt.seal(
            &span, at: start, previousChecksum: chain.checksum, durablePosition: durable)
        storage.replace(name, with: bytes)
        return storage
    }

    @Test("Nothing else than that record may leave a gap", arguments: Forgery.allCases)
    func onlyThatRecord(_ forgery: Forgery) throws {
        let storage = try Self.journal(forgery)
        let expected: [UInt64] =
            switch forgery {
            case .none: [1, 2, Self.leap.rawValue]
            case .type, .continues, .position, .durable: [1, 2]
            case .withinGroup: [1]
            }
        var surveyed: [UInt64] = []
        // Somebody may be writing: what does not fit at the end is no damage then.
        let survey = try? JournalSurvey.run(storage) { header, _ in
            surveyed.append(header.position.rawValue)
        }
        if survey != nil { #expect(surveyed == expected) }
        do {
            let opened = try withJournal(storage)
            #expect(opened.records.map(\.position) == expected)
            #expect(opened.report.tornTails.isEmpty == (forgery == .none))
        } catch JournalFailure.damaged {
            // Its frame says that what was due in its place is durable.
            #expect(forgery != .none)
        }
    }

    @Test(
        "A reader beside the writer takes that gap, and calls another one damage",
        arguments: Forgery.allCases)
    func readers(_ forgery: Forgery) throws {
        guard forgery != .withinGroup else { return }
        let storage = try Self.journal(forgery)
        let names = try storage.list()
        let manifest = try #require(try Journal.readManifest(storage, names))
        var reader = try JournalReader(storage, lineage: manifest.lineage)
        var seen: [UInt64] = []
        func read() throws {
            try reader.read(upTo: Self.leap.next) { header, _ in
                seen.append(header.position.rawValue)
                return header.position != Self.leap
            }
        }
        if forgery == .none {
            var last = JournalPosition.none
            try reader.read(upTo: Self.leap) { header, _ in
                last = header.position
                return true
            }
            #expect(last == Self.leap)
        } else {
            #expect(throws: JournalFailure.self) { try read() }
            #expect(seen == [1, 2])
        }
    }

    @Test("A life that goes on by one may follow the last position of an incarnation")
    func goesOnByOne() throws {
        let before = FrameChain(position: JournalPosition(1 << 32 - 1), checksum: 3)
        #expect(!before.leaps(to: JournalPosition(1 << 32)))
        #expect(before.leaps(to: JournalPosition(2 << 32)))
        #expect(!before.leaps(to: JournalPosition(1 << 32 - 1)))
        #expect(!before.leaps(to: .none))
    }

    @Test("What is salvaged keeps the gap, also where records in front of it are lost")
    func salvage() throws {
        for loses in [false, true] {
            let storage = try Self.journal(.none)
            if loses {
                let name = SegmentName.name(1)
                var bytes = try #require(storage.contents(name))
                // Within the payload of the second record: the gap still names where it begins.
                let link = SegmentHeader.byteCount + LinkFrame.byteCount
                bytes[link + 48 + FrameHeader.byteCount] ^= 1
                storage.replace(name, with: bytes)
            }
            let target = MemoryStorage()
            let report = try JournalSalvage.run(
                from: storage, to: target, testSettings(seed: 77), progress: { _, _ in })
            #expect(report.losses.map(\.first) == (loses ? [JournalPosition(2)] : []))
            #expect(report.losses.map(\.last) == (loses ? [JournalPosition(2)] : []))
            var types: [RecordType] = []
            var positions: [UInt64] = []
            try visitJournal(target) { header, _ in
                types.append(header.type)
                positions.append(header.position.rawValue)
            }
            #expect(positions == [1, 2, Self.leap.rawValue])
            #expect(types == [testType, loses ? .lost : testType, .life])
        }
    }
}
