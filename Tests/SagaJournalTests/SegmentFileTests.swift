import SagaJournal
import SagaModel
import SagaSystem
import Testing

/// A directory whose segments cannot be opened or read, though they are listed.
private final class ClosedStorage: Storage {
    let disk: MemoryStorage
    /// What opening a segment fails with.
    let code: ErrorNumber

    init(_ disk: MemoryStorage, _ code: ErrorNumber) {
        (self.disk, self.code) = (disk, code)
    }

    var location: String { disk.location }
    func facts() throws(SystemFailure) -> Directory.Facts { try disk.facts() }
    func freeBytes() throws(SystemFailure) -> UInt64? { try disk.freeBytes() }
    func makePrivate() throws(SystemFailure) { try disk.makePrivate() }
    func lock(process: Int32) throws(SystemFailure) -> StorageLock {
        try disk.lock(process: process)
    }
    func unlock() { disk.unlock() }
    func list() throws(SystemFailure) -> [String] { try disk.list() }
    func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        try disk.create(name)
    }
    func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        guard name.hasSuffix(".segment") else { return try disk.open(name) }
        throw SystemFailure(operation: "openat", path: "\(location)/\(name)", code: code)
    }
    func rename(_ old: String, to new: String) throws(SystemFailure) {
        try disk.rename(old, to: new)
    }
    func remove(_ name: String) throws(SystemFailure) { try disk.remove(name) }
    func syncDirectory() throws(SystemFailure) { try disk.syncDirectory() }
}

/// Whoever opens a segment says the same of one that cannot be opened.
@Suite struct SegmentFileTests {
    private static let path = "/memory/0000000001.segment"

    private static func failure(_ code: ErrorNumber) -> SystemFailure {
        SystemFailure(operation: "openat", path: path, code: code)
    }

    @Test(arguments: [
        (ErrorNumber.notFound, JournalFailure.missingSegment(file: path)),
        (.accessDenied, .notWritable(path: "/memory", failure(.accessDenied))),
        (.inputOutput, .inputOutput(failure(.inputOutput))),
    ])
    func oneWordForASegmentThatCannotBeOpened(
        _ code: ErrorNumber, _ expected: JournalFailure
    ) throws {
        let disk = MemoryStorage()
        let opened = try withJournal(disk) { try $0.commit([[payload(1, 10)]]) }
        let storage = ClosedStorage(disk, code)

        #expect(throws: expected) { try withJournal(storage) }
        #expect(throws: expected) { _ = try JournalReader(storage, lineage: opened.lineage) }
        // Without any segment there is nothing to salvage.
        #expect(throws: JournalFailure.missingManifest(path: "/memory")) {
            _ = try JournalSalvage.run(from: storage, to: MemoryStorage(), testSettings()) { _, _ in
            }
        }
    }
}
