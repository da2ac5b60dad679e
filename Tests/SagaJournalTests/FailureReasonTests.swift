import SagaModel
import SagaSystem
import Testing

@testable import SagaJournal

/// Why a journal is not opened: each reason has a code of its own, a message that says what to do,
/// and changes nothing.
@Suite struct FailureReasonTests {
    private static let failure = SystemFailure(
        operation: "openat", path: "/data/x", code: .accessDenied)
    private static let damage = JournalFailure.Damage(
        file: "/data/0000000001.segment", offset: 4168, position: JournalPosition(7), finding: "bad"
    )

    static let reasons: [(JournalFailure, String, String, JournalFailure.Classification)] = [
        (.directoryMissing(path: "/d"), "directory_missing", "mkdir -m 700 /d", .directoryUnusable),
        (.notADirectory(path: "/d"), "not_a_directory", "name a directory", .directoryUnusable),
        (.notWritable(path: "/d", failure), "not_writable", "check the rights", .directoryUnusable),
        (
            .notWritable(
                path: "/d",
                SystemFailure(operation: "openat", path: "/d/x", code: .readOnlyFileSystem)),
            "read_only", "mount it writable", .directoryUnusable
        ),
        (.inUse(path: "/d", holder: 3), "in_use", "stop that one", .directoryUnusable),
        (
            .wrongOwner(path: "/d", owner: 1, user: 2), "wrong_owner", "chown -R 2 /d",
            .directoryUnusable
        ),
        (
            .volatile(path: "/d", .memory("tmpfs")), "volatile", "forgets everything",
            .directoryUnusable
        ),
        (
            .volatile(path: "/d", .network("nfs")), "network_file_system", "network file system",
            .directoryUnusable
        ),
        (
            .newerFormat(file: "/d/manifest", version: 9), "newer_format", "start the release",
            .directoryUnusable
        ),
        (
            .otherLineage(
                file: "/d/1", found: JournalLineage(high: 1, low: 1),
                expected: JournalLineage(high: 2, low: 2)), "other_journal", "put back the file",
            .directoryUnusable
        ),
        (.isBackup(path: "/d"), "backup", "--restored", .directoryUnusable),
        (
            .unfinishedBackup(path: "/d"), "unfinished_backup", "start another one",
            .directoryUnusable
        ),
        (
            .nothingToRestore(path: "/d"), "nothing_to_restore", "leave out --restored",
            .directoryUnusable
        ),
        (.missingSegment(file: "/d/1"), "missing_segment", "put it back", .damaged),
        (.missingManifest(path: "/d"), "missing_manifest", "put the manifest back", .damaged),
        (.damaged(damage), "damaged", "sagactl journal repair", .damaged),
        (.unreadableRecord(damage), "unreadable_record", "start the release", .damaged),
        (.newerRecord(damage), "newer_record", "a newer sagad wrote it", .directoryUnusable),
        (
            .diskFull(
                path: "/d", SystemFailure(operation: "pwrite", path: "/d/x", code: .noSpace)),
            "disk_full", "make room", .inputOutput
        ),
        (.inputOutput(failure), "input_output", "check the disk", .inputOutput),
    ]

    @Test("Each reason has its own code, its own advice and its kind")
    func codes() {
        for (failure, code, advice, classification) in Self.reasons {
            #expect(failure.code == code)
            #expect(failure.message.contains(advice), "\(failure.message)")
            #expect(failure.classification == classification)
            #expect(!failure.message.contains("\n"))
        }
        #expect(Set(Self.reasons.map(\.0.code)).count == Self.reasons.count)
        #expect(Set(Self.reasons.map(\.0.message)).count == Self.reasons.count)
    }

    @Test(
        "A full disk at the start is told as such",
        arguments: [ErrorNumber.noSpace, .quotaExceeded])
    func fullDisk(_ code: ErrorNumber) {
        let storage = MemoryStorage(fault: { kind, _, _ in kind == .write ? code : nil })
        let failure = #expect(throws: JournalFailure.self) { try withJournal(storage) }
        #expect(failure?.code == "disk_full" && failure?.classification == .inputOutput)
    }

    /// Which files there are, with their bytes.
    private static func picture(_ storage: MemoryStorage) throws -> [String: [UInt8]] {
        var picture: [String: [UInt8]] = [:]
        for name in try storage.list() { picture[name] = storage.contents(name) }
        return picture
    }

    @Test("A refused start has changed nothing, torn tails and leftovers included")
    func nothingIsChanged() throws {
        let storage = MemoryStorage()
        try withJournal(storage) { journal in
            for number in 1...4 { try journal.commit([[payload(number, 9_000)]]) }
        }
        // A torn tail, a strayed byte, a leftover; then something to refuse.
        var tail = try #require(storage.contents("0000000004.segment"))
        tail[14_000] = 3
        storage.replace("0000000004.segment", with: tail)
        storage.replace("0000000006.segment.new", with: [1])
        let whole = try Self.picture(storage)
        for (name, place) in [("0000000001.segment", 5_000), ("0000000003.segment", 20)] {
            let copy = storage.afterCrash { _ in true }
            var bytes = try #require(whole[name])
            bytes[place] ^= 1
            copy.replace(name, with: bytes)
            let before = try Self.picture(copy)
            #expect(throws: JournalFailure.self) { try withJournal(copy) }
            #expect(try Self.picture(copy) == before)
        }
        #expect(try withJournal(storage).report.tornTails.map(\.foundCase) == [.tailTorn])
        #expect(storage.contents("0000000006.segment.new") == nil)
    }
}
