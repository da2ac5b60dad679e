import SagaJournal
import SagaModel
import Testing

@Suite struct RecordCursorTests {
    private static let lineage = JournalLineage(high: 0x0123_4567_89AB_CDEF, low: .max)

    @Test func cursorsComeBackAsTheyWere() {
        let cursors = [
            RecordCursor(lineage: Self.lineage, position: JournalPosition(1), index: 0),
            RecordCursor(lineage: Self.lineage, position: JournalPosition(.max), index: 7),
            .behind(JournalPosition(5 << 32), of: JournalLineage(high: 0, low: 1)),
        ]
        for cursor in cursors {
            let bytes = cursor.encoded()
            #expect(bytes.count == RecordCursor.byteCount)
            #expect(RecordCursor(bytes.span) == cursor)
        }
    }

    @Test func aChangedCursorIsNone() {
        let bytes = RecordCursor(
            lineage: Self.lineage, position: JournalPosition(9), index: 3
        ).encoded()
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(RecordCursor(changed.span) == nil, "bit \(bit)")
        }
        for count in [0, 31] { #expect(RecordCursor(Array(bytes.prefix(count)).span) == nil) }
        #expect(RecordCursor((bytes + [0]).span) == nil)
    }

    @Test func theBytesAreTheFormat() {
        let bytes = RecordCursor(
            lineage: JournalLineage(high: 1, low: 2), position: JournalPosition(3), index: 4
        ).encoded()
        #expect(
            Array(bytes.prefix(28)) == [
                1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0,
            ])
    }
}
