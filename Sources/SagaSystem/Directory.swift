internal import CSagaShims
internal import Glibc

/// An open directory; files are named relative to it, so that renaming it changes nothing.
package struct Directory: ~Copyable, Sendable {
    /// What can be known of a directory before anything is written into it.
    package struct Facts: Hashable, Sendable {
        /// The user who owns it.
        package var owner: UInt32
        /// Its permission bits.
        package var mode: UInt32
        /// The file system that it is on.
        package var fileSystem: FileSystemKind

        /// Makes facts of their parts, also for a simulated directory.
        package init(owner: UInt32, mode: UInt32, fileSystem: FileSystemKind) {
            self.owner = owner
            self.mode = mode
            self.fileSystem = fileSystem
        }
    }

    private let descriptor: FileDescriptor

    /// The path that it was opened by.
    package var path: String { descriptor.path }

    /// Opens an existing directory.
    package init(opening path: String) throws(SystemFailure) {
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        let rawValue = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard rawValue >= 0 else { throw .last("open", path) }
        descriptor = FileDescriptor(owning: rawValue, path: path)
    }

    /// Makes a directory that only its owner can read.
    package static func make(_ path: String) throws(SystemFailure) {
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        guard unsafe mkdir(path, 0o700) == 0 else { throw .last("mkdir", path) }
    }

    /// The absolute path of what a path leads to, without links, `.` and `..`.
    package static func resolved(_ path: String) throws(SystemFailure) -> String {
        // SAFETY: the path is a zero-terminated copy for the time of the call; what is returned is
        // a zero-terminated text that is ours to free.
        guard let text = unsafe realpath(path, nil) else { throw .last("realpath", path) }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// Removes a directory and everything below it; links are removed, not followed.
    package static func removeTree(_ path: String) throws(SystemFailure) {
        let names = try Directory(opening: path).entries()
        for name in names {
            let child = "\(path)/\(name)"
            var status = stat()
            // SAFETY: path and address are valid for the time of the call.
            guard unsafe lstat(child, &status) == 0 else { throw .last("lstat", child) }
            if status.st_mode & S_IFMT == S_IFDIR {
                try removeTree(child)
            } else {
                try WholeFile.removeIfPresent(child)
            }
        }
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        guard unsafe rmdir(path) == 0 else { throw .last("rmdir", path) }
    }

    /// Owner, mode and file system.
    package func facts() throws(SystemFailure) -> Facts {
        var status = stat()
        // SAFETY: the address is that of a local variable for the time of the call.
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw .last("fstat", path) }
        return Facts(
            owner: status.st_uid, mode: status.st_mode & 0o7777,
            fileSystem: try FileSystemKind(of: descriptor))
    }

    /// Bytes that may still be written on its file system; nil where that has no size of its own.
    package func freeBytes() throws(SystemFailure) -> UInt64? {
        var bytes: UInt64 = 0
        // SAFETY: the address is that of a local variable for the time of the call.
        let code = unsafe saga_free_bytes(descriptor.rawValue, &bytes)
        guard code == 0 else {
            throw SystemFailure(
                operation: "fstatfs", path: path, code: ErrorNumber(rawValue: code))
        }
        return bytes == .max ? nil : bytes
    }

    /// Sets the permission bits.
    package func setMode(_ mode: UInt32) throws(SystemFailure) {
        guard fchmod(descriptor.rawValue, mode) == 0 else { throw .last("fchmod", path) }
    }

    /// The names of all entries but `.` and `..`, in no order.
    package func entries() throws(SystemFailure) -> [String] {
        // SAFETY: the path is a constant string.
        let again = unsafe openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard again >= 0 else { throw .last("openat", path) }
        // SAFETY: the stream takes the descriptor over and is closed below, once.
        guard let stream = unsafe fdopendir(again) else {
            let failure = SystemFailure.last("fdopendir", path)
            close(again)
            throw failure
        }
        // SAFETY: the stream is open and not used after this.
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            // SAFETY: the entry is valid until the next call; its name ends with a zero byte.
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        if errno != 0 { throw .last("readdir", path) }
        return names
    }

    /// Opens a file to read and write; made anew and empty, mode 0600, if `creating`.
    package func open(_ name: String, creating: Bool) throws(SystemFailure) -> FileDescriptor {
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (creating ? O_CREAT | O_TRUNC : 0)
        return try open(name, flags)
    }

    /// Opens an existing file to read.
    package func openForReading(_ name: String) throws(SystemFailure) -> FileDescriptor {
        try open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    }

    /// Opens a file to read and write, mode 0600, made if it is missing, its contents kept.
    package func openOrCreate(_ name: String) throws(SystemFailure) -> FileDescriptor {
        try open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT)
    }

    private func open(_ name: String, _ flags: Int32) throws(SystemFailure) -> FileDescriptor {
        let filePath = "\(path)/\(name)"
        // SAFETY: the name is a zero-terminated copy for the time of the call.
        let rawValue = unsafe openat(descriptor.rawValue, name, flags, 0o600)
        guard rawValue >= 0 else { throw .last("openat", filePath) }
        return FileDescriptor(owning: rawValue, path: filePath)
    }

    /// Opens a file for reads past the page cache; EINVAL where the file system has no such reads.
    package func openUncached(_ name: String) throws(SystemFailure) -> UncachedReader {
        let filePath = "\(path)/\(name)"
        // SAFETY: the name is a zero-terminated copy for the time of the call.
        let rawValue = unsafe saga_open_uncached(descriptor.rawValue, name)
        guard rawValue >= 0 else { throw .last("openat", filePath) }
        return UncachedReader(FileDescriptor(owning: rawValue, path: filePath))
    }

    /// Renames a file, over one that may be there.
    package func rename(_ old: String, to new: String) throws(SystemFailure) {
        // SAFETY: the names are zero-terminated copies for the time of the call.
        guard unsafe renameat(descriptor.rawValue, old, descriptor.rawValue, new) == 0 else {
            throw .last("renameat", "\(path)/\(old)")
        }
    }

    /// Removes a file.
    package func remove(_ name: String) throws(SystemFailure) {
        // SAFETY: the name is a zero-terminated copy for the time of the call.
        guard unsafe unlinkat(descriptor.rawValue, name, 0) == 0 else {
            throw .last("unlinkat", "\(path)/\(name)")
        }
    }

    /// Makes creations, renames and removals durable (fsync).
    package func synchronize() throws(SystemFailure) {
        try descriptor.synchronize()
    }
}
