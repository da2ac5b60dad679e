import SagaModel
import Testing

/// The numbers of lives over restores.
@Suite struct EpochTests {
    @Test func description() {
        #expect("\(Epoch(incarnation: 0, start: 17))" == "17")
        #expect("\(Epoch(incarnation: 1_800_000_000, start: 2))" == "1800000000.2")
        #expect("\(Epoch(incarnation: .max, start: .max))" == "4294967295.4294967295")
    }

    /// A copy's epoch, last position, the clock, and the incarnation that comes of it.
    private static let restores: [(Epoch, UInt64, Int64, UInt32)] = [
        (Epoch(incarnation: 0, start: 9), 100, 1_800_000_000, 1_800_000_000),
        // A clock that is behind, or was reset.
        (Epoch(incarnation: 1_800_000_000, start: 9), 1_800_000_000 << 32, 5, 1_800_000_001),
        (Epoch(incarnation: 0, start: 1), 100, -7, 1),
        // Two restores in one second.
        (Epoch(incarnation: 7, start: 1), 7 << 32, 7, 8),
        // More than 2^32 records since the last one.
        (Epoch(incarnation: 7, start: 3), 9 << 32 + 4, 8, 10),
        // A clock beyond reason leaves room for the restores to come.
        (Epoch(incarnation: 0, start: 1), 1, .max, 0xF000_0000),
    ]

    @Test(arguments: restores.indices) func restored(_ row: Int) {
        let (epoch, last, seconds, incarnation) = Self.restores[row]
        let restored = epoch.restored(behind: JournalPosition(last), atSecond: seconds)
        #expect(restored == Epoch(incarnation: incarnation, start: 1))
        #expect(restored > epoch)
        #expect(restored.firstPosition > JournalPosition(last))
        #expect(restored.firstPosition.rawValue == UInt64(incarnation) << 32)
        #expect(restored.next.firstPosition == restored.firstPosition)
    }

    /// Two places with a gap behind 10 in between or not, and how many records are between them.
    private static let distances: [(UInt64, UInt64, UInt64)] = [
        (4, 9, 5), (9, 4, 0), (4, 4, 0), (4, 10, 6), (10, 7 << 32, 1), (0, 7 << 32, 11),
        (4, 7 << 32 + 2, 9), (7 << 32, 7 << 32 + 2, 2),
    ]

    @Test(arguments: distances.indices) func recordsBetween(_ row: Int) {
        let (from, to, count) = Self.distances[row]
        let gap = RecordGap(after: JournalPosition(10), before: JournalPosition(7 << 32))
        #expect(JournalPosition(from).records(upTo: JournalPosition(to), over: gap) == count)
    }
}
