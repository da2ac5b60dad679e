import SagaJournal
import SagaModel
import Testing

@testable import SagaCoordinator

/// `sagad --check`: what a start would find, and nothing is written.
@Suite struct RehearsalTests {
    /// What is said of a journal; that nothing was changed is seen on the way.
    private static func rehearse(_ storage: MemoryStorage) throws -> Rehearsal {
        let names = try storage.list().sorted()
        let files = names.map { storage.contents($0) }
        let operations = storage.operationCount
        let rehearsal = try Rehearsal.run(
            storage, Limits(), now: { UnreadableRecordTests.now + .seconds(5) })
        #expect(storage.operationCount == operations)
        #expect(try storage.list().sorted() == names)
        #expect(names.map { storage.contents($0) } == files)
        return rehearsal
    }

    private static func line(_ rehearsal: Rehearsal, _ beginning: String) -> String? {
        rehearsal.lines.first { $0.hasPrefix(beginning) }
    }

    @Test("Of a sound journal: its records, what lives, the next epoch")
    func sound() throws {
        let rehearsal = try Self.rehearse(UnreadableRecordTests.storage())
        #expect(rehearsal.isClean)
        #expect(
            Self.line(rehearsal, "journal ")?.contains(
                ": 4 records in 2 segments, the last at position 4,") == true)
        #expect(rehearsal.lines.contains("live sagas: 2 running"))
        #expect(rehearsal.lines.contains("timers due at once: 0"))
        #expect(Self.line(rehearsal, "the next start is epoch")?.hasSuffix("2") == true)
        #expect(Self.line(rehearsal, "torn") == nil)
        #expect(Self.line(rehearsal, "set aside") == nil)
        #expect(Self.line(rehearsal, "passed over") == nil)
    }

    @Test("A saga that would be set aside is named, and the check fails")
    func setAside() throws {
        let storage = try UnreadableRecordTests.storage()
        try UnreadableRecordTests.append(
            type: UnreadableRecordTests.attemptEnded, saga: 3, [0xFF], to: storage)
        let rehearsal = try Self.rehearse(storage)
        #expect(!rehearsal.isClean)
        let id = SagaID(high: 1, low: 1)
        #expect(Self.line(rehearsal, "set aside: saga \(id): ") != nil, "\(rehearsal.lines)")
    }

    @Test("What a newer release allows to be passed over is counted")
    func passedOver() throws {
        let storage = try UnreadableRecordTests.storage()
        try UnreadableRecordTests.append(
            type: 9_999, saga: 0, [1], isIgnorable: true, to: storage)
        let rehearsal = try Self.rehearse(storage)
        #expect(rehearsal.isClean)
        #expect(Self.line(rehearsal, "passed over, as their writer allows: 1 records") != nil)
    }

    @Test("What a start would be refused for is thrown")
    func refused() throws {
        let storage = try UnreadableRecordTests.storage()
        try UnreadableRecordTests.append(type: 9_999, saga: 0, [1], to: storage)
        let failure = #expect(throws: JournalFailure.self) {
            try Rehearsal.run(storage, Limits(), now: { UnreadableRecordTests.now })
        }
        #expect(failure?.code == "newer_record")
        #expect(failure?.classification == .directoryUnusable)
    }

    @Test("A torn end is told, and left as it is")
    func torn() throws {
        let storage = try UnreadableRecordTests.storage()
        let name = "0000000001.segment"
        var bytes = try #require(storage.contents(name))
        // The last frame loses its end, as when a write is cut.
        let end = try #require(bytes.lastIndex { $0 != 0 })
        bytes[end] ^= 0xFF
        storage.replace(name, with: bytes)
        let rehearsal = try Self.rehearse(storage)
        #expect(rehearsal.isClean)
        #expect(Self.line(rehearsal, "torn (case ")?.contains("/memory/\(name)") == true)
        #expect(rehearsal.lines.contains("live sagas: 1 running"))
    }
}
