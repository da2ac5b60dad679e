internal import CSagaShims
internal import Glibc

/// The owner of an open file: closes it at its end.
///
/// Every call goes on after a signal and every failure names the path.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The number that the kernel gave.
    package let rawValue: Int32

    /// What failures name.
    package let path: String

    /// Takes over an open descriptor.
    package init(owning rawValue: Int32, path: String) {
        self.rawValue = rawValue
        self.path = path
    }

    deinit {
        // EIO of close says nothing that fsync did not say; EINTR closes on Linux too.
        close(rawValue)
    }

    /// Opens a file for writing, made anew and empty, readable by its owner only.
    package static func create(_ path: String) throws(SystemFailure) -> FileDescriptor {
        try open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
    }

    /// Opens an existing file for reading.
    package static func openForReading(_ path: String) throws(SystemFailure) -> FileDescriptor {
        try open(path, O_RDONLY | O_CLOEXEC)
    }

    private static func open(_ path: String, _ flags: Int32) throws(SystemFailure) -> FileDescriptor
    {
        // SAFETY: the path is a zero-terminated copy for the time of the call.
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw .last("open", path) }
        return FileDescriptor(owning: descriptor, path: path)
    }

    /// The size of the file in bytes.
    package func size() throws(SystemFailure) -> Int {
        var facts = stat()
        // SAFETY: the address is that of a local variable for the time of the call.
        guard unsafe fstat(rawValue, &facts) == 0 else { throw .last("fstat", path) }
        return Int(facts.st_size)
    }

    /// Reads up to `count` bytes from `offset` and appends them; fewer only at the end of the file.
    package func read(
        at offset: Int, count: Int, into bytes: inout [UInt8]
    ) throws(SystemFailure) {
        var failure: SystemFailure?
        bytes.append(addingCapacity: count) { output in
            // SAFETY: pread writes at most the room that is left; what it wrote is initialized.
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                let start = initialized
                while initialized - start < count {
                    let done = initialized - start
                    let got = unsafe pread(
                        rawValue, buffer.baseAddress! + initialized, count - done,
                        off_t(offset + done))
                    if got < 0 && errno == EINTR { continue }
                    if got < 0 { failure = .last("pread", path) }
                    if got <= 0 { return }
                    initialized += got
                }
            }
        }
        if let failure { throw failure }
    }

    /// Writes all bytes at `offset`.
    package func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemFailure) {
        var failure: SystemFailure?
        // SAFETY: `done` is less than the count, so the rest lies inside the span.
        unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let put = unsafe pwrite(
                    rawValue, buffer.baseAddress! + done, buffer.count - done,
                    off_t(offset + done))
                if put < 0 && errno == EINTR { continue }
                if put < 0 {
                    failure = .last("pwrite", path)
                    return
                }
                if put == 0 {
                    // No error to the system, and no progress: not to be tried for ever.
                    failure = SystemFailure(operation: "pwrite", path: path, code: .inputOutput)
                    return
                }
                done += put
            }
        }
        if let failure { throw failure }
    }

    /// Makes contents and size durable (fdatasync).
    package func synchronizeData() throws(SystemFailure) {
        // EINTR is not retried: after a failed sync the state of the pages is not known.
        guard fdatasync(rawValue) == 0 else { throw .last("fdatasync", path) }
    }

    /// Makes contents and all metadata durable (fsync).
    package func synchronize() throws(SystemFailure) {
        guard fsync(rawValue) == 0 else { throw .last("fsync", path) }
    }

    /// Sets the size, for a file that is not yet in use.
    package func truncate(to size: Int) throws(SystemFailure) {
        guard ftruncate(rawValue, off_t(size)) == 0 else { throw .last("ftruncate", path) }
    }

    /// Takes the exclusive advisory lock of the file, which goes with this descriptor.
    ///
    /// Returns false if another open file has it.
    ///
    /// - Parameter isShared: whether others may have it too, if they share it.
    package func tryLock(isShared: Bool = false) throws(SystemFailure) -> Bool {
        while true {
            if flock(rawValue, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 { return true }
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw .last("flock", path) }
        }
    }

    /// Gives the lock back, also for copies of the descriptor: a child process that is just being
    /// started has one until it becomes another program.
    package func unlock() {
        // It fails for what is no open file only.
        _ = flock(rawValue, LOCK_UN)
    }
}
