internal import CZlib

/// Compresses whole messages, one after the other, each on its own.
///
/// It holds about 268 KiB, whatever it compresses; what is made once serves any number of
/// messages.
@safe package struct Compressor: ~Copyable {
    /// At a place of its own: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// The level between speed and size that zlib takes for itself.
    package static let defaultLevel = 6

    /// Makes a compressor; `level` goes from 1, fastest, to 9, smallest.
    package init(
        _ format: CompressionFormat, level: Int = Self.defaultLevel
    ) throws(CompressionFailure) {
        precondition((1...9).contains(level), "level \(level) is not in 1...9")
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        // SAFETY: just allocated; without functions of ours zlib takes malloc and free.
        unsafe stream.initialize(to: z_stream())
        // Z_OK; Z_MEM_ERROR. Z_STREAM_ERROR and Z_VERSION_ERROR are for arguments that we do not
        // give and for a library that is not the header's.
        // SAFETY: the stream is initialized and stays where it is.
        let code = unsafe czlib_deflate_init(stream, Int32(level), format.windowBits)
        guard code == Z_OK else {
            // SAFETY: allocated above, and nobody else has it.
            unsafe stream.deallocate()
            precondition(code == Z_MEM_ERROR, "deflateInit2 gave \(code)")
            throw .outOfMemory
        }
        unsafe self.stream = stream
    }

    deinit {
        // Z_OK; Z_DATA_ERROR when a stream was not finished, which does not matter here.
        // SAFETY: the owner frees each once, zlib's part first.
        _ = unsafe deflateEnd(stream)
        // SAFETY: as above.
        unsafe stream.deallocate()
    }

    /// Compresses a message of less than 4 GiB.
    package mutating func compress(_ input: Span<UInt8>) -> [UInt8] {
        precondition(input.count < UInt32.max, "\(input.count) bytes are too many for zlib")
        // Z_OK; Z_STREAM_ERROR for a stream that is none.
        // SAFETY: the stream is alive as long as self.
        let reset = unsafe deflateReset(stream)
        precondition(reset == Z_OK, "deflateReset gave \(reset)")
        // SAFETY: as above.
        let bound = unsafe Int(deflateBound(stream, UInt(input.count)))
        var output: [UInt8] = []
        // SAFETY: the buffers outlive the call of zlib, which has no pointer to them after it.
        unsafe input.withUnsafeBufferPointer { input in
            unsafe stream.pointee.next_in = input.baseAddress
            unsafe stream.pointee.avail_in = UInt32(input.count)
            output.append(addingCapacity: bound) { span in
                // SAFETY: as above; zlib initializes `bound` bytes less those still free.
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(bound)
                    // Z_STREAM_END, since the whole input is there and the output has the room
                    // that deflateBound asked for. Z_OK and Z_BUF_ERROR are for less room,
                    // Z_STREAM_ERROR for a stream that is none.
                    let code = unsafe deflate(stream, Z_FINISH)
                    precondition(code == Z_STREAM_END, "deflate gave \(code)")
                    count = unsafe bound - Int(stream.pointee.avail_out)
                }
            }
            unsafe stream.pointee.next_in = nil
            unsafe stream.pointee.next_out = nil
        }
        return output
    }
}
