package import SagaModel
internal import SagaSystem

/// What a frame holds, for whoever reads the payload.
package struct RecordType: RawRepresentable, Hashable, Sendable {
    /// The number in the frame.
    package let rawValue: UInt16

    /// Takes any number; the journal refuses to append those below `firstOfRecords`.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The first frame of a segment, which ties it to the segment before.
    package static let link = RecordType(rawValue: 1)

    /// A frame without a record, which only carries the durable position.
    package static let mark = RecordType(rawValue: 2)

    /// The record with which a life of the coordinator begins: the only one that may leave a gap in
    /// front of it, which a restore does.
    package static let life = RecordType(rawValue: 16)

    /// A record that stands in for one that could not be salvaged, so that positions have no gap.
    package static let lost = RecordType(rawValue: .max)

    /// The lowest number that is free for records; those below are the journal's own.
    package static let firstOfRecords: UInt16 = 16

    /// Whether the frame is one of the journal's own and takes no position.
    var isJournals: Bool { rawValue < Self.firstOfRecords }
}

/// The flags of a frame.
package struct FrameFlags: OptionSet, Hashable, Sendable {
    /// The bits in the frame.
    package let rawValue: UInt16

    /// Takes any bits.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The group goes on with the next frame.
    package static let continues = FrameFlags(rawValue: 1)

    /// A release that does not know the type may pass over the record.
    package static let ignorable = FrameFlags(rawValue: 2)
}

/// The fixed part of a frame: 40 bytes, little-endian.
///
///     0 u32 length | 4 u32 CRC32C | 8 u16 type | 10 u16 flags | 12 u32 previous frame's CRC
///     | 16 u64 position | 24 u64 durable position | 32 u64 saga | payload | zeros to 8 bytes
///
/// The length counts header and payload but not the zeros; 0 stands for the end of the segment.
/// The CRC covers the segment's salt, the header without the CRC itself, and the payload.
package struct FrameHeader: Hashable, Sendable {
    /// The bytes of the header.
    package static let byteCount = 40

    /// Bytes of header and payload.
    package var length: Int
    /// The CRC of the frame, which the next frame repeats.
    package var checksum: UInt32
    /// What the frame holds.
    package var type: RecordType
    /// Whether the group goes on, and whether the record may be passed over.
    package var flags: FrameFlags
    /// The CRC of the frame before this one.
    package var previousChecksum: UInt32
    /// The number of the record; the journal's own frames repeat that of the record before.
    package var position: JournalPosition
    /// The highest position that was known to be durable when the frame was written.
    package var durablePosition: JournalPosition
    /// The position of the start record of the record's saga; none for a record without a saga.
    package var saga: JournalPosition

    /// Whether it may leave a gap in front of it, if a group begins with it.
    var mayLeap: Bool { type == .life && !flags.contains(.continues) }

    /// Whether there is a gap in front of it, by what it says itself.
    var isBehindGap: Bool {
        mayLeap && FrameChain.leaps(from: durablePosition, to: position)
    }

    /// Bytes from this frame to the next.
    var stride: Int { Self.stride(length) }

    static func stride(_ length: Int) -> Int { (length + 7) & ~7 }

    /// Reads the fields that stand at an index; at least 40 bytes must follow it.
    init(_ bytes: Span<UInt8>, at index: Int) {
        length = Int(bytes.littleEndian(UInt32.self, at: index))
        checksum = bytes.littleEndian(UInt32.self, at: index + 4)
        type = RecordType(rawValue: bytes.littleEndian(UInt16.self, at: index + 8))
        flags = FrameFlags(rawValue: bytes.littleEndian(UInt16.self, at: index + 10))
        previousChecksum = bytes.littleEndian(UInt32.self, at: index + 12)
        position = JournalPosition(bytes.littleEndian(UInt64.self, at: index + 16))
        durablePosition = JournalPosition(bytes.littleEndian(UInt64.self, at: index + 24))
        saga = JournalPosition(bytes.littleEndian(UInt64.self, at: index + 32))
    }
}

/// The salt of a segment, ready to be what every CRC in it starts from.
///
/// So no frame of another segment, and no payload that looks like a frame, can pass for one.
struct FrameSalt: Hashable, Sendable {
    private let start: UInt32

    init(_ salt: UInt64) {
        var bytes = [UInt8](repeating: 0, count: 8)
        var span = bytes.mutableSpan
        span.storeLittleEndian(salt, at: 0)
        start = CRC32C.checksum(bytes.span)
    }

    /// The CRC of the frame of `length` bytes that stands at an index.
    func checksum(_ bytes: Span<UInt8>, at index: Int, length: Int) -> UInt32 {
        let head = CRC32C.checksum(bytes.extracting(index..<index + 4), after: start)
        return CRC32C.checksum(bytes.extracting(index + 8..<index + length), after: head)
    }

    /// Fills in what is only known when a frame is written, the CRC last.
    func seal(
        _ bytes: inout MutableSpan<UInt8>, at index: Int, previousChecksum: UInt32,
        durablePosition: JournalPosition
    ) -> (checksum: UInt32, stride: Int) {
        bytes.storeLittleEndian(previousChecksum, at: index + 12)
        bytes.storeLittleEndian(durablePosition.rawValue, at: index + 24)
        let length = Int(bytes.span.littleEndian(UInt32.self, at: index))
        let sum = checksum(bytes.span, at: index, length: length)
        bytes.storeLittleEndian(sum, at: index + 4)
        return (sum, FrameHeader.stride(length))
    }
}

/// The last frame so far: what the next one must follow.
struct FrameChain: Hashable, Sendable {
    var position: JournalPosition
    var checksum: UInt32

    /// Before the first frame of a journal.
    static let beginning = FrameChain(position: .none, checksum: 0)

    /// Whether there is a gap in front of a position as a restore leaves one: positions go on at
    /// the first of a new incarnation, which stands in the high 32 bits.
    static func leaps(from last: JournalPosition, to next: JournalPosition) -> Bool {
        next.rawValue != last.rawValue + 1 && next > last && next.rawValue & 0xFFFF_FFFF == 0
    }

    /// The same behind this frame.
    func leaps(to next: JournalPosition) -> Bool { Self.leaps(from: position, to: next) }

    /// Whether a frame that fits stands only between two groups: one of the journal's own, and one
    /// behind a gap.
    func beginsGroup(_ header: FrameHeader) -> Bool {
        header.type.isJournals || leaps(to: header.position)
    }

    /// Whether a frame that is valid alone is the one that belongs here.
    func isFollowed(by header: FrameHeader) -> Bool {
        guard header.previousChecksum == checksum else { return false }
        if header.type.isJournals {
            return header.position == position && !header.flags.contains(.continues)
        }
        if header.position.rawValue == position.rawValue + 1 { return true }
        // It was written when all before the gap was durable, and so names where the gap begins.
        return header.mayLeap && leaps(to: header.position) && header.durablePosition == position
    }
}
