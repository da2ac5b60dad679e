import SagaModel
import Testing

@testable import SagaEngine

/// What the engine counts for metrics, and what a look at all sagas finds.
@Suite struct EngineFiguresTests {
    private func figures(of script: Script) -> EngineFigures { script.rig.engine.figures() }

    /// All sagas, looked at so many at a time.
    private func sagas(of script: Script, looks: Int = 1_000) -> SagaFigures {
        var figures = SagaFigures(labels: script.rig.limits.meterLabels)
        var before: JournalPosition?
        repeat {
            before = script.rig.engine.look(before: before, looks: looks, into: &figures)
        } while before != nil
        return figures
    }

    private func run(_ lines: [String], limits: EngineLimits = .small) throws -> Script {
        let script = Script(limits: limits)
        for line in lines { _ = try script.run(line) }
        return script
    }

    private static let order = [
        "define order reserve:inv.reserve,max=4 charge:pay.charge",
        "hello s1 all/i-1 inv.reserve pay.charge",
    ]

    @Test func attemptsByOutcome() throws {
        let script = try run(
            Self.order + [
                "start a order", "after 2s", "result s1 a.reserve retry busy", "after 1s",
                "after 3s", "result s1 a.reserve succeeded {}",
                "result s1 a.charge failed card-declined",
                "result s1 a.reserve/undo succeeded {}",
            ])
        let figures = figures(of: script)
        let reserve = try #require(figures.handlers.first { $0.label == "inv.reserve" })
        func count(_ direction: DirectionFigures, _ kind: AttemptOutcome.Kind) -> UInt64 {
            direction.outcomes[kind.rawValue]
        }
        #expect(count(reserve.action, .retry) == 1)
        #expect(count(reserve.action, .succeeded) == 1)
        #expect(reserve.action.outcomes.reduce(0, +) == 2)
        #expect(reserve.action.retries == 1)
        #expect(reserve.action.durations.count == 2)
        #expect(reserve.action.durations.sum == 5_000_000)
        #expect(reserve.action.waits.count == 2)
        #expect(count(reserve.compensation, .succeeded) == 1)
        #expect(reserve.compensation.retries == 0)
        let charge = try #require(figures.handlers.first { $0.label == "pay.charge" })
        #expect(count(charge.action, .failed) == 1)
        let order = try #require(figures.definitions.first { $0.label == "order" })
        #expect(order.started == 1)
        let ends = zip(DefinitionFigures.endStates, order.durations)
        for (state, durations) in ends {
            #expect(durations.count == (state == .compensated ? 1 : 0), "\(state)")
        }
        #expect(order.durations[1].sum == 6_000_000)
    }

    /// What was counted before a restart is not counted again by the replay.
    @Test func aReplayCountsNothing() throws {
        let script = try run(
            Self.order + [
                "start a order", "result s1 a.reserve succeeded {}", "restart",
            ])
        let figures = figures(of: script)
        #expect(figures.definitions.allSatisfy { $0.started == 0 })
        #expect(figures.handlers.allSatisfy { !$0.action.outcomes.contains { $0 > 0 } })
        #expect(sagas(of: script).live.contains { $0[.running] == 1 })
    }

    @Test func queuesAndSlots() throws {
        let script = try run([
            Self.order[0], "start a order", "after 7s", "start b order", "after 3s",
        ])
        var figures = figures(of: script)
        var reserve = try #require(figures.handlers.first { $0.label == "inv.reserve" })
        #expect(reserve.queued == 2)
        #expect(reserve.oldestDueAt.map { script.rig.now - $0 } == .seconds(10))
        #expect(reserve.slots == 0)
        _ = try script.run("hello s1 all/i-1 inv.reserve pay.charge")
        figures = self.figures(of: script)
        reserve = try #require(figures.handlers.first { $0.label == "inv.reserve" })
        #expect(reserve.queued == 0 && reserve.oldestDueAt == nil)
        #expect(reserve.action.waits.count == 2)
        #expect(reserve.action.waits.sum == 13_000_000)
        #expect(reserve.slots > 0 && reserve.freeSlots == reserve.slots - 2)
    }

    /// Exposed is what is done, or may be, and neither undone nor part of a saga that has ended.
    @Test(arguments: [1, 3, 1_000])
    func exposureAndAttention(looks: Int) throws {
        let script = try run(
            Self.order + [
                "start a order", "result s1 a.reserve succeeded {}", "after 5s",
                "start b order", "result s1 b.reserve succeeded {}",
                "result s1 b.charge succeeded {}",
                "start c order", "result s1 c.reserve succeeded {}",
                "result s1 c.charge failed no", "result s1 c.reserve/undo failed broken",
            ])
        let names = figures(of: script).handlers.map(\.label)
        let found = sagas(of: script, looks: looks)
        let place = try #require(names.firstIndex(of: "inv.reserve"))
        #expect(found.exposed[place].count == 2)
        #expect(found.exposed[place].oldest.map { script.rig.now - $0 } == .seconds(5))
        #expect(found.exposed.reduce(0) { $0 + $1.count } == 2)
        #expect(found.attention.keys.map(\.label) == ["parked"])
        #expect(found.attention[.parked]?.count == 1)
        #expect(found.live.filter { !$0.isEmpty } == [[.running: 1, .failed: 1]])
    }

    /// Names beyond the limit, and one that is the shared name itself, are counted together.
    @Test func namesAreBounded() throws {
        var limits = EngineLimits.small
        limits.meterLabels = 2
        let script = try run(
            [
                "define other a:h.a", "define one a:h.a", "define two a:h.b", "define three a:h.c",
                "hello s1 all/i-1 h.a h.b h.c",
                "start p other", "start q one", "start r two", "start s three",
                "result s1 p.a succeeded {}", "result s1 q.a succeeded {}",
                "result s1 r.a succeeded {}", "result s1 s.a succeeded {}",
            ], limits: limits)
        let figures = figures(of: script)
        #expect(figures.definitions.map(\.label) == ["one", "two", "other"])
        #expect(figures.definitions.map(\.started) == [1, 1, 2])
        #expect(figures.handlers.map(\.label) == ["h.a", "h.b", "other"])
        #expect(figures.handlers.map { $0.action.durations.count } == [2, 1, 1])
        #expect(sagas(of: script).live.count == 3)
    }

    @Test func sessionsThatDoNotReturn() throws {
        let script = try run(Self.order + ["drop s1"])
        #expect(figures(of: script).sessionsLost == 0)
        _ = try script.run("after 10s")
        #expect(figures(of: script).sessionsLost == 1)
    }
}
