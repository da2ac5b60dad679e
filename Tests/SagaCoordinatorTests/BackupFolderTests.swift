import Foundation
import SagaJournal
import SagaModel
import SagaSystem
import Testing

@testable import SagaCoordinator

/// Where a backup may be put, and what is left of one that was cut short.
@Suite struct BackupFolderTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "saga-backup-\(UUID().uuidString)").resolvingSymlinksInPath().path
        let files = FileManager.default

        init() throws {
            for name in ["", "/data", "/data/more", "/full", "/empty"] {
                try Directory.make(path + name)
            }
            try Data("x".utf8).write(to: URL(filePath: path + "/full/x"))
            try Data("x".utf8).write(to: URL(filePath: path + "/file"))
            try files.createSymbolicLink(
                atPath: path + "/link", withDestinationPath: path + "/data")
        }

        deinit { try? files.removeItem(atPath: path) }

        func backup(_ name: String) throws(Refusal) -> BackupFolder {
            try BackupFolder(path + name, dataDirectory: path + "/data")
        }
    }

    private static let refused = [
        ("/full", "BACKUP_NOT_EMPTY"), ("/file", "BACKUP_DIRECTORY"),
        ("/data", "BACKUP_INSIDE_DATA"),
        ("/data/new", "BACKUP_INSIDE_DATA"), ("/data/more/new", "BACKUP_INSIDE_DATA"),
        ("/empty/../data/new", "BACKUP_INSIDE_DATA"), ("/link/new", "BACKUP_INSIDE_DATA"),
        ("/none/new", "BACKUP_DIRECTORY"), ("/empty/..", "BACKUP_PATH"), ("/.", "BACKUP_PATH"),
    ]

    @Test(arguments: refused.indices) func refuses(_ row: Int) throws {
        let folder = try Folder()
        let (name, reason) = Self.refused[row]
        do {
            _ = try folder.backup(name)
            Issue.record("\(name) was taken")
        } catch {
            #expect(error.reason == reason, "\(error.message)")
        }
        for path in ["", "backup", "./backup", "/"] {
            do {
                _ = try BackupFolder(path, dataDirectory: folder.path + "/data")
                Issue.record("\(path) was taken")
            } catch {
                #expect(error.reason == "BACKUP_PATH")
                #expect(error.code == .invalidArgument)
            }
        }
    }

    @Test("It is there under its name once it is whole, and before that a start in it is refused")
    func begunAndFinished() throws {
        let folder = try Folder()
        for name in ["/new", "/empty", "/empty/../other/"] {
            let backup = try folder.backup(name)
            let storage = try backup.begin()
            #expect(storage.location == backup.path + ".partial")
            #expect(try storage.facts().mode == 0o700)
            #expect(try storage.list().sorted() == ["backup.json", "lock"])
            let before = (try? Directory(opening: backup.path).entries()) ?? []
            #expect(before.isEmpty)
            #expect(try BackupMark.saysUnfinished(in: storage))
            try backup.finish(
                storage,
                BackupMark(
                    lineage: JournalLineage(high: 1, low: 2), position: JournalPosition(3),
                    epoch: Epoch(incarnation: 0, start: 4), madeAt: Instant(microseconds: 0)))
            #expect(try !BackupMark.saysUnfinished(in: FileStorage(directory: backup.path)))
            #expect(!folder.files.fileExists(atPath: backup.path + ".partial"))
            #expect(try Directory(opening: backup.path).entries() == ["backup.json"])
            #expect(throws: Refusal.self) { try folder.backup(name) }
        }
    }

    @Test("What was cut short is removed by the next one, what somebody else has there is not")
    func leftovers() throws {
        let folder = try Folder()
        let backup = try folder.backup("/new")
        do {
            let storage = try backup.begin()
            _ = try storage.create("0000000001.segment")
            _ = try storage.create("archive.sqlite-journal")
            // Somebody is at it.
            do {
                _ = try folder.backup("/new").begin()
                Issue.record("two write to one place")
            } catch {
                #expect(error.reason == "BACKUP_RUNNING", "\(error.message)")
            }
            storage.unlock()
        }
        let again = try backup.begin()
        #expect(try again.list().sorted() == ["backup.json", "lock"])
        _ = try again.create("letter.txt")
        again.unlock()
        do {
            _ = try backup.begin()
            Issue.record("what is somebody else's was removed")
        } catch {
            #expect(error.reason == "BACKUP_NOT_EMPTY", "\(error.message)")
        }
        #expect(folder.files.fileExists(atPath: backup.path + ".partial/letter.txt"))
    }

    @Test("A data directory of this name is no copy that was cut short")
    func restoredInPlace() throws {
        let folder = try Folder()
        let backup = try folder.backup("/new")
        let storage = try backup.begin()
        _ = try storage.create("0000000001.segment")
        try storage.remove(BackupMark.name)
        storage.unlock()
        do {
            _ = try backup.begin()
            Issue.record("a data directory was removed")
        } catch {
            #expect(error.reason == "BACKUP_NOT_EMPTY", "\(error.message)")
        }
        #expect(folder.files.fileExists(atPath: backup.path + ".partial/0000000001.segment"))
    }

    @Test("The pace is kept, and whoever stops it waits for nothing", .timeLimit(.minutes(1)))
    func pace() throws {
        let fast = BackupPace(bytesPerSecond: 1 << 40)
        #expect(fast.goOn(after: 1 << 20))
        let began = MonotonicInstant.now()
        let slow = BackupPace(bytesPerSecond: 10_000)
        #expect(slow.goOn(after: 500) && slow.goOn(after: 500))
        #expect(MonotonicInstant.now().microseconds(since: began) >= 100_000)
        let thread = try SystemThread(name: "stops") { slow.stop() }
        // An hour and more, if nobody stopped it.
        #expect(!slow.goOn(after: 100_000_000))
        thread.join()
        #expect(!slow.goOn(after: 1))
    }
}
