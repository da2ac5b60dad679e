import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// The decision between a torn tail and damage: the table alone, then journals made to be each of
/// its cases.
@Suite struct RecoveryCaseTests {
    private static var allFacts: [SegmentFacts] {
        var all: [SegmentFacts] = []
        for place in SegmentFacts.Place.allCases {
            for origin in SegmentFacts.Origin.allCases {
                for successor in SegmentFacts.Successor.allCases {
                    for ending in SegmentFacts.Ending.allCases {
                        for bits in 0..<8 {
                            all.append(
                                SegmentFacts(
                                    place: place, origin: origin, isLinked: bits & 1 != 0,
                                    hasSuccessor: bits & 2 != 0, successor: successor,
                                    ending: ending, isAcknowledged: bits & 4 != 0))
                        }
                    }
                }
            }
        }
        return all
    }

    @Test("Exactly one row fits whatever is found, and every row fits something")
    func oneRowEach() {
        var used: Set<RecoveryCase> = []
        for facts in Self.allFacts {
            let rows = RecoveryCase.table.filter { $0.fits(facts) }
            #expect(rows.count == 1, "\(facts): \(rows.map(\.name))")
            used.formUnion(rows.map(\.name))
        }
        #expect(Self.allFacts.count == 648)
        #expect(used == Set(RecoveryCase.allCases))
        #expect(RecoveryCase.table.map(\.name) == RecoveryCase.allCases)
    }

    /// The rules that the table must keep to, whatever its rows are.
    @Test func rulesOfTheTable() {
        for facts in Self.allFacts {
            let action = RecoveryCase.row(for: facts).action
            switch action {
            case .keep: #expect(facts.ending == .clean)
            case .cut: #expect(facts.ending != .clean)
            case .refuse: #expect(facts.place != .spare)
            }
            let isRefused = if case .refuse = action { true } else { false }
            // What was acknowledged and is not there is never passed over.
            if facts.place == .tail, facts.isAcknowledged { #expect(isRefused) }
            // A plain power cut tears the last write into the tail, or the first into the spare.
            if facts.place == .tail, facts.isLinked, !facts.isAcknowledged { #expect(!isRefused) }
            // A segment that another one follows was synced whole.
            if facts.place == .sealed, facts.successor == .disagrees || !facts.isLinked {
                #expect(isRefused)
            }
        }
    }

    // MARK: - Journals

    /// Which segments there are.
    enum Shape: String, CaseIterable {
        /// One, with none prepared behind it.
        case only
        /// One, and one prepared.
        case prepared
        /// Two used, one prepared.
        case rotated
        /// Two used, none prepared.
        case rotatedOnly
        /// The second and the prepared one: the first is freed.
        case freed
        /// The second alone.
        case freedOnly

        var target: UInt64 {
            switch self {
            case .only, .prepared: 1
            case .rotated, .rotatedOnly, .freed, .freedOnly: 2
            }
        }
        var hasSpare: Bool {
            switch self {
            case .prepared, .rotated, .freed: true
            case .only, .rotatedOnly, .freedOnly: false
            }
        }
    }

    /// What is done to a segment.
    enum Fault: String, CaseIterable {
        case none, link, firstRecord, lastRecord, behind, lastWrite, everything
    }

    struct Built {
        var storage: MemoryStorage
        /// Of the tail: LINK, first record, last record, MARK if there is one, end.
        var first = 0
        var lastWrite = 0
        var last = 0
        var end = 0
        /// The end of the sealed segment in front of it.
        var sealedEnd = 0
    }

    /// A journal of this shape whose last segment got one or two writes, and a MARK or none.
    static func build(_ shape: Shape, writes: Int, isMarked: Bool) throws -> Built {
        let storage = MemoryStorage()
        var built = Built(storage: storage)
        try withJournal(storage) { journal in
            if shape.target == 2 {
                try journal.commit([[payload(1, 3_000)], [payload(2, 5_000), payload(3, 1_000)]])
                built.sealedEnd = journal.segmentOffset
            }
            if !shape.hasSpare {
                storage.setFault { kind, _, number in kind == .create ? .noSpace : nil }
            }
            for write in 0..<writes {
                built.lastWrite = journal.segmentOffset
                try journal.commit([
                    [payload(8, write == 0 && shape.target == 2 ? 6_000 : 40)],
                    [payload(9, 16), payload(10, 24)],
                ])
            }
            if writes == 1 { built.lastWrite = 4096 }
            built.end = journal.segmentOffset
            #expect(journal.segmentNumber == shape.target)
            if isMarked { try journal.mark() }
        }
        storage.setFault(nil)
        built.first = 4096 + 72
        built.last = built.end - 64
        if shape == .freed || shape == .freedOnly {
            let bytes = try #require(storage.contents("manifest"))
            var manifest = try Manifest(bytes.span, file: "manifest")
            manifest.entries.removeFirst()
            storage.replace("manifest", with: manifest.encoded())
        }
        return built
    }

    static func apply(
        _ fault: Fault, to number: UInt64, _ built: Built, end: Int, last: Int, lastWrite: Int
    ) throws {
        let name = SegmentName.name(number)
        var bytes = try #require(built.storage.contents(name))
        func zero(_ range: Range<Int>) { for index in range { bytes[index] = 0 } }
        switch fault {
        case .none: return
        case .link: bytes[4096 + 50] ^= 4
        case .firstRecord: bytes[built.first + 50] ^= 4
        case .lastRecord: zero(last..<end)
        case .behind: bytes[end + 200] = 7
        // With the MARK, so that nothing tells of it.
        case .lastWrite: zero(lastWrite..<bytes.count)
        case .everything: zero(4096..<bytes.count)
        }
        built.storage.replace(name, with: bytes)
    }

    /// What opening finds: the case of each segment, or the one that is refused.
    private static func cases(_ storage: MemoryStorage) -> String {
        do {
            let report = try withJournal(storage).report
            let again = try withJournal(storage).report
            #expect(again.tornTails.isEmpty && again.records == report.records)
            return report.cases.sorted { $0.key < $1.key }.map(\.value.rawValue).joined()
        } catch JournalFailure.damaged(let damage) {
            let letter = damage.finding.suffix(8)
            return letter.hasPrefix("(case ") ? "!" + letter.dropFirst(6).dropLast() : "\(damage)"
        } catch {
            return "\(error)"
        }
    }

    /// By shape and fault of the last used segment: one write, one and a MARK, two, two and a MARK.
    private static let tails: [(Shape, [(Fault, [String])])] = [
        (
            .only,
            [
                (.none, ["O", "O", "O", "O"]), (.link, ["M", "!K", "!K", "!K"]),
                (.firstRecord, ["P", "!N", "!N", "!N"]), (.lastRecord, ["P", "!N", "P", "!N"]),
                (.behind, ["P", "P", "P", "P"]), (.lastWrite, ["L", "L", "O", "O"]),
                (.everything, ["L", "L", "L", "L"]),
            ]
        ),
        (
            .prepared,
            [
                (.none, ["OA", "OA", "OA", "OA"]), (.link, ["!I", "!I", "!I", "!I"]),
                (.firstRecord, ["PA", "!N", "!N", "!N"]), (.lastRecord, ["PA", "!N", "PA", "!N"]),
                (.behind, ["PA", "PA", "PA", "PA"]), (.lastWrite, ["!I", "!I", "OA", "OA"]),
                (.everything, ["!I", "!I", "!I", "!I"]),
            ]
        ),
        (
            .rotated,
            [
                (.none, ["COA", "COA", "COA", "COA"]), (.link, ["!I", "!I", "!I", "!I"]),
                (.firstRecord, ["CPA", "!N", "!N", "!N"]),
                (.lastRecord, ["CPA", "!N", "CPA", "!N"]),
                (.behind, ["CPA", "CPA", "CPA", "CPA"]), (.lastWrite, ["!I", "!I", "COA", "COA"]),
                (.everything, ["!I", "!I", "!I", "!I"]),
            ]
        ),
        (
            .rotatedOnly,
            [
                (.none, ["CO", "CO", "CO", "CO"]), (.link, ["EM", "!K", "!K", "!K"]),
                (.firstRecord, ["CP", "!N", "!N", "!N"]), (.lastRecord, ["CP", "!N", "CP", "!N"]),
                (.behind, ["CP", "CP", "CP", "CP"]), (.lastWrite, ["OA", "OA", "CO", "CO"]),
                (.everything, ["OA", "OA", "OA", "OA"]),
            ]
        ),
        (
            .freed,
            [
                (.none, ["OA", "OA", "OA", "OA"]), (.link, ["!I", "!I", "!I", "!I"]),
                (.firstRecord, ["PA", "!N", "!N", "!N"]), (.lastRecord, ["PA", "!N", "PA", "!N"]),
                (.behind, ["PA", "PA", "PA", "PA"]), (.lastWrite, ["!I", "!I", "OA", "OA"]),
                (.everything, ["!I", "!I", "!I", "!I"]),
            ]
        ),
        (
            .freedOnly,
            [
                (.none, ["O", "O", "O", "O"]), (.link, ["!J", "!J", "!J", "!J"]),
                (.firstRecord, ["P", "!N", "!N", "!N"]), (.lastRecord, ["P", "!N", "P", "!N"]),
                (.behind, ["P", "P", "P", "P"]), (.lastWrite, ["!J", "!J", "O", "O"]),
                (.everything, ["!J", "!J", "!J", "!J"]),
            ]
        ),
    ]

    @Test("Every fault of the last used segment, in every shape of a journal")
    func everyTail() throws {
        #expect(Self.tails.map(\.0) == Shape.allCases)
        for (shape, rows) in Self.tails {
            #expect(rows.map(\.0) == Fault.allCases)
            for (fault, expected) in rows {
                for (index, letters) in expected.enumerated() {
                    let built = try Self.build(
                        shape, writes: index / 2 + 1, isMarked: index % 2 == 1)
                    let end = built.end + (fault == .behind && index % 2 == 1 ? 40 : 0)
                    try Self.apply(
                        fault, to: shape.target, built, end: end, last: built.last,
                        lastWrite: built.lastWrite)
                    #expect(
                        Self.cases(built.storage) == letters,
                        "\(shape), \(fault), \(index / 2 + 1) writes, marked \(index % 2)")
                }
            }
        }
    }

    @Test(
        "Every fault of a full segment",
        arguments: [
            (.none, "COA", "CO"), (.link, "!H", "!H"), (.firstRecord, "!G", "!G"),
            (.lastRecord, "!G", "!G"), (.behind, "DOA", "DO"), (.lastWrite, "!H", "!H"),
            (.everything, "!H", "!H"),
        ] as [(Fault, String, String)])
    func everySealed(_ fault: Fault, _ withSpare: String, _ without: String) throws {
        for (shape, letters) in [(Shape.rotated, withSpare), (.rotatedOnly, without)] {
            let built = try Self.build(shape, writes: 1, isMarked: true)
            let whole = try #require(built.storage.contents("0000000001.segment"))
            try Self.apply(
                fault, to: 1, built, end: built.sealedEnd, last: built.sealedEnd - 1_040,
                lastWrite: 4096)
            #expect(Self.cases(built.storage) == letters, "\(shape), \(fault)")
            if letters.hasPrefix("D") {
                #expect(built.storage.contents("0000000001.segment") == whole)
                let torn = "0000000001.segment.\(built.sealedEnd).torn"
                #expect(built.storage.contents(torn)?.last == 7)
            }
        }
    }

    @Test("A full segment in front of one whose first write was torn")
    func sealedBeforeTorn() throws {
        for (fault, letters) in [(Fault.none, "EM"), (.behind, "!F"), (.lastRecord, "!K")] {
            let built = try Self.build(.rotatedOnly, writes: 1, isMarked: false)
            try Self.apply(
                .link, to: 2, built, end: built.end, last: built.last, lastWrite: built.lastWrite)
            try Self.apply(
                fault, to: 1, built, end: built.sealedEnd, last: built.sealedEnd - 1_040,
                lastWrite: 4096)
            #expect(Self.cases(built.storage) == letters, "\(fault)")
        }
    }

    @Test("A prepared segment that something strayed into")
    func spareTorn() throws {
        for (shape, letters) in [(Shape.prepared, "OB"), (.rotated, "COB"), (.freed, "OB")] {
            let built = try Self.build(shape, writes: 1, isMarked: true)
            let name = SegmentName.name(shape.target + 1)
            var bytes = try #require(built.storage.contents(name))
            bytes[9_000] = 1
            built.storage.replace(name, with: bytes)
            #expect(Self.cases(built.storage) == letters)
        }
    }

    @Test("Nonzero padding is not passed over")
    func padding() throws {
        let storage = MemoryStorage()
        var end = 0
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 9)]])
            end = journal.segmentOffset
            try journal.mark()
        }
        var bytes = try #require(storage.contents("0000000001.segment"))
        #expect(bytes[end - 7..<end].allSatisfy { $0 == 0 })
        bytes[end - 1] = 1
        storage.replace("0000000001.segment", with: bytes)
        #expect(Self.cases(storage) == "!N")
    }

    @Test("The journal's own frame of a newer release is refused unless it is ignorable")
    func unknownOwnFrame() throws {
        for flags in [FrameFlags(), .ignorable] {
            let storage = MemoryStorage()
            var (offset, checksum) = (0, UInt32(0))
            try withJournal(storage) { journal in
                try journal.commit([[payload(1, 9)]])
                (offset, checksum) = (journal.segmentOffset, journal.lastChecksum)
            }
            var frame = [UInt8](repeating: 0, count: FrameHeader.byteCount)
            finishFrame(&frame, at: 0, RecordType(rawValue: 7), flags, JournalPosition(1), .none)
            var bytes = try #require(storage.contents("0000000001.segment"))
            let salt = bytes.span.littleEndian(UInt64.self, at: 40)
            var span = frame.mutableSpan
            _ = FrameSalt(salt).seal(
                &span, at: 0, previousChecksum: checksum, durablePosition: JournalPosition(1))
            bytes.replaceSubrange(offset..<offset + frame.count, with: frame)
            storage.replace("0000000001.segment", with: bytes)
            let found = Self.cases(storage)
            if flags == .ignorable {
                #expect(found == "OA")
            } else {
                #expect(found.contains("of type 7; a newer sagad wrote it"), "\(found)")
            }
        }
    }

    @Test("Segments below the oldest listed one were freed, and are removed")
    func freedSegmentsAreRemoved() throws {
        let built = try Self.build(.freed, writes: 1, isMarked: true)
        #expect(built.storage.contents("0000000001.segment") != nil)
        let opened = try withJournal(built.storage) { try $0.commit([[payload(11, 5)]]) }
        #expect(opened.records.first?.position == 4)
        #expect(built.storage.contents("0000000001.segment") == nil)
        #expect(try withJournal(built.storage).records.last?.position == 7)
    }
}
