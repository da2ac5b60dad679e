internal import SagaModel
internal import SagaSystem

/// The first 4 KiB of a segment: what is known when it is prepared. Little-endian.
///
///     0 magic | 8 u32 format | 12 u32 least reader | 16 u64 x 2 lineage | 32 u64 segment number
///     | 40 u64 salt | 48 u64 segment bytes | zeros | 4092 u32 CRC32C of all before
///
/// Place and kind of magic, versions and CRC are the same in all formats.
struct SegmentHeader: Hashable, Sendable {
    static let byteCount = 4096

    var lineage: JournalLineage
    var number: UInt64
    var salt: UInt64
    var segmentBytes: Int

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        var span = bytes.mutableSpan
        span.storeLittleEndian(JournalFormat.segmentMagic, at: 0)
        span.storeLittleEndian(JournalFormat.version, at: 8)
        span.storeLittleEndian(JournalFormat.leastReader, at: 12)
        span.storeLittleEndian(lineage.high, at: 16)
        span.storeLittleEndian(lineage.low, at: 24)
        span.storeLittleEndian(number, at: 32)
        span.storeLittleEndian(salt, at: 40)
        span.storeLittleEndian(UInt64(segmentBytes), at: 48)
        let end = Self.byteCount - 4
        let sum = CRC32C.checksum(span.span.extracting(0..<end))
        span.storeLittleEndian(sum, at: end)
        return bytes
    }

    /// Reads a header; the file is named in failures.
    init(_ bytes: Span<UInt8>, file: String) throws(JournalFailure) {
        try JournalFormat.check(
            bytes, count: Self.byteCount, magic: JournalFormat.segmentMagic, file: file)
        lineage = JournalLineage(
            high: bytes.littleEndian(UInt64.self, at: 16),
            low: bytes.littleEndian(UInt64.self, at: 24))
        number = bytes.littleEndian(UInt64.self, at: 32)
        salt = bytes.littleEndian(UInt64.self, at: 40)
        segmentBytes = Int(truncatingIfNeeded: bytes.littleEndian(UInt64.self, at: 48))
    }

    init(lineage: JournalLineage, number: UInt64, salt: UInt64, segmentBytes: Int) {
        self.lineage = lineage
        self.number = number
        self.salt = salt
        self.segmentBytes = segmentBytes
    }
}

/// What the files of a journal have in common.
enum JournalFormat {
    /// The format that this release writes.
    static let version: UInt32 = 1
    /// The oldest release that can read what this one writes, as a format.
    static let leastReader: UInt32 = 1
    /// "SAGASEGM" as little-endian text.
    static let segmentMagic: UInt64 = 0x4D47_4553_4147_4153
    /// "SAGAMANI" as little-endian text.
    static let manifestMagic: UInt64 = 0x494E_414D_4147_4153

    /// Checks magic, CRC (in the last four bytes) and version of a header or manifest.
    static func check(
        _ bytes: Span<UInt8>, count: Int, magic: UInt64, file: String
    ) throws(JournalFailure) {
        guard bytes.count >= count, count >= 20, bytes.littleEndian(UInt64.self, at: 0) == magic
        else {
            throw .damaged(
                .init(file: file, offset: 0, finding: "its beginning is not that of such a file"))
        }
        let sum = CRC32C.checksum(bytes.extracting(0..<count - 4))
        guard bytes.littleEndian(UInt32.self, at: count - 4) == sum else {
            throw .damaged(.init(file: file, offset: 0, finding: "its header has a wrong checksum"))
        }
        let leastReader = bytes.littleEndian(UInt32.self, at: 12)
        guard leastReader <= version else {
            throw .newerFormat(file: file, version: bytes.littleEndian(UInt32.self, at: 8))
        }
    }
}

/// The payload of a LINK, the first frame of a segment: what stands before it. Little-endian.
///
///     0 u64 first position | 8 u64 predecessor's last position | 16 u32 its last CRC | 20 u32 zero
///     | 24 u64 its length: where its frames end, 0 for no predecessor
struct LinkFrame: Hashable, Sendable {
    static let payloadBytes = 32
    static let byteCount = FrameHeader.byteCount + payloadBytes

    var firstPosition: JournalPosition
    var predecessor: FrameChain
    var predecessorLength: Int

    init(firstPosition: JournalPosition, predecessor: FrameChain, predecessorLength: Int) {
        self.firstPosition = firstPosition
        self.predecessor = predecessor
        self.predecessorLength = predecessorLength
    }

    /// Reads the payload; nil if it has another size.
    init?(_ payload: Span<UInt8>) {
        guard payload.count == Self.payloadBytes else { return nil }
        firstPosition = JournalPosition(payload.littleEndian(UInt64.self, at: 0))
        predecessor = FrameChain(
            position: JournalPosition(payload.littleEndian(UInt64.self, at: 8)),
            checksum: payload.littleEndian(UInt32.self, at: 16))
        predecessorLength = Int(truncatingIfNeeded: payload.littleEndian(UInt64.self, at: 24))
    }

    /// Appends the whole frame, not yet sealed.
    func append(to bytes: inout [UInt8]) {
        let index = bytes.count
        appendZeros(Self.byteCount, to: &bytes)
        let payload = index + FrameHeader.byteCount
        var span = bytes.mutableSpan
        span.storeLittleEndian(firstPosition.rawValue, at: payload)
        span.storeLittleEndian(predecessor.position.rawValue, at: payload + 8)
        span.storeLittleEndian(predecessor.checksum, at: payload + 16)
        span.storeLittleEndian(UInt64(predecessorLength), at: payload + 24)
        finishFrame(&bytes, at: index, .link, [], predecessor.position, .none)
    }
}
