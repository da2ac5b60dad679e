internal import CSagaShims
internal import Glibc

/// An open file that is read past the page cache (O_DIRECT), to see what the device has.
///
/// After a failed write-back the cache can hold clean pages that never reached the device.
@safe package struct UncachedReader: ~Copyable {
    /// The unit that O_DIRECT wants addresses, offsets and counts to be multiples of, in bytes.
    package static let alignment = 4096

    private let descriptor: FileDescriptor
    // Memory with the alignment. It is no type of its own, because the optimizer reaches for the
    // private metadata of such a type from other modules, and the link fails.
    private let chunk: UnsafeMutableRawPointer
    private let chunkBytes: Int

    /// Takes the open file over; `chunkBytes` is what one system call reads.
    init(_ descriptor: consuming FileDescriptor, chunkBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.chunkBytes = chunkBytes
        // SAFETY: freed once, in deinit.
        unsafe chunk = .allocate(byteCount: chunkBytes, alignment: Self.alignment)
    }

    deinit {
        // SAFETY: allocated in init, and nothing else frees it.
        unsafe chunk.deallocate()
    }

    /// Reads `count` bytes from `offset` and appends them; fewer only at the end of the file.
    ///
    /// The offset is a multiple of `alignment`, the count may be any.
    package func read(
        at offset: Int, count: Int, into bytes: inout [UInt8]
    ) throws(SystemFailure) {
        precondition(offset % Self.alignment == 0, "uncached read at \(offset)")
        var done = 0
        while done < count {
            // SAFETY: the chunk has `chunkBytes` bytes and lives as long as this reader.
            let got = unsafe pread(
                descriptor.rawValue, chunk, chunkBytes, off_t(offset + done))
            if got < 0 && errno == EINTR { continue }
            if got < 0 { throw .last("pread", descriptor.path) }
            if got == 0 { return }
            let wanted = min(got, count - done)
            // SAFETY: pread has just filled `got` bytes of the buffer, of which `wanted` are read.
            unsafe bytes.append(
                contentsOf: UnsafeRawBufferPointer(start: chunk, count: wanted))
            done += wanted
            if got % Self.alignment != 0 { return }
        }
    }
}
