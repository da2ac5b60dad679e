import SagaModel
import Testing

@testable import SagaEngine

/// Participants that have met a later life of the journal than the one that runs.
@Suite struct EpochBehindTests {
    private static let lineage = SagaID(high: 7, low: 7)
    private static let now = Instant(microseconds: 1_800_000_000_000_000)

    private static func hello(_ name: String, _ met: [EpochMet]) -> Hello {
        Hello(
            participant: ParticipantName(namespace: "default", name: name, instance: "1"),
            protocolVersion: 1, sdkVersion: "", serviceVersion: "", handlers: [], slots: 1,
            undoSlots: 1, running: [], holdingResults: [], epochsMet: met)
    }

    private static func engine() -> Engine {
        var engine = Engine(limits: .small)
        engine.step(
            .begin(Life(epoch: Epoch(5), lineage: lineage, life: 50, seed: 1)), now: now)
        _ = engine.advance(to: engine.lastPosition)
        return engine
    }

    private static func met(
        _ epoch: UInt64, _ life: UInt64, _ lineage: SagaID = lineage
    ) -> EpochMet {
        EpochMet(lineage: lineage, epoch: Epoch(epoch), life: life)
    }

    /// What a participant has met, and whether this coordinator is behind it.
    private static let rows: [(met: [EpochMet], isBehind: Bool)] = [
        ([], false),
        ([met(4, 1)], false),
        ([met(5, 50)], false),
        ([met(5, 51)], true),
        ([met(6, 1)], true),
        ([EpochMet(lineage: lineage, epoch: Epoch(incarnation: 1, start: 1), life: 1)], true),
        ([met(9, 1, SagaID(high: 8, low: 8))], false),
        ([met(9, 1, SagaID(high: 8, low: 8)), met(6, 1)], true),
    ]

    @Test(arguments: rows.indices) func refused(_ row: Int) throws {
        let (met, isBehind) = Self.rows[row]
        var engine = Self.engine()
        engine.step(.hello(SessionID(1), Self.hello("p", met)), now: Self.now)
        let effects = engine.advance(to: engine.lastPosition)
        let refusals = effects.compactMap { effect -> Refusal? in
            if case .endSession(_, let refusal) = effect { refusal } else { nil }
        }
        #expect(refusals.map(\.reason) == (isBehind ? ["EPOCH_BEHIND"] : []))
        let behind = engine.status().epochBehind
        #expect(behind.map(\.participant.name) == (isBehind ? ["p"] : []))
        #expect(behind.first.map { $0.met == met.last?.epoch } ?? true)
    }

    @Test("Each is told to the log once, shown until it attaches, and few enough are kept")
    func toldOnce() throws {
        var engine = Self.engine()
        func hello(_ session: UInt64, _ name: String, _ met: [EpochMet]) -> [LogFact] {
            engine.step(
                .hello(SessionID(session), Self.hello(name, met)),
                now: Self.now + .seconds(Int64(session)))
            return engine.advance(to: engine.lastPosition).compactMap { effect in
                if case .fact(let fact) = effect { fact } else { nil }
            }
        }
        #expect(hello(1, "p", [Self.met(6, 1)]).count == 1)
        #expect(hello(2, "p", [Self.met(6, 1)]).isEmpty)
        #expect(engine.status().epochBehind.map(\.askedAt) == [Self.now + .seconds(2)])
        #expect(hello(3, "p", [Self.met(7, 1)]).count == 1)
        // Its process was started anew and knows nothing of that any more.
        #expect(!hello(4, "p", []).isEmpty)
        #expect(engine.status().epochBehind.isEmpty)
        for number in 10..<200 { _ = hello(UInt64(number), "q\(number)", [Self.met(6, 1)]) }
        #expect(engine.status().epochBehind.count == 100)
        #expect(engine.inconsistency() == nil)
    }
}
