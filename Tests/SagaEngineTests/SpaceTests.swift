import SagaModel
import Testing

@testable import SagaEngine

/// What a disk that gets full holds back, and that all of it goes on.
@Suite struct SpaceTests {
    /// Kept timers fire in the order in which they are due, those set at the same time in that of
    /// their setting, and can be taken out meanwhile.
    @Test func keptTimers() throws {
        let script = Script()
        _ = try script.run("define order one:h.one")
        _ = try script.run("start a order")
        let found = try script.rig.engine.sagas[script.id("a")]
        let saga = try #require(found)
        var timers = TimerQueue()
        func set(_ second: Int64, _ name: Int) -> TimerID {
            timers.set(
                .patienceOver(saga, CallID(UInt64(name))),
                at: Instant(microseconds: second * 1_000_000))
        }
        func name(_ event: TimerEvent?) -> Int? {
            guard case .patienceOver(_, let call)? = event else { return nil }
            return Int(call.rawValue)
        }
        let all = [3, 1, 2, 2, 90, 1].enumerated().map { set($1, $0) }
        let now = Instant(microseconds: 5_000_000)
        // The third of them is not kept.
        #expect(name(timers.popDue(now) { name($0) != 2 }) == 2)
        #expect(name(timers.popDue(now) { _ in true }) == nil)
        #expect(timers.keptCount == 4 && timers.count == 5)
        #expect(timers.nextDue == Instant(microseconds: 90_000_000))
        #expect(timers.due(of: all[3]) == Instant(microseconds: 2_000_000))
        timers.remove(all[1])
        _ = set(2, 7)
        timers.releaseKept()
        #expect(timers.keptCount == 0 && timers.count == 5)
        var order: [Int?] = []
        for _ in 0..<5 { order.append(name(timers.popDue(now))) }
        #expect(order == [5, 3, 7, 0, nil])
    }

    /// Every way in which something is held at a level goes on at the next better ones.
    @Test(arguments: SpaceLevel.allCases, SpaceLevel.allCases)
    func nothingIsForgotten(_ worst: SpaceLevel, _ then: SpaceLevel) throws {
        let script = Script()
        for line in [
            "define order one:h.one,close=900s two:h.two,close=900s",
            "define late one:h.one,delay=4s,close=900s",
            "hello s1 all/i-1 h.one h.two slots=2", "start a order", "start b order",
            "start c order", "start d late", "start e order at=3s", "result s1 a.one succeeded {}",
            "result s1 b.one retry busy", "space \(worst.label)", "after 30s",
            "hello s2 all/i-2 h.one h.two slots=4", "after 2s", "space \(then.label)", "after 20s",
            "space ample",
        ] {
            _ = try script.run(line)
        }
        #expect(script.rig.faults.isEmpty)
        // Now there are slots for all, so that all must be with somebody.
        let engine = script.rig.engine.status()
        #expect(engine.inFlight == 5 && engine.queued == 0 && engine.orphans == 0)
        #expect(engine.sessions == 2)
    }

    /// A disk that is slow keeps new sagas away; what is there is found, and goes on.
    @Test func slowDisk() throws {
        let script = Script()
        for line in [
            "define order one:h.one", "hello s1 all/i-1 h.one", "start a order key=k",
            "start b order",
        ] { _ = try script.run(line) }
        for line in ["start c order slow", "start d order key=other slow"] {
            let answer = try script.run(line)
            #expect(answer.count == 1)
            #expect(answer[0].hasSuffix("refused resourceExhausted DISK_SLOW"), "\(answer)")
        }
        let again = try script.run("start e order key=k slow")
        #expect(again.contains { $0.hasSuffix("started a, existing") }, "\(again)")
        for line in ["result s1 a.one succeeded {}", "result s1 b.one succeeded {}"] {
            _ = try script.run(line)
        }
        #expect(script.rig.engine.liveSagas == 0 && script.rig.faults.isEmpty)
        #expect(Refusal.diskSlow.retryAfter == .seconds(2))
    }

    /// What a task waits for is room, where there is somebody with a slot and no room.
    @Test func whatIsHeldWaitsForRoom() throws {
        let script = Script()
        for line in [
            "define order one:h.one two:h.two", "hello s1 all/i-1 h.one h.two slots=9 undo=9",
            "start a order", "start b order", "result s1 a.one succeeded {}",
            "result s1 b.one retry busy", "result s1 a.two retry busy",
        ] { _ = try script.run(line) }
        func waits(_ saga: String, _ step: Int) throws -> WaitingReason? {
            let found = try script.rig.engine.sagas[script.id(saga)]
            return script.rig.engine.status(of: try #require(found)).steps[step].action.waiting
        }
        #expect(try waits("b", 0).map { "\($0)" }?.hasPrefix("backoff") == true)
        for (level, isHeld) in [
            ("spare", true), ("last", true), ("low", false), ("reserve", true), ("ample", false),
        ] {
            _ = try script.run("space \(level)")
            _ = try script.run("after 20s")
            for (saga, step) in [("b", 0), ("a", 1)] {
                let reason = try waits(saga, step)
                if case .room? = reason {
                    #expect(isHeld, "\(level) \(saga)")
                } else {
                    #expect(!isHeld, "\(level) \(saga) \(reason as Any)")
                }
            }
            if !isHeld {
                // Another failure, for the next level to hold.
                for name in ["b.one", "a.two"] {
                    _ = try script.run("result s1 \(name) retry busy")
                }
            }
        }
        // Nobody with a slot is what lacks first.
        _ = try script.run("drain s1")
        _ = try script.run("after 20s")
        _ = try script.run("space spare")
        let reason = try waits("b", 0)
        #expect(reason.map { "\($0)" }?.hasPrefix("participant") == true, "\(reason as Any)")
    }

    /// A refusal says what to do, and when to try again.
    @Test func whatIsRefusedSaysWhy() throws {
        let script = Script()
        _ = try script.run("define order one:h.one")
        for (level, command) in [("low", "start a order"), ("last", "define more one:h.one")] {
            _ = try script.run("space \(level)")
            let answer = try script.run(command)
            #expect(answer.contains { $0.hasSuffix("refused resourceExhausted DISK") })
        }
        let found = script.rig.engine.noRoom(for: .record)
        let refusal = try #require(found)
        #expect(refusal.message.contains("make room on the file system of its data directory"))
        #expect(refusal.retryAfter == .seconds(5))
    }
}
