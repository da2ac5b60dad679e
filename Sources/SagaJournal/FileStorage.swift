package import SagaSystem
internal import Synchronization

/// A directory of this machine.
package final class FileStorage: Storage {
    /// The file that carries the lock and the number of the process that has it.
    package static let lockName = "lock"

    private let directory: SharedDirectory
    private let isReadOnly: Bool
    private let lockFile = Mutex<FileDescriptor?>(nil)

    /// The path that it was opened by.
    package var location: String { directory.value.path }

    /// Opens an existing directory; makes none, because a mistyped path must not become a journal.
    ///
    /// - Parameter isReadOnly: whether its files are only ever read, so that the rights to do so
    ///   are enough; what changes something is an error then.
    package init(directory path: String, isReadOnly: Bool = false) throws(JournalFailure) {
        self.isReadOnly = isReadOnly
        do throws(SystemFailure) {
            directory = SharedDirectory(try Directory(opening: path))
        } catch {
            if error.code == .notFound { throw .directoryMissing(path: path) }
            throw JournalFailure(error, in: path)
        }
    }

    /// Owner, mode and file system of the directory.
    package func facts() throws(SystemFailure) -> Directory.Facts {
        try directory.value.facts()
    }

    /// Bytes that its file system still has room for; nil where that cannot be said.
    package func freeBytes() throws(SystemFailure) -> UInt64? {
        try directory.value.freeBytes()
    }

    /// Lets only the owner read the directory.
    package func makePrivate() throws(SystemFailure) {
        try directory.value.setMode(0o700)
    }

    /// Takes the lock for a process; says who has it if another one does.
    package func lock(process: Int32) throws(SystemFailure) -> StorageLock {
        let file = try directory.value.openOrCreate(Self.lockName)
        guard try file.tryLock() else {
            var text: [UInt8] = []
            try file.read(at: 0, count: 32, into: &text)
            let digits = String(decoding: text, as: UTF8.self).prefix { $0.isNumber }
            return .held(by: Int32(digits))
        }
        // Whose lock it is is told to people only: a full disk keeps nobody from starting.
        let text = Array("\(process)\n".utf8)
        do throws(SystemFailure) {
            try file.write(text.span, at: 0)
            try file.truncate(to: text.count)
        } catch  where error.code != .noSpace && error.code != .quotaExceeded {
            throw error
        } catch {
            // What an earlier process has left there would name the wrong one.
            try file.truncate(to: 0)
        }
        var taken: FileDescriptor? = consume file
        lockFile.withLock { $0 = taken.take() }
        return .acquired
    }

    /// Keeps others from writing until the end, without making or changing a file: for who only
    /// reads and needs the journal at rest. False if somebody is writing.
    package func lockAgainstWriters() throws(SystemFailure) -> Bool {
        let file: FileDescriptor
        do throws(SystemFailure) {
            file = try directory.value.openForReading(Self.lockName)
        } catch {
            // Nobody has ever written here.
            if error.code == .notFound { return true }
            throw error
        }
        guard try file.tryLock(isShared: true) else { return false }
        var taken: FileDescriptor? = consume file
        lockFile.withLock { $0 = taken.take() }
        return true
    }

    /// Gives the lock back.
    package func unlock() {
        lockFile.withLock { file in
            file?.unlock()
            file = nil
        }
    }

    /// The names of all files.
    package func list() throws(SystemFailure) -> [String] {
        try directory.value.entries()
    }

    private func checkWritable(_ operation: String, _ name: String) throws(SystemFailure) {
        guard isReadOnly else { return }
        throw SystemFailure(operation: operation, path: path(name), code: .readOnlyFileSystem)
    }

    /// Makes a file, or empties it, and opens it.
    package func create(_ name: String) throws(SystemFailure) -> any StorageFile {
        try checkWritable("openat", name)
        return DiskFile(try directory.value.open(name, creating: true), name, directory)
    }

    /// Opens an existing file.
    package func open(_ name: String) throws(SystemFailure) -> any StorageFile {
        let file =
            isReadOnly
            ? try directory.value.openForReading(name)
            : try directory.value.open(name, creating: false)
        return DiskFile(file, name, directory)
    }

    /// Gives a file another name, in place of what had it.
    package func rename(_ old: String, to new: String) throws(SystemFailure) {
        try checkWritable("renameat", old)
        try directory.value.rename(old, to: new)
    }

    /// Removes a file.
    package func remove(_ name: String) throws(SystemFailure) {
        try checkWritable("unlinkat", name)
        try directory.value.remove(name)
    }

    /// Makes all names durable.
    package func syncDirectory() throws(SystemFailure) {
        try directory.value.synchronize()
    }
}

/// The directory, shared by the storage and its open files.
private final class SharedDirectory: Sendable {
    let value: Directory

    init(_ value: consuming Directory) {
        self.value = value
    }
}

private final class DiskFile: StorageFile {
    private let descriptor: FileDescriptor
    private let name: String
    private let directory: SharedDirectory

    init(_ descriptor: consuming FileDescriptor, _ name: String, _ directory: SharedDirectory) {
        self.descriptor = descriptor
        self.name = name
        self.directory = directory
    }

    func size() throws(SystemFailure) -> Int {
        try descriptor.size()
    }

    func read(
        at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
    ) throws(SystemFailure) {
        if uncached {
            do throws(SystemFailure) {
                return try directory.value.openUncached(name)
                    .read(at: offset, count: count, into: &bytes)
            } catch  where error.code != .invalidArgument {
                throw error
            } catch {
                // EINVAL: a file system without O_DIRECT, such as tmpfs, where the page cache is
                // all there is.
            }
        }
        try descriptor.read(at: offset, count: count, into: &bytes)
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
        try descriptor.write(bytes, at: offset)
    }

    func syncData() throws(SystemFailure) {
        try descriptor.synchronizeData()
    }

    func sync() throws(SystemFailure) {
        try descriptor.synchronize()
    }
}
