import SagaJournal
import SagaModel
import Testing

@testable import SagaCoordinator

/// Events as they are read from a journal that a driver writes.
@Suite struct EventReaderTests {
    /// One line an event.
    private static func lines(_ events: [ToldEvent]) -> [String] {
        events.map { told in
            let step = told.event.step.flatMap { told.saga.name(of: $0) }
            let parts: [String?] = [told.saga.key, told.event.kind.label, step]
            return parts.compactMap(\.self).joined(separator: " ")
        }
    }

    private static func all(
        _ reader: inout EventReader, _ durable: JournalPosition
    ) throws -> [ToldEvent] {
        var events: [ToldEvent] = []
        var isAtEnd = false
        while !isAtEnd {
            let part = try reader.read(upTo: durable, byteBudget: 1_000)
            events += part.found.compactMap(\.told)
            isAtEnd = part.isAtEnd
        }
        return events
    }

    @Test func eventsCarryTheNamesOfTheirSaga() throws {
        var rig = try EventRig.begin()
        try rig.define()
        try rig.start(1)
        try rig.cancel(1)
        var reader = try rig.reader()
        let events = try Self.all(&reader, rig.durable)
        #expect(
            Self.lines(events) == [
                "order-1 saga-started", "order-1 step-started reserve", "order-1 verb-given",
                "order-1 saga-compensating", "order-1 saga-compensated",
            ])
        let first = try #require(events.first)
        #expect(first.saga.id == SagaID(high: 1, low: 1))
        #expect(first.saga.definition.name == "order" && first.saga.definition.version == 3)
        #expect(first.saga.definition.namespace == "shop")
        #expect(first.saga.labels == [Label(name: "n", value: "1")])
        #expect(try reader.read(upTo: rig.durable, byteBudget: 1).found.isEmpty)
    }

    @Test func everyCursorGivesWhatFollowsAlsoAfterARestart() throws {
        let storage = MemoryStorage()
        var lines: [String] = []
        var cursors: [RecordCursor] = []
        for life in UInt64(0)..<3 {
            var rig = try EventRig.begin(storage)
            if life == 0 { try rig.define() }
            for number in life * 100 + 1...life * 100 + 60 { try rig.start(number) }
            // Their starts are segments away.
            for number in life * 100 + 1...life * 100 + 60 { try rig.cancel(number) }
            var reader = try rig.reader()
            let events = try Self.all(&reader, rig.durable)
            lines = Self.lines(events)
            cursors = events.map(\.cursor)
        }
        let rig = try EventRig.begin(storage)
        let durable = rig.durable
        #expect(lines.count == 3 * 60 * 5 && Set(cursors).count == lines.count)
        #expect(rig.segments > 2)
        for (index, cursor) in cursors.enumerated() where index % 7 == 0 {
            var reader = try rig.reader()
            #expect(try reader.go(to: cursor, durable: durable))
            #expect(Self.lines(try Self.all(&reader, durable)) == Array(lines[(index + 1)...]))
        }
    }

    @Test func aPlaceThatIsNotThereIsRefused() throws {
        var rig = try EventRig.begin()
        try rig.define()
        var reader = try rig.reader()
        let (lineage, durable) = (rig.lineage, rig.durable)
        let other = JournalLineage(high: lineage.high, low: lineage.low ^ 1)
        let places: [(RecordCursor, Bool)] = [
            (.behind(durable, of: lineage), true), (.behind(durable, of: other), false),
            (.behind(durable.next, of: lineage), false), (.behind(.none, of: lineage), false),
            (try reader.oldest(durable: durable), true),
        ]
        for (cursor, isThere) in places {
            #expect(try reader.go(to: cursor, durable: durable) == isThere, "\(cursor)")
        }
    }

    @Test func whatWasNotUsedOfLateIsForgotten() {
        var cache = RecentCache<Int, Int>(capacity: 10)
        for number in 0..<1_000 {
            cache.insert(number, for: number)
            #expect(cache.value(of: 0) == 0)
            #expect(cache.count <= 20)
            if number >= 9 { #expect(cache.value(of: number - 3) == number - 3) }
        }
        #expect(cache.value(of: 500) == nil)
    }
}
