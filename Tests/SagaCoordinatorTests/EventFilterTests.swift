import SagaJournal
import SagaModel
import Testing

@testable import SagaCoordinator

/// Which events a filter lets through.
@Suite struct EventFilterTests {
    private static let event: ToldEvent = {
        let at = Instant(microseconds: 1)
        let definition = WatchedDefinition(
            namespace: "shop", SagaDefinition(name: "order", version: 3, steps: []))
        let started = SagaStarted(
            id: SagaID(high: 1, low: 2), definition: JournalPosition(1), key: "o-1",
            keyIsRandom: false, keyHash: nil, input: .empty,
            labels: [Label(name: "a", value: "1"), Label(name: "b", value: "2")],
            traceContext: [], principal: Principal(name: "me", isVerified: false), at: at,
            opened: [])
        let lineage = JournalLineage(high: 1, low: 2)
        return ToldEvent(
            saga: WatchedSaga(started, definition), event: RecordedEvent(.stepFailed, at: at),
            position: JournalPosition(7), cursor: .behind(JournalPosition(7), of: lineage))
    }()

    /// A filter and whether it takes the event: each field alone, right and wrong.
    private static let rows: [(takes: Bool, EventFilter)] = {
        func filter(_ set: (inout EventFilter) -> Void) -> EventFilter {
            var filter = EventFilter(namespace: "shop")
            set(&filter)
            return filter
        }
        let a = Label(name: "a", value: "1")
        return [
            (true, filter { _ in }),
            (false, filter { $0.namespace = "default" }),
            (true, filter { $0.saga = SagaID(high: 1, low: 2) }),
            (false, filter { $0.saga = SagaID(high: 1, low: 3) }),
            (true, filter { $0.key = "o-1" }),
            (false, filter { $0.key = "o-2" }),
            (false, filter { $0.key = "" }),
            (true, filter { $0.definition = "order" }),
            (false, filter { $0.definition = "orders" }),
            (true, filter { $0.version = 3 }),
            (false, filter { $0.version = 2 }),
            (true, filter { $0.labels = [a] }),
            (true, filter { $0.labels = [a, Label(name: "b", value: "2")] }),
            (false, filter { $0.labels = [a, Label(name: "b", value: "1")] }),
            (false, filter { $0.labels = [Label(name: "c", value: "1")] }),
            (true, filter { $0.kinds = [.stepFailed, .sagaFailed] }),
            (false, filter { $0.kinds = [.sagaFailed] }),
        ]
    }()

    @Test func everythingThatIsSetApplies() {
        for (takes, filter) in Self.rows {
            #expect(filter.takes(Self.event) == takes, "\(filter)")
        }
    }

    @Test func aKeyThatTheClientDrewIsNone() {
        for (isRandom, shown) in [(true, ""), (false, "drawn")] {
            let started = SagaStarted(
                id: SagaID(high: 1, low: 2), definition: JournalPosition(1), key: "drawn",
                keyIsRandom: isRandom, keyHash: nil, input: .empty, labels: [], traceContext: [],
                principal: Principal(name: "me", isVerified: false), at: Instant(microseconds: 1),
                opened: [])
            #expect(WatchedSaga(started, Self.event.saga.definition).key == shown)
        }
    }
}
