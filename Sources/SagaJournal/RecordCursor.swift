package import SagaModel
internal import SagaSystem

/// A place among what the records of a journal tell: where a reader has been, as it keeps it.
///
/// It names the journal, so that one of another journal is found out, and it is the same over
/// restarts and restores of that one. As bytes, little-endian:
///
///     0 u64 x 2 lineage | 16 u64 position | 24 u32 index | 28 u32 CRC32C of all before
package struct RecordCursor: Hashable, Sendable {
    /// The size as bytes.
    package static let byteCount = 32

    /// The journal.
    package var lineage: JournalLineage
    /// The record that was read last, or will be read next.
    package var position: JournalPosition
    /// How many of the things that this record tells are behind the reader.
    package var index: UInt32

    /// Names a place.
    package init(lineage: JournalLineage, position: JournalPosition, index: UInt32) {
        self.lineage = lineage
        self.position = position
        self.index = index
    }

    /// The place behind all that a record tells.
    package static func behind(
        _ position: JournalPosition, of lineage: JournalLineage
    ) -> RecordCursor {
        RecordCursor(lineage: lineage, position: position, index: .max)
    }

    /// Reads one; nil if the bytes were not made by `encoded`.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount,
            CRC32C.checksum(bytes.extracting(0..<28)) == bytes.littleEndian(UInt32.self, at: 28)
        else { return nil }
        lineage = JournalLineage(
            high: bytes.littleEndian(UInt64.self, at: 0),
            low: bytes.littleEndian(UInt64.self, at: 8))
        position = JournalPosition(bytes.littleEndian(UInt64.self, at: 16))
        index = bytes.littleEndian(UInt32.self, at: 24)
    }

    /// The cursor as bytes.
    package func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        var span = bytes.mutableSpan
        span.storeLittleEndian(lineage.high, at: 0)
        span.storeLittleEndian(lineage.low, at: 8)
        span.storeLittleEndian(position.rawValue, at: 16)
        span.storeLittleEndian(index, at: 24)
        let sum = CRC32C.checksum(span.span.extracting(0..<28))
        span.storeLittleEndian(sum, at: 28)
        return bytes
    }
}
