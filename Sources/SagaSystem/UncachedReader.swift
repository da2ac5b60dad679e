internal import CSagaShims
internal import Glibc

/// An open file that is read past the page cache (O_DIRECT), to see what the device has.
///
/// After a failed write-back the cache can hold clean pages that never reached the device.
package struct UncachedReader: ~Copyable {
    /// The unit that O_DIRECT wants addresses, offsets and counts to be multiples of, in bytes.
    package static let alignment = 4096

    private let descriptor: FileDescriptor
    private let bounce: BounceBuffer

    /// Takes the open file over; `chunkBytes` is what one system call reads.
    init(_ descriptor: consuming FileDescriptor, chunkBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.bounce = BounceBuffer(count: chunkBytes, alignment: Self.alignment)
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
            // SAFETY: the bounce buffer has `count` bytes and lives as long as this reader.
            let got = unsafe pread(
                descriptor.rawValue, bounce.address, bounce.count, off_t(offset + done))
            if got < 0 && errno == EINTR { continue }
            if got < 0 { throw .last("pread", descriptor.path) }
            if got == 0 { return }
            let wanted = min(got, count - done)
            // SAFETY: pread has just filled `got` bytes of the buffer, of which `wanted` are read.
            unsafe bytes.append(
                contentsOf: UnsafeRawBufferPointer(start: bounce.address, count: wanted))
            done += wanted
            if got % Self.alignment != 0 { return }
        }
    }
}

/// Memory with an alignment, freed at its end.
@safe private struct BounceBuffer: ~Copyable, @unchecked Sendable {
    // The address never leaves this file and is used by one caller at a time.
    let address: UnsafeMutableRawPointer
    let count: Int

    init(count: Int, alignment: Int) {
        self.count = count
        // SAFETY: freed once, in deinit.
        unsafe self.address = .allocate(byteCount: count, alignment: alignment)
    }

    deinit {
        // SAFETY: allocated in init, and nothing else frees it.
        unsafe address.deallocate()
    }
}
