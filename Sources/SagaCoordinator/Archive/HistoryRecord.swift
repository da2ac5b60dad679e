internal import SagaEngine
package import SagaModel
internal import SagaProtobuf

/// A record of the journal as an archive keeps it, one behind the other, little-endian:
///
///     u32 length of the payload | u16 type | u16 0 | u64 position | u64 start of its saga
///     | u64 epoch of the life that wrote it | payload
///
/// The payload is the journal's own, so what holds for the records of the journal holds here: a
/// later release reads it, and it means the same.
package struct HistoryRecord: Equatable, Sendable {
    /// What stands before each payload.
    private static let headBytes = 32

    /// The number that says what kind of record it is.
    package var type: UInt16
    /// Its number in the journal.
    package var position: JournalPosition
    /// The start record of the saga that it is about.
    package var saga: JournalPosition
    /// The life that wrote it: what it opens has tokens of this epoch.
    package var epoch: Epoch
    /// The bytes in the journal's frame, behind its header.
    package var payload: Range<Int>

    /// Appends a record.
    package static func append(
        type: UInt16, position: JournalPosition, saga: JournalPosition, epoch: Epoch,
        _ payload: Span<UInt8>, to bytes: inout [UInt8]
    ) {
        let head: InlineArray<4, UInt64> = [
            UInt64(UInt32(payload.count)) | UInt64(type) << 32, position.rawValue, saga.rawValue,
            epoch.rawValue,
        ]
        bytes.append(addingCapacity: headBytes + payload.count) { output in
            for place in head.indices {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    output.append(UInt8(truncatingIfNeeded: head[place] >> shift))
                }
            }
            for index in payload.indices { output.append(payload[index]) }
        }
    }

    /// The records of a piece, in order; nil if it is cut short.
    package static func all(in bytes: [UInt8]) -> [HistoryRecord]? {
        var records: [HistoryRecord] = []
        var index = 0
        while index < bytes.count {
            guard bytes.count - index >= headBytes else { return nil }
            let length = Int(read(UInt32.self, bytes, at: index))
            let start = index + headBytes
            guard bytes.count - start >= length else { return nil }
            records.append(
                HistoryRecord(
                    type: read(UInt16.self, bytes, at: index + 4),
                    position: JournalPosition(read(UInt64.self, bytes, at: index + 8)),
                    saga: JournalPosition(read(UInt64.self, bytes, at: index + 16)),
                    epoch: Epoch(read(UInt64.self, bytes, at: index + 24)),
                    payload: start..<start + length))
            index = start + length
        }
        return records
    }

    /// Puts pieces together: all records in order, each once.
    package static func joined(_ pieces: [[UInt8]]) -> [UInt8]? {
        var found: [(record: HistoryRecord, piece: Int)] = []
        for (index, piece) in pieces.enumerated() {
            guard let records = all(in: piece) else { return nil }
            found += records.map { ($0, index) }
        }
        found.sort { ($0.record.position, $0.piece) < ($1.record.position, $1.piece) }
        var bytes: [UInt8] = []
        var last = JournalPosition.none
        for (record, piece) in found where record.position > last {
            last = record.position
            bytes +=
                pieces[piece][record.payload.lowerBound - headBytes..<record.payload.upperBound]
        }
        return bytes
    }

    private static func read<Number: FixedWidthInteger>(
        _: Number.Type, _ bytes: [UInt8], at index: Int
    ) -> Number {
        var number: Number = 0
        for offset in 0..<Number.bitWidth / 8 {
            number |= Number(bytes[index + offset]) << Number(offset * 8)
        }
        return number
    }
}

extension HistoryRecord {
    /// The record itself, as far as its bytes say it.
    ///
    /// - Parameter bytes: the piece that it was found in.
    func item(in bytes: [UInt8], _ arena: inout DecodingArena) -> SagaFold.Item {
        let record = try? RecordCodec.decode(
            type: type, bytes.span.extracting(payload), arena: &arena)
        return SagaFold.Item(record: record, position: position, saga: saga, epoch: epoch)
    }
}
