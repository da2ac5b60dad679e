import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// A marked copy of a journal, and how it goes on.
@Suite struct RestoredTests {
    private static let leap = JournalPosition(9 << 32)

    private static let mark = BackupMark(
        lineage: JournalLineage(high: 1, low: 2), position: JournalPosition(3),
        epoch: Epoch(incarnation: 0, start: 4), madeAt: Instant(microseconds: 0))

    /// The files of a journal of three records with the mark of a backup.
    private static func backup() throws -> [String: [UInt8]] {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            try journal.commit([[payload(1, 40)], [payload(2, 5), payload(3, 700)]])
            try journal.mark()
        }
        storage.replace(BackupMark.name, with: Array(mark.text.utf8))
        return try files(storage)
    }

    private static func files(_ storage: MemoryStorage) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try storage.list() where name != FileStorage.lockName {
            files[name] = storage.contents(name)
        }
        return files
    }

    private static func storage(_ files: [String: [UInt8]]) -> MemoryStorage {
        let storage = MemoryStorage()
        for (name, bytes) in files { storage.replace(name, with: bytes) }
        return storage
    }

    /// Opens to restore, begins the new life and takes the mark away.
    private static func restore(_ storage: any Storage, at leap: JournalPosition) throws -> Opened {
        try withJournal(storage, testSettings(isRestored: true)) { journal in
            var batch = FrameBatch()
            batch.append(type: .life, at: leap, saga: .none, continues: false) { $0.append(9) }
            _ = try journal.commit(&batch)
            try journal.removeBackupMark()
        }
    }

    @Test("The mark is one line that says whose it is")
    func text() {
        #expect(
            Self.mark.text == """
                {"lineage":"00000000-0000-0001-0000-000000000002","position":"3","epoch":"4",\
                "madeAt":"1970-01-01T00:00:00.000Z"}

                """)
    }

    @Test("A backup is refused unless it is to be restored, and nothing in it is changed")
    func refused() throws {
        let files = try Self.backup()
        let storage = Self.storage(files)
        #expect(throws: JournalFailure.isBackup(path: storage.location)) {
            try withJournal(storage)
        }
        #expect(try Self.files(storage) == files)
        let opened = try Self.restore(storage, at: Self.leap)
        #expect(opened.records.count == 3)
        #expect(try !storage.list().contains(BackupMark.name))
        #expect(
            try withJournal(storage).records.map(\.position) == [1, 2, 3, Self.leap.rawValue])
    }

    @Test("Any copy can be restored, with a mark or without, also again")
    func anyCopy() throws {
        let storage = Self.storage(try Self.backup().filter { $0.key != BackupMark.name })
        _ = try Self.restore(storage, at: Self.leap)
        let again = JournalPosition(10 << 32)
        let opened = try Self.restore(storage, at: again)
        #expect(opened.records.count == 4)
        let last = try withJournal(storage).records.suffix(2).map(\.position)
        #expect(last == [Self.leap.rawValue, again.rawValue])
    }

    @Test("Where there is no journal nothing is restored, and none is begun")
    func nothing() throws {
        let empty = MemoryStorage()
        #expect(throws: JournalFailure.nothingToRestore(path: empty.location)) {
            try withJournal(empty, testSettings(isRestored: true))
        }
        #expect(try Self.files(empty).isEmpty)
        // A copy that was cut short ends without its manifest.
        let partial = Self.storage(try Self.backup().filter { $0.key != Manifest.name })
        #expect(throws: JournalFailure.missingManifest(path: partial.location)) {
            try withJournal(partial, testSettings(isRestored: true))
        }
        #expect(throws: JournalFailure.isBackup(path: partial.location)) {
            try withJournal(partial)
        }
    }

    @Test("A backup that is not whole yet is refused, to be restored or not, and left as it is")
    func unfinished() throws {
        let storage = Self.storage(try Self.backup())
        storage.replace(BackupMark.name, with: Array(BackupMark.unfinished.utf8))
        let files = try Self.files(storage)
        for isRestored in [false, true] {
            #expect(throws: JournalFailure.unfinishedBackup(path: storage.location)) {
                try withJournal(storage, testSettings(isRestored: isRestored))
            }
        }
        #expect(try Self.files(storage) == files)
        try BackupMark.write(Self.mark.text, to: storage)
        #expect(try Self.restore(storage, at: Self.leap).records.count == 3)
    }

    @Test(
        "What is salvaged of a backup is one, also where the copy was not whole",
        arguments: [mark.text, BackupMark.unfinished, ""])
    func salvaged(_ text: String) throws {
        let source = Self.storage(try Self.backup())
        source.replace(BackupMark.name, with: Array(text.utf8))
        let target = MemoryStorage()
        let salvage = try JournalSalvage.run(
            from: source, to: target, testSettings(seed: 77), progress: { _, _ in })
        #expect(salvage.isBackup && salvage.records == 3)
        #expect(throws: JournalFailure.isBackup(path: target.location)) {
            try withJournal(target, testSettings(seed: 78))
        }
        let copied = try #require(target.contents(BackupMark.name))
        #expect(copied == Array((text == BackupMark.unfinished ? "{}\n" : text).utf8))
        #expect(try Self.restore(target, at: Self.leap).records.count == 3)
    }

    @Test("A power cut while a backup is salvaged leaves nothing that starts without a word")
    func salvagedInPart() throws {
        let source = Self.storage(try Self.backup())
        let recording = RecordingStorage([:])
        _ = try JournalSalvage.run(
            from: source, to: recording, testSettings(seed: 77), progress: { _, _ in })
        var seed: UInt64 = 12
        var (refused, empty) = (0, 0)
        var disk = DiskImage([:])
        for operation in recording.operations {
            disk.apply(operation)
            for _ in 0..<8 {
                let state = disk.state(seed: splitMix(&seed))
                do {
                    let opened = try withJournal(Self.storage(state))
                    #expect(opened.records.isEmpty && state[Manifest.name] == nil)
                    empty += 1
                } catch JournalFailure.isBackup {
                    refused += 1
                }
            }
        }
        #expect(refused > 0 && empty > 0, "\(refused) \(empty)")
    }

    @Test("A power cut leaves the backup as it was, or a restored copy; either can be restored")
    func powerCuts() throws {
        let recording = RecordingStorage(try Self.backup())
        _ = try Self.restore(recording, at: Self.leap)
        var seed: UInt64 = 11
        var marked = 0
        var both = 0
        var restored = 0
        var disk = DiskImage(try Self.backup())
        for operation in recording.operations {
            disk.apply(operation)
            for _ in 0..<8 {
                let state = disk.state(seed: splitMix(&seed))
                let isMarked = state[BackupMark.name] != nil
                do {
                    let opened = try withJournal(Self.storage(state))
                    #expect(!isMarked && opened.records.last?.position == Self.leap.rawValue)
                    restored += 1
                } catch JournalFailure.isBackup {
                    #expect(isMarked)
                    marked += 1
                }
                let again = try Self.restore(
                    Self.storage(state), at: JournalPosition(10 << 32))
                let positions = again.records.map(\.position)
                let hasLife = positions == [1, 2, 3, Self.leap.rawValue]
                #expect(hasLife || (isMarked && positions == [1, 2, 3]))
                if hasLife && isMarked { both += 1 }
            }
        }
        #expect(marked > 0 && both > 0 && restored > 0, "\(marked) \(both) \(restored)")
    }
}
