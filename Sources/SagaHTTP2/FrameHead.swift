/// The first nine bytes of a frame (RFC 9113, 4.1).
struct FrameHead: Equatable {
    /// Bytes of payload behind the head.
    var length: Int
    /// A raw number: types are an open set.
    var type: UInt8
    var flags: UInt8
    var streamID: Int32

    /// How many bytes a head has.
    static let byteCount = 9

    /// Takes a head from its first eight bytes, most significant first, and its last one.
    init(first: UInt64, last: UInt8) {
        length = Int(first >> 40)
        type = UInt8(truncatingIfNeeded: first >> 32)
        flags = UInt8(truncatingIfNeeded: first >> 24)
        let stream = UInt32(truncatingIfNeeded: first) << 8 | UInt32(last)
        streamID = Int32(truncatingIfNeeded: stream & 0x7fff_ffff)
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// The frame types of RFC 9113.
enum FrameType: UInt8 {
    case data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate
    case continuation
}

/// The flags of RFC 9113; their meaning depends on the frame's type.
enum FrameFlag {
    static let endStream: UInt8 = 0x1
    static let acknowledgement: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
}
