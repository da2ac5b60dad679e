import Glibc
import SagaJournal
import SagaModel
import SagaSystem
import Testing

@Suite struct DirectoryTests {
    /// A new empty directory, removed afterwards with all that is in it.
    private static func withDirectory(_ body: (String) throws -> Void) throws {
        let path = "/var/tmp/saga-journal-\(SystemRandom.word())"
        #expect(mkdir(path, 0o755) == 0)
        defer {
            _ = try? ChildProcess(.init("rm", ["-rf", path])).wait()
        }
        try body(path)
    }

    private static var settings: JournalSettings {
        testSettings(user: ThisProcess.effectiveUser, seed: SystemRandom.word())
    }

    private static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "opened"
        } catch {
            return (error as? JournalFailure)?.message ?? "\(error)"
        }
    }

    @Test(arguments: [JournalSettings.Preparation.inline, .onThread])
    func realFilesComeBack(_ preparation: JournalSettings.Preparation) throws {
        try Self.withDirectory { path in
            var settings = Self.settings
            settings.preparation = preparation
            for round in 0..<3 {
                let storage = try FileStorage(directory: path)
                let opened = try withJournal(storage, settings) { journal in
                    for number in 0..<30 { try journal.commit([[payload(number, 900)]]) }
                    try journal.mark()
                }
                #expect(opened.records.count == round * 30)
                #expect(opened.report.isNew == (round == 0))
            }
            let directory = try Directory(opening: path)
            #expect(try directory.facts().mode == 0o700)
            for name in try directory.entries() {
                var facts = stat()
                #expect(stat("\(path)/\(name)", &facts) == 0)
                #expect(facts.st_mode & 0o777 == 0o600, "\(name)")
                #expect(!name.hasSuffix(".new"))
                if name.hasSuffix(".segment") { #expect(facts.st_size == 16 << 10) }
            }
        }
    }

    @Test func lockTellsWhoHasIt() throws {
        try Self.withDirectory { path in
            let first = try FileStorage(directory: path)
            try withJournal(first, Self.settings) { _ in
                let second = try FileStorage(directory: path)
                #expect(throws: JournalFailure.inUse(path: path, holder: 4711)) {
                    try withJournal(second, Self.settings)
                }
            }
            #expect(try !withJournal(try FileStorage(directory: path), Self.settings).report.isNew)
        }
    }

    @Test func missingDirectoryAndFileInItsPlace() throws {
        try Self.withDirectory { path in
            let missing = "\(path)/none"
            #expect(throws: JournalFailure.directoryMissing(path: missing)) {
                _ = try FileStorage(directory: missing)
            }
            let file = "\(path)/file"
            _ = try FileDescriptor.create(file)
            #expect(throws: JournalFailure.notADirectory(path: file)) {
                _ = try FileStorage(directory: file)
            }
            #expect(
                Self.message { _ = try FileStorage(directory: missing) }
                    == "the data directory \(missing) does not exist; "
                    + "make it with: mkdir -m 700 \(missing)")
        }
    }

    @Test func memoryDiskIsRefusedUnlessAllowed() throws {
        let path = "/dev/shm/saga-journal-\(SystemRandom.word())"
        try Directory.make(path)
        defer {
            _ = try? ChildProcess(.init("rm", ["-rf", path])).wait()
        }
        var settings = Self.settings
        #expect(throws: JournalFailure.volatile(path: path, .memory("tmpfs"))) {
            try withJournal(try FileStorage(directory: path), settings)
        }
        settings.allowsVolatile = true
        try withJournal(try FileStorage(directory: path), settings) {
            try $0.commit([[payload(1, 10)]])
        }
        #expect(try withJournal(try FileStorage(directory: path), settings).records.count == 1)
    }

    @Test func ownerAndFileSystemOfTheDirectory() {
        let facts = Directory.Facts(owner: 7, mode: 0o700, fileSystem: .network("nfs"))
        let storage = MemoryStorage(facts: facts)
        #expect(throws: JournalFailure.wrongOwner(path: "/memory", owner: 7, user: 0)) {
            try withJournal(storage)
        }
        #expect(throws: JournalFailure.volatile(path: "/memory", .network("nfs"))) {
            try withJournal(storage, testSettings(user: 7))
        }
        #expect(storage.operationCount == 0)
    }

    @Test(arguments: [ErrorNumber.accessDenied, .readOnlyFileSystem])
    func directoryThatCannotBeWritten(_ code: ErrorNumber) {
        let storage = MemoryStorage(fault: { kind, _, _ in kind == .create ? code : nil })
        let failure = SystemFailure(
            operation: "openat", path: "/memory/0000000001.segment.new", code: code)
        let expected = JournalFailure.notWritable(path: "/memory", failure)
        #expect(throws: expected) { try withJournal(storage) }
        #expect(expected.classification == .directoryUnusable)
    }

    @Test func missingSegmentAndMissingManifest() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            for number in 1...4 { try journal.commit([[payload(number, 9_000)]]) }
        }
        for name in ["0000000001", "0000000003", "0000000005"] {
            let copy = storage.afterCrash { _ in true }
            try copy.remove("\(name).segment")
            let expected = JournalFailure.missingSegment(file: "/memory/\(name).segment")
            #expect(throws: expected) { try withJournal(copy) }
            #expect(expected.classification == .damaged)
        }
        let copy = storage.afterCrash { _ in true }
        try copy.remove("manifest")
        #expect(throws: JournalFailure.missingManifest(path: "/memory")) { try withJournal(copy) }
    }

    @Test func segmentOfAnotherLineage() throws {
        let (one, other) = (MemoryStorage(), MemoryStorage())
        let first = try withJournal(one) { try $0.commit([[payload(1, 10)]]) }
        let second = try withJournal(other, testSettings(seed: 2)) {
            try $0.commit([[payload(1, 10)]])
        }
        #expect(first.lineage != second.lineage)
        one.replace("0000000001.segment", with: try #require(other.contents("0000000001.segment")))
        let expected = JournalFailure.otherLineage(
            file: "/memory/0000000001.segment", found: second.lineage, expected: first.lineage)
        #expect(throws: expected) { try withJournal(one) }
        #expect(expected.classification == .directoryUnusable)
        #expect(expected.message.contains("\(second.lineage)"))
    }

    @Test(arguments: [("manifest", 16), ("0000000002.segment", 16)])
    func newerFormatIsRefused(_ file: String, _ least: Int) throws {
        let storage = MemoryStorage()
        try withJournal(storage) { try $0.commit([[payload(1, 10)]]) }
        var bytes = try #require(storage.contents(file))
        bytes[8] = 9
        bytes[12] = 2
        let end = bytes.count == 16 << 10 ? 4092 : bytes.count - 4
        var span = bytes.mutableSpan
        let sum = CRC32C.checksum(span.span.extracting(0..<end))
        span.storeLittleEndian(sum, at: end)
        storage.replace(file, with: bytes)
        let expected = JournalFailure.newerFormat(file: "/memory/\(file)", version: 9)
        #expect(throws: expected) { try withJournal(storage) }
        #expect(expected.classification == .directoryUnusable)
        #expect(least == 16)
    }

    @Test func unlistedSegmentIsRemovedOnlyIfUnused() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { try $0.commit([[payload(1, 10)]]) }
        let unused = [UInt8](repeating: 1, count: 4096) + [UInt8](repeating: 0, count: 12 << 10)
        storage.replace("0000000003.segment", with: unused)
        storage.replace("0000000004.segment.new", with: [1, 2, 3])
        storage.replace("archive.sqlite", with: [1])
        try withJournal(storage)
        #expect(
            try storage.list()
                == ["0000000001.segment", "0000000002.segment", "archive.sqlite", "manifest"])
        storage.replace("0000000003.segment", with: [UInt8](repeating: 1, count: 16 << 10))
        #expect(throws: JournalFailure.self) { try withJournal(storage) }
        #expect(storage.contents("0000000003.segment") != nil)
    }

    @Test func lineageIsAUUID() {
        let lineage = JournalLineage(randomHigh: .max, randomLow: .max)
        #expect(lineage.description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(
            JournalLineage(high: 0x0123_4567_89AB_CDEF, low: 0x0123_4567_89AB_CDEF).description
                == "01234567-89ab-cdef-0123-456789abcdef")
    }
}
