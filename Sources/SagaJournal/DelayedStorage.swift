package import SagaSystem

/// A storage whose syncs take longer than the disk's own: for benchmarks, to see what a slower disk
/// would do.
package final class DelayedStorage: Storage {
    private let disk: any Storage
    private let microseconds: Int64

    /// Makes each sync of a storage's files take so much longer, in microseconds.
    package init(_ disk: any Storage, microseconds: Int64) {
        self.disk = disk
        self.microseconds = microseconds
    }

    /// The path of the directory.
    package var location: String { disk.location }

    /// What the directory says of itself.
    package func facts() throws(SystemFailure) -> Directory.Facts { try disk.facts() }

    /// Bytes that its file system still has room for.
    package func freeBytes() throws(SystemFailure) -> UInt64? { try disk.freeBytes() }

    /// Lets only the owner read the directory.
    package func makePrivate() throws(SystemFailure) { try disk.makePrivate() }

    /// Takes the lock.
    package func lock(process: Int32) throws(SystemFailure) -> StorageLock {
        try disk.lock(process: process)
    }

    /// Gives the lock back.
    package func unlock() { disk.unlock() }

    /// The names of all files.
    package func list() throws(SystemFailure) -> [String] { try disk.list() }

    /// Makes a file.
    package func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        DelayedFile(try disk.create(name), microseconds)
    }

    /// Opens a file.
    package func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        DelayedFile(try disk.open(name), microseconds)
    }

    /// Gives a file another name.
    package func rename(_ old: String, to new: String) throws(SystemFailure) {
        try disk.rename(old, to: new)
    }

    /// Removes a file.
    package func remove(_ name: String) throws(SystemFailure) { try disk.remove(name) }

    /// Makes all names durable.
    package func syncDirectory() throws(SystemFailure) {
        MonotonicInstant.sleep(microseconds: microseconds)
        try disk.syncDirectory()
    }
}

/// A file of a `DelayedStorage`.
private final class DelayedFile: StorageFile {
    private let file: any StorageFile
    private let microseconds: Int64

    init(_ file: any StorageFile, _ microseconds: Int64) {
        self.file = file
        self.microseconds = microseconds
    }

    func size() throws(SystemFailure) -> Int { try file.size() }

    func read(
        at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
    ) throws(SystemFailure) {
        try file.read(at: offset, count: count, uncached: uncached, into: &bytes)
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
        try file.write(bytes, at: offset)
    }

    func syncData() throws(SystemFailure) {
        MonotonicInstant.sleep(microseconds: microseconds)
        try file.syncData()
    }

    func sync() throws(SystemFailure) {
        MonotonicInstant.sleep(microseconds: microseconds)
        try file.sync()
    }
}
