import SagaModel
import Testing

@testable import SagaEngine

/// Reasons for attention that came and went, where a golden cannot say it.
struct AttentionTests {
    private func script(_ limits: EngineLimits, _ lines: [String]) throws -> Script {
        let script = Script(limits: limits)
        for line in lines { _ = try script.run(line) }
        return script
    }

    private func changes(_ script: Script) -> [AttentionChanged] {
        script.rig.records.compactMap { emitted in
            if case .attentionChanged(let changed) = emitted.record { changed } else { nil }
        }
    }

    /// What needed attention before it was on record is raised by the next life, once.
    @Test func anOlderJournalIsCaughtUpWith() throws {
        let script = try script(
            .small,
            [
                "define order one:h.one two:h.two", "hello s1 all/i-1 h.one h.two", "start a order",
                "start b order", "result s1 a.one hold look", "result s1 b.one succeeded {}",
                "result s1 b.two failed no", "result s1 b.one/undo failed stuck",
            ])
        #expect(changes(script).flatMap(\.raised).map(\.reason) == [.held, .parked])
        script.rig.restart(dropping: { if case .attentionChanged = $0 { true } else { false } })
        #expect(changes(script) == [])
        script.rig.pass(.seconds(1))
        #expect(changes(script).flatMap(\.raised).map(\.reason) == [.parked, .held])
        script.rig.restart()
        script.rig.pass(.seconds(1_000))
        #expect(changes(script).count == 2)
        #expect(script.rig.faults.isEmpty)
    }

    /// Hundreds that wait for a participant are raised some in a turn, and so they are cleared.
    @Test func noTurnIsLong() throws {
        var limits = EngineLimits.small
        limits.liveSagas = 400
        limits.pageRows = 20
        limits.pageLooks = 60
        limits.timersPerTurn = 1_000
        let script = try script(limits, ["define order one:h.one two:h.two"])
        for number in 0..<200 { _ = try script.run("start s\(number) order") }
        for (wanted, line) in [(200, nil), (400, "hello s1 all/i-1 h.one h.two")] {
            if let line { _ = try script.run(line) }
            var turns = 0
            while changes(script).count < wanted, turns < 2_000,
                let due = script.rig.engine.nextWake
            {
                let before = script.rig.records.count
                script.rig.pass(due - script.rig.now)
                #expect(script.rig.records.count - before <= 20)
                turns += 1
            }
            #expect(changes(script).count == wanted)
        }
        #expect(script.rig.faults.isEmpty)
    }

    /// Nothing is set, and nothing is on record, for what goes well.
    @Test func whatGoesWellCostsNothing() throws {
        let script = try script(
            .small,
            [
                "define order one:h.one two:h.two pivot:h.three,pivot",
                "hello s1 all/i-1 h.one h.two h.three",
                "start a order", "result s1 a.one succeeded {}",
            ])
        let saga = try #require(script.rig.engine.sagas[try script.id("a")])
        #expect(script.rig.engine.attentionWalk == nil)
        #expect(!saga.hasParticulars)
        #expect(changes(script) == [])
        // One timer for the attempt in flight, one for the session's silence.
        #expect(script.rig.engine.timers.count == 2)
    }
}
