internal import CProtobufC
internal import CSagaProtos

/// The memory that messages are unpacked in, one after the other; one owner, reused for each
/// message.
///
/// It has a limit of its own because one byte on the wire can cost eighty in memory (a list of
/// empty messages).
///
/// Sendable because it has one owner, and every use is exclusive.
@safe package struct DecodingArena: ~Copyable, @unchecked Sendable {
    private var memory: BumpArena

    /// Makes an arena.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that one message may take when it is unpacked.
    ///   - chunk: how many of these are kept between messages.
    package init(limit: Int, chunk: Int = 65_536) {
        memory = BumpArena(chunk: chunk, limit: limit)
    }

    /// Unpacks one message and reads it; everything that the body is given is gone afterwards.
    ///
    /// - Parameters:
    ///   - bytes: the message as it came.
    ///   - unpack: the generated function of its type.
    ///   - read: makes the value of it.
    mutating func unpack<Message, Value: ~Copyable>(
        _ bytes: Span<UInt8>,
        with unpack: (
            UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
        ) -> UnsafeMutablePointer<Message>?,
        _ read: (UnsafeMutablePointer<Message>) throws(CodecFailure) -> Value
    ) throws(CodecFailure) -> Value {
        memory.reset()
        // SAFETY: the bytes live for the time of the call; the message lives until the reset, which
        // nothing but the next call of this function does.
        let message = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe unpack(memory.pointer, bytes.count, bytes.baseAddress ?? Self.noBytes)
        }
        guard let message = unsafe message else {
            throw CodecFailure("", memory.isExhausted ? .tooLarge : .malformed)
        }
        return try unsafe read(message)
    }

    /// An address for a message of no bytes, which protobuf-c does not read from.
    private static var noBytes: UnsafePointer<UInt8> {
        // SAFETY: it is never read.
        unsafe UnsafePointer(bitPattern: 1)!
    }
}
