internal import SagaJournal
internal import SagaSystem
internal import Synchronization

/// A directory in memory that nothing goes wrong with, and that costs little also in a debug build.
///
/// What is written counts as durable: a test's coordinator crashes between two of its turns only,
/// and each turn ends with a sync.
final class TestStorage: Storage {
    private let files = Mutex<[String: TestFile]>([:])

    let location = "/memory"

    func facts() throws(SystemFailure) -> Directory.Facts {
        Directory.Facts(owner: 0, mode: 0o700, fileSystem: .local)
    }

    func freeBytes() throws(SystemFailure) -> UInt64? { nil }

    func makePrivate() throws(SystemFailure) {}

    /// The last life is over without having given it back.
    func lock(process: Int32) throws(SystemFailure) -> StorageLock { .acquired }

    func unlock() {}

    func list() throws(SystemFailure) -> [String] { files.withLock { $0.keys.sorted() } }

    func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        let file = TestFile()
        files.withLock { $0[name] = file }
        return file
    }

    func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        guard let file = files.withLock({ $0[name] }) else { throw missing("openat", name) }
        return file
    }

    func rename(_ old: String, to new: String) throws(SystemFailure) {
        let isThere = files.withLock { files in
            guard let file = files.removeValue(forKey: old) else { return false }
            files[new] = file
            return true
        }
        if !isThere { throw missing("renameat", old) }
    }

    func remove(_ name: String) throws(SystemFailure) {
        guard files.withLock({ $0.removeValue(forKey: name) }) != nil else {
            throw missing("unlinkat", name)
        }
    }

    func syncDirectory() throws(SystemFailure) {}

    private func missing(_ operation: String, _ name: String) -> SystemFailure {
        SystemFailure(operation: operation, path: "\(location)/\(name)", code: .notFound)
    }
}

private final class TestFile: StorageFile {
    private let contents = Mutex<[UInt8]>([])

    func size() throws(SystemFailure) -> Int { contents.withLock(\.count) }

    func read(
        at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
    ) throws(SystemFailure) {
        let found = contents.withLock { contents in
            contents[min(offset, contents.count)..<min(offset + count, contents.count)]
        }
        bytes += found
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
        contents.withLock { $0.write(bytes, at: offset) }
    }

    func syncData() throws(SystemFailure) {}

    func sync() throws(SystemFailure) {}
}
