internal import CZlib

/// Decompresses whole messages, one after the other, each on its own.
///
/// It holds about 40 KiB, whatever it decompresses; what is made once serves any number of
/// messages.
@safe package struct Decompressor: ~Copyable {
    /// At a place of its own: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let format: CompressionFormat

    /// What is asked for before the first byte of a small message has come out.
    private static let firstBytes = 512
    /// The most that is asked for at once, so that the number fits zlib's counter.
    private static let stepBytes = 1 << 30

    /// Makes a decompressor.
    package init(_ format: CompressionFormat) throws(CompressionFailure) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        // SAFETY: just allocated; without functions of ours zlib takes malloc and free.
        unsafe stream.initialize(to: z_stream())
        // Z_OK; Z_MEM_ERROR. Z_STREAM_ERROR and Z_VERSION_ERROR are for arguments that we do not
        // give and for a library that is not the header's.
        // SAFETY: the stream is initialized and stays where it is.
        let code = unsafe czlib_inflate_init(stream, format.windowBits)
        guard code == Z_OK else {
            // SAFETY: allocated above, and nobody else has it.
            unsafe stream.deallocate()
            precondition(code == Z_MEM_ERROR, "inflateInit2 gave \(code)")
            throw .outOfMemory
        }
        unsafe self.stream = stream
        self.format = format
    }

    deinit {
        // Z_OK; Z_STREAM_ERROR for a stream that is none.
        // SAFETY: the owner frees each once, zlib's part first.
        _ = unsafe inflateEnd(stream)
        // SAFETY: as above.
        unsafe stream.deallocate()
    }

    /// Decompresses a message of less than 4 GiB, all of it, to at most `limit` bytes.
    ///
    /// Room is made as bytes come out, never by what the input says of itself, and never for more
    /// than one byte over the limit: that byte tells a message over the limit from one that just
    /// fits. Members of gzip that follow each other give what they hold one behind the other.
    package mutating func decompress(
        _ input: Span<UInt8>, limit: Int
    ) throws(CompressionFailure) -> [UInt8] {
        var output: [UInt8] = []
        try decompress(input, limit: limit, into: &output)
        return output
    }

    /// The same into an empty array, which after a failure has what came out before it.
    mutating func decompress(
        _ input: Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(CompressionFailure) {
        precondition(limit >= 0 && limit < Int.max, "limit of \(limit) bytes")
        precondition(input.count < UInt32.max, "\(input.count) bytes are too many for zlib")
        reset()
        // SAFETY: the buffer outlives the calls of zlib, which has no pointer to it after them.
        try unsafe input.withUnsafeBufferPointer { input throws(CompressionFailure) in
            unsafe stream.pointee.next_in = input.baseAddress
            unsafe stream.pointee.avail_in = UInt32(input.count)
            defer { unsafe stream.pointee.next_in = nil }
            try inflateAll(into: &output, limit: limit, inputBytes: input.count)
        }
    }

    private func inflateAll(
        into output: inout [UInt8], limit: Int, inputBytes: Int
    ) throws(CompressionFailure) {
        // What people send becomes two to four times as large.
        let firstRoom = max(Self.firstBytes, inputBytes * 3)
        while true {
            let code = inflateOnce(
                into: &output,
                room: min(
                    limit + 1 - output.count, max(output.count, firstRoom), Self.stepBytes))
            guard output.count <= limit else { throw .overLimit(limit) }
            // SAFETY: the stream is alive as long as self.
            let (inputLeft, roomLeft) = unsafe (stream.pointee.avail_in, stream.pointee.avail_out)
            switch code {
            case Z_STREAM_END:
                if inputLeft == 0 { return }
                guard isAtMember else { throw .trailingBytes(Int(inputLeft)) }
                reset()
            case Z_OK, Z_BUF_ERROR:
                // With room left, zlib stopped for want of input.
                if roomLeft > 0 { throw .truncated }
            case Z_DATA_ERROR, Z_NEED_DICT: throw .corrupted
            case Z_MEM_ERROR: throw .outOfMemory
            // Z_STREAM_ERROR is for a stream that is none.
            default: preconditionFailure("inflate gave \(code)")  // C has no closed sets
            }
        }
    }

    /// Lets zlib write at most `room` bytes behind those that are there; returns its code.
    private func inflateOnce(into output: inout [UInt8], room: Int) -> Int32 {
        var code = Z_OK
        output.reserveCapacity(output.count + room)
        output.append(addingCapacity: room) { span in
            // SAFETY: the buffer outlives the call of zlib, which has no pointer to it after it
            // and initializes `room` bytes less those still free.
            unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(room)
                // Z_OK; Z_STREAM_END; Z_BUF_ERROR without progress; Z_DATA_ERROR; Z_NEED_DICT;
                // Z_MEM_ERROR; Z_STREAM_ERROR.
                code = unsafe inflate(stream, Z_NO_FLUSH)
                count = unsafe room - Int(stream.pointee.avail_out)
            }
        }
        // SAFETY: the stream is alive as long as self.
        unsafe stream.pointee.next_out = nil
        return code
    }

    /// Whether the input goes on with a further member of gzip: its two first bytes say so.
    private var isAtMember: Bool {
        // SAFETY: `avail_in` bytes can be read at `next_in`, and two are asked for.
        guard format == .gzip, unsafe stream.pointee.avail_in >= 2,
            let next = unsafe stream.pointee.next_in
        else { return false }
        // SAFETY: as above.
        return unsafe next[0] == 0x1f && next[1] == 0x8b
    }

    private func reset() {
        // Z_OK; Z_STREAM_ERROR for a stream that is none.
        // SAFETY: the stream is alive as long as self.
        let code = unsafe inflateReset(stream)
        precondition(code == Z_OK, "inflateReset gave \(code)")
    }
}
