package import SagaSystem

/// What a journal needs of a directory: one primitive a system call, so that tests and simulations
/// can make each one fail, or lose what it did at a crash.
package protocol Storage: Sendable {
    /// The path, for messages.
    var location: String { get }

    /// Owner, mode and file system of the directory.
    func facts() throws(SystemFailure) -> Directory.Facts

    /// Bytes that its file system still has room for; nil where that cannot be said.
    func freeBytes() throws(SystemFailure) -> UInt64?

    /// Takes the directory's group and all others the right to look in.
    func makePrivate() throws(SystemFailure)

    /// Takes the exclusive lock and notes the process in it.
    func lock(process: Int32) throws(SystemFailure) -> StorageLock

    /// Gives the lock back.
    func unlock()

    /// The names of all files.
    func list() throws(SystemFailure) -> [String]

    /// Makes a file, or empties an old one of this name.
    func create(_ name: String) throws(SystemFailure) -> any StorageFile

    /// Opens an existing file.
    func open(_ name: String) throws(SystemFailure) -> any StorageFile

    /// Renames a file, over one that may be there.
    func rename(_ old: String, to new: String) throws(SystemFailure)

    /// Removes a file.
    func remove(_ name: String) throws(SystemFailure)

    /// Makes creations, renames and removals durable.
    func syncDirectory() throws(SystemFailure)
}

extension Storage {
    func path(_ name: String) -> String { "\(location)/\(name)" }
}

/// What came of an attempt to lock a directory.
package enum StorageLock: Hashable, Sendable {
    /// The lock is ours until `unlock`, or until the process ends.
    case acquired
    /// Another process has it; its number, if it could be read.
    case held(by: Int32?)
}

/// An open file of a `Storage`; closed with its last reference.
package protocol StorageFile: AnyObject, Sendable {
    /// The size in bytes.
    func size() throws(SystemFailure) -> Int

    /// Reads up to `count` bytes and appends them; fewer only at the end of the file.
    ///
    /// If `uncached`, past the page cache; the offset is a multiple of 4096 then.
    func read(
        at offset: Int, count: Int, uncached: Bool, into bytes: inout [UInt8]
    ) throws(SystemFailure)

    /// Writes all bytes.
    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure)

    /// Makes the contents durable (fdatasync).
    func syncData() throws(SystemFailure)

    /// Makes contents and metadata durable (fsync).
    func sync() throws(SystemFailure)
}
