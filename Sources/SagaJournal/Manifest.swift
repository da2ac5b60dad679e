internal import SagaSystem

/// The list of all segments, oldest first. Little-endian.
///
///     0 magic | 8 u32 format | 12 u32 least reader | 16 u64 x 2 lineage | 32 u32 count
///     | 36 u32 zero | 40 per segment: u64 number, u64 salt | u32 CRC32C of all before
///
/// Without it the loss of the newest segment would read as a clean end.
struct Manifest: Hashable, Sendable {
    static let name = "manifest"
    static let temporaryName = "manifest.new"

    struct Entry: Hashable, Sendable {
        var number: UInt64
        var salt: UInt64
    }

    var lineage: JournalLineage
    var entries: [Entry]

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 40 + entries.count * 16 + 4)
        var span = bytes.mutableSpan
        span.storeLittleEndian(JournalFormat.manifestMagic, at: 0)
        span.storeLittleEndian(JournalFormat.version, at: 8)
        span.storeLittleEndian(JournalFormat.leastReader, at: 12)
        span.storeLittleEndian(lineage.high, at: 16)
        span.storeLittleEndian(lineage.low, at: 24)
        span.storeLittleEndian(UInt32(entries.count), at: 32)
        for (index, entry) in entries.enumerated() {
            span.storeLittleEndian(entry.number, at: 40 + index * 16)
            span.storeLittleEndian(entry.salt, at: 48 + index * 16)
        }
        let end = span.count - 4
        let sum = CRC32C.checksum(span.span.extracting(0..<end))
        span.storeLittleEndian(sum, at: end)
        return bytes
    }

    init(lineage: JournalLineage, entries: [Entry]) {
        self.lineage = lineage
        self.entries = entries
    }

    /// Reads a manifest; the file is named in failures.
    init(_ bytes: Span<UInt8>, file: String) throws(JournalFailure) {
        try JournalFormat.check(
            bytes, count: bytes.count, magic: JournalFormat.manifestMagic, file: file)
        guard bytes.count >= 44 else {
            throw .damaged(.init(file: file, offset: bytes.count, finding: "it is too short"))
        }
        lineage = JournalLineage(
            high: bytes.littleEndian(UInt64.self, at: 16),
            low: bytes.littleEndian(UInt64.self, at: 24))
        let count = Int(bytes.littleEndian(UInt32.self, at: 32))
        guard count > 0, bytes.count == 40 + count * 16 + 4 else {
            throw .damaged(.init(file: file, offset: 32, finding: "its count of segments is wrong"))
        }
        entries = []
        for index in 0..<count {
            let entry = Entry(
                number: bytes.littleEndian(UInt64.self, at: 40 + index * 16),
                salt: bytes.littleEndian(UInt64.self, at: 48 + index * 16))
            if let last = entries.last, entry.number != last.number + 1 {
                throw .damaged(
                    .init(file: file, offset: 40 + index * 16, finding: "its numbers have a gap"))
            }
            entries.append(entry)
        }
    }

    /// Makes the list durable: temporary file, fsync, rename, fsync of the directory.
    func write(to storage: any Storage) throws(SystemFailure) {
        let file = try storage.create(Self.temporaryName)
        let bytes = encoded()
        try file.write(bytes.span, at: 0)
        try file.sync()
        try storage.rename(Self.temporaryName, to: Self.name)
        try storage.syncDirectory()
    }
}

/// The names of segment files.
enum SegmentName {
    static let suffix = ".segment"

    /// The number with leading zeros, so that names sort like numbers.
    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + suffix
    }

    /// The number in a name; nil for another file's.
    static func number(_ name: String) -> UInt64? {
        guard name.hasSuffix(suffix), let number = UInt64(name.dropLast(suffix.count)),
            self.name(number) == name
        else { return nil }
        return number
    }
}
