import SagaJournal
import SagaModel
import SagaSystem
import Testing

/// Settings with a deterministic stream of "random" words and a clock that stands still.
func testSettings(
    segmentBytes: Int = 16 << 10, windowBytes: Int = 8 << 10, allowsVolatile: Bool = false,
    preparation: JournalSettings.Preparation = .inline, isRestored: Bool = false, user: UInt32 = 0,
    seed: UInt64 = 1
) -> JournalSettings {
    let words = Monitor(seed)
    return JournalSettings(
        limits: JournalLimits(segmentBytes: segmentBytes, windowBytes: windowBytes),
        preparation: preparation, allowsVolatile: allowsVolatile, isRestored: isRestored,
        user: user, process: 4711,
        entropy: { words.withLock { splitMix(&$0) } }, microseconds: { 0 })
}

/// SplitMix64 (Steele, Lea, Flood, 2014): small and good enough for tests.
func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
}

/// A record as a test sees it.
struct TestRecord: Hashable {
    var position: UInt64
    var payload: [UInt8]
    var continues = false
}

/// What a journal holds and says after it was opened.
struct Opened {
    var records: [TestRecord] = []
    var report: RecoveryReport
    var lineage: JournalLineage
}

let testType = RecordType(rawValue: 100)

/// Opens, notes everything, and calls the body with the journal.
@discardableResult
func withJournal(
    _ storage: any Storage, _ settings: JournalSettings = testSettings(),
    _ body: (inout Journal) throws -> Void = { _ in }
) throws -> Opened {
    var records: [TestRecord] = []
    var journal = try Journal.open(storage, settings) { header, payload in
        #expect(header.type == testType || header.type == .life)
        var bytes: [UInt8] = []
        for index in payload.indices { bytes.append(payload[index]) }
        records.append(
            TestRecord(
                position: header.position.rawValue, payload: bytes,
                continues: header.flags.contains(.continues)))
    }
    let opened = Opened(records: records, report: journal.recovered, lineage: journal.lineage)
    try body(&journal)
    return opened
}

/// Opens only to let a visitor see the frames.
func visitJournal(
    _ storage: any Storage, _ visit: (FrameHeader, Span<UInt8>) throws -> Void
) throws {
    let journal = try Journal.open(storage, testSettings(), visit)
    #expect(journal.durablePosition == journal.lastPosition)
}

extension Journal {
    /// Appends groups of payloads behind the last record and commits them as one batch.
    mutating func commit(_ groups: [[[UInt8]]]) throws(JournalFailure) {
        var batch = FrameBatch()
        var position = lastPosition
        for group in groups {
            for (index, payload) in group.enumerated() {
                position = position.next
                batch.append(
                    type: testType, at: position, saga: .none, continues: index < group.count - 1
                ) { $0.append(contentsOf: payload) }
            }
        }
        let durable = try commit(&batch)
        precondition(durable == position && batch.isEmpty)
    }
}

/// A payload that says its number and is as long as asked for.
func payload(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 == 0 ? number : number &* 31 &+ $0 &* 7) }
}
