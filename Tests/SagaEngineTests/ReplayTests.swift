import SagaModel
import Testing

@testable import SagaEngine

/// Records that this engine could not have written are refused, not obeyed.
struct ReplayTests {
    private static func ended(
        _ step: Int, _ number: UInt32, _ next: TaskNext, opened: [Opened] = []
    ) -> Record {
        .attemptEnded(
            AttemptEnded(
                step: StepIndex(step), direction: .action,
                token: Token(epoch: Epoch(1), number: number), outcome: .succeeded(.empty),
                instance: "", handedOutAt: nil, at: Instant(microseconds: 0), failures: 0,
                next: next, undo: nil, opened: opened))
    }

    private static let start = JournalPosition(3)
    private static let at = Instant(microseconds: 0)
    private static let rows: [(record: Record, owner: JournalPosition, reason: String)] = [
        (ended(0, 1, .over(.succeeded)), JournalPosition(9), "no saga"),
        (ended(7, 1, .over(.succeeded)), start, "no step 7"),
        (ended(0, 2, .over(.succeeded)), start, "not the current one"),
        (ended(1, 1, .over(.succeeded)), start, "not the current one"),
        (ended(0, 1, .over(.compensated)), start, "cannot become compensated"),
        (ended(0, 1, .again(3)), start, "attempt 3 cannot follow 1"),
        (
            ended(
                0, 1, .over(.succeeded),
                opened: [Opened(step: StepIndex(0), direction: .action, number: 2)]), start,
            "cannot become scheduled"
        ),
        (
            .waitEnded(
                WaitEnded(
                    opened: Opened(step: StepIndex(0), direction: .action, number: 2), at: at)),
            start, "no wait"
        ),
        (
            .sagaEnded(SagaEnded(state: .compensated, outputOf: nil, keyUntil: nil, at: at)), start,
            "RUNNING cannot become COMPENSATED"
        ),
        (
            .sagaEnded(
                SagaEnded(state: .completed, outputOf: StepIndex(2), keyUntil: nil, at: at)), start,
            "no step 2"
        ),
        (
            .wentBack(
                WentBack(
                    reason: BackReason(step: StepIndex(9), failure: Failure(code: "", message: "")),
                    steps: [], withdrawn: [], opened: [], at: at)), start, "no step 9"
        ),
        (.lifeBegan(LifeBegan(epoch: Epoch(1), life: 1, at: at)), .none, "epoch 1 is not new"),
        (
            .sessionEnded(
                SessionEnded(
                    participant: ParticipantName(namespace: "n", name: "p", instance: "i"),
                    generation: 1, inOrder: true, at: at)), .none, "no such session"
        ),
    ]

    @Test(arguments: rows.indices)
    func refuses(_ row: Int) throws {
        let (record, owner, reason) = Self.rows[row]
        let script = Script()
        _ = try script.run("define order one:h.one two:h.two")
        _ = try script.run("start a order")
        var engine = Engine(limits: .small)
        for emitted in script.rig.records {
            try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        var failure = ""
        do {
            try engine.replay(record, at: JournalPosition(4), saga: owner)
        } catch {
            failure = error.reason
        }
        // What is wrong with one saga sets that one aside.
        failure += engine.quarantined.values.map(\.message).joined()
        #expect(failure.contains(reason), "\(failure)")
    }

    private static let leap = JournalPosition(7 << 32)

    private static func life(
        _ epoch: Epoch = Epoch(incarnation: 7, start: 1), gapAfter: UInt64?
    ) -> Record {
        .lifeBegan(
            LifeBegan(
                epoch: epoch, life: 1, at: at, gapAfter: gapAfter.map { JournalPosition($0) }))
    }

    /// Records of lives behind three others; what of them is wrong, and empty for nothing.
    private static let gaps: [(record: Record, at: JournalPosition, reason: String)] = [
        (life(gapAfter: 3), leap, ""),
        (life(gapAfter: nil), JournalPosition(4), ""),
        (life(gapAfter: nil), leap, "no restore is named"),
        (life(gapAfter: 2), leap, "names a gap"),
        (life(gapAfter: 4), leap, "names a gap"),
        (life(gapAfter: 3), JournalPosition(4), "names a gap"),
        (life(gapAfter: 3), JournalPosition(8 << 32), "names a gap"),
        (life(Epoch(2), gapAfter: 3), .none.next, "it comes after"),
        (life(Epoch(2), gapAfter: 3), leap, "names a gap"),
    ]

    @Test(
        "A life behind a gap names where that begins, and its incarnation", arguments: gaps.indices)
    func gap(_ row: Int) throws {
        let (record, position, reason) = Self.gaps[row]
        let script = Script()
        _ = try script.run("define order one:h.one two:h.two")
        _ = try script.run("start a order")
        var engine = Engine(limits: .small)
        for emitted in script.rig.records {
            try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        try #require(engine.lastPosition == JournalPosition(3))
        var failure = ""
        do {
            try engine.replay(record, at: position, saga: .none)
        } catch {
            failure = error.reason
        }
        #expect(reason.isEmpty ? failure.isEmpty : failure.contains(reason), "\(failure)")
        // Of the oldest record that is kept nobody knows what came before.
        guard reason.isEmpty || row == 2 else { return }
        var freed = Engine(limits: .small)
        #expect(throws: Never.self) { try freed.replay(record, at: position, saga: .none) }
    }

    @Test("A restored life leaves a gap and names it, in a group of its own")
    func restoredLife() throws {
        let script = Script()
        _ = try script.run("define order one:h.one two:h.two")
        _ = try script.run("start a order")
        var engine = Engine(limits: .small)
        for emitted in script.rig.records {
            try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        let epoch = engine.lastEpoch.restored(
            behind: engine.lastPosition, atSecond: 1_800_000_000)
        engine.step(
            .begin(
                Life(
                    epoch: epoch, lineage: SagaID(high: 7, low: 7), life: 9, seed: 9,
                    isRestored: true)), now: Instant(microseconds: 1_800_000_000_000_000))
        let records = engine.takeRecords()
        let first = try #require(records.first)
        #expect(first.position == JournalPosition(1_800_000_000 << 32))
        #expect(!first.continues)
        guard case .lifeBegan(let life) = first.record else {
            Issue.record("\(first)")
            return
        }
        #expect(life.epoch == epoch && life.gapAfter == JournalPosition(3))
        #expect(engine.inconsistency() == nil)
        var again = Engine(limits: .small)
        for emitted in script.rig.records + records {
            try again.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        #expect(again.lastEpoch == epoch && again.lastPosition == engine.lastPosition)
    }

    /// Which record cannot be read, by its number and the saga in its frame, and what follows.
    private static let unreadable:
        [(position: UInt64, saga: UInt64, aside: [UInt64], reason: String)] = [
            (9, 3, [3], ""), (9, 9, [9], ""), (9, 0, [], "torn"), (9, 7, [], "torn"),
        ]

    /// Bytes that cannot be read set their saga aside, also if they are its start; of no saga, or
    /// of one that never started, they are damage of the whole.
    @Test(arguments: unreadable.indices)
    func bytesThatCannotBeRead(_ row: Int) throws {
        let (position, saga, aside, reason) = Self.unreadable[row]
        let script = Script()
        for command in ["define order one:h.one two:h.two", "start a order", "start b order"] {
            _ = try script.run(command)
        }
        var engine = Engine(limits: .small)
        for emitted in script.rig.records {
            try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        let live = engine.liveSagas
        var failure = ""
        do {
            try engine.replayUnreadable(
                at: JournalPosition(position), saga: JournalPosition(saga), reason: "torn")
        } catch {
            failure = error.reason
        }
        #expect(failure == reason)
        #expect(engine.quarantined.keys.map(\.rawValue) == aside)
        #expect(engine.liveSagas == live, "it lives until a person ends it")
        engine.step(
            .begin(Life(epoch: Epoch(9), lineage: SagaID(high: 7, low: 7), life: 9, seed: 9)),
            now: Instant(microseconds: 1_800_000_000_000_000))
        #expect(engine.inconsistency() == nil)
    }

    /// How far a parent is when the start of its child can no longer be read.
    private static let parents: [(commands: [String], state: SagaState, step: StepState)] = [
        ([], .failed, .failed),
        (
            [
                "result s1 a-sub.one succeeded {}",
                "result s1 a.last failed no",
            ], .failed, .compensationFailed
        ),
    ]

    /// What a child did whose start cannot be read is unknown: it is not started a second time, and
    /// its parent asks a person.
    @Test(arguments: parents.indices)
    func aChildThatCannotBeRead(_ row: Int) throws {
        let (commands, state, step) = Self.parents[row]
        let script = Script()
        let before = [
            "define leaf one:h.one", "define root sub:@leaf last:h.last",
            "hello s1 all/i-1 h.one h.last slots=8 undo=8", "start a root",
        ]
        for command in before + commands { _ = try script.run(command) }
        var engine = Engine(limits: .small)
        var child = JournalPosition.none
        for emitted in script.rig.records {
            if case .sagaStarted(let started) = emitted.record, started.parent != nil {
                child = emitted.position
                try engine.replayUnreadable(at: child, saga: child, reason: "torn")
            } else {
                try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
            }
        }
        engine.step(
            .begin(Life(epoch: Epoch(9), lineage: SagaID(high: 7, low: 7), life: 9, seed: 9)),
            now: script.rig.now)
        let parent = try #require(engine.order.live.first { $0.facts.parent == nil })
        #expect(parent.state == state)
        #expect(parent.steps[0].state == step)
        #expect(engine.quarantined.keys.map(\.self) == [child])
        #expect(engine.inconsistency() == nil)
        let isStartedAnew = engine.takeRecords().contains {
            if case .sagaStarted = $0.record { true } else { false }
        }
        #expect(!isStartedAnew)
    }

    /// A saga whose start cannot be read keeps its key: nobody starts it a second time by it.
    @Test func aSagaSetAsideKeepsItsKey() throws {
        let key = KeyHash(high: 1, low: 2)
        let id = SagaID(high: 5, low: 5)
        var engine = Engine(limits: .small)
        try engine.replayUnreadable(
            at: JournalPosition(1), saga: JournalPosition(1), reason: "torn")
        let taken = KeyTaken(key: key, request: RequestHash(high: 1, low: 1), saga: id)
        try engine.replay(.keyTaken(taken), at: JournalPosition(2), saga: JournalPosition(1))
        #expect(engine.keys.find(key, now: Self.at)?.saga == id)
    }

    /// What is recorded and shown never goes back behind what is on record, though the clock was
    /// set back between two lives; waits are counted by the clock all the same.
    @Test func stampsAreRaisedToTheNewest() throws {
        let script = Script()
        for command in ["define order one:h.one,delay=5s", "start a order"] {
            _ = try script.run(command)
        }
        let newest = script.rig.now
        var engine = Engine(limits: .small)
        for emitted in script.rig.records {
            try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        let now = Instant(microseconds: newest.microseconds - 3_600_000_000)
        engine.step(
            .begin(Life(epoch: Epoch(9), lineage: SagaID(high: 7, low: 7), life: 9, seed: 9)),
            now: now)
        #expect(engine.takeRecords().map(\.record.stamp) == [newest])
        #expect(engine.nextWake == now + .seconds(5), "no longer than the whole delay")
        _ = engine.fireTimers(now: now + .seconds(5))
        #expect(engine.takeRecords().map(\.record.stamp) == [newest])
        engine.step(.status(CallID(1)), now: newest + .seconds(7))
        engine.step(
            .hello(
                SessionID(1),
                Hello(
                    participant: ParticipantName(namespace: "default", name: "p", instance: "1"),
                    protocolVersion: 1, sdkVersion: "", serviceVersion: "", handlers: [],
                    slots: 1, undoSlots: 1, running: [], holdingResults: [], epochsMet: [])),
            now: newest + .seconds(7))
        #expect(engine.takeRecords().map(\.record.stamp) == [newest + .seconds(7)])
    }

    /// What came before a saga that is set aside can be freed; what tells of it cannot, and is set
    /// aside again when the rest is gone.
    @Test func beforeASagaThatIsSetAsideAllCanGo() throws {
        var limits = EngineLimits.small
        limits.statementReach = 4
        let script = Script(limits: limits)
        var commands = ["define order one:h.one", "hello s1 all/i-1 h.one slots=9"]
        for name in ["a", "b", "c", "d", "e"] { commands.append("start \(name) order") }
        for name in ["a", "c", "d"] { commands.append("result s1 \(name).one succeeded {}") }
        for number in 1...8 { commands.append("result s1 e.one@1.\(number) not-yet 0s") }
        for command in commands + ["start f order"] { _ = try script.run(command) }
        let records = script.rig.records
        let wrong = Record.sagaEnded(
            SagaEnded(
                state: .compensated, outputOf: nil, keyUntil: nil, at: Instant(microseconds: 0)))
        let last = try #require(records.last).position
        let newest = try #require(records.last { $0.record.isStart })
        let damage = EmittedRecord(
            record: wrong, position: last.next, saga: newest.position, continues: false)
        var engine = Engine(limits: limits)
        for emitted in records + [damage] {
            try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        try engine.endReplay()
        let message = try #require(engine.setAside.first).message
        engine.step(
            .begin(
                Life(
                    epoch: engine.lastEpoch.next, lineage: SagaID(high: 7, low: 7), life: 2,
                    seed: 2)),
            now: script.rig.now)
        engine.step(.restate(before: last, byteBudget: .max), now: script.rig.now)
        let needed = engine.oldestNeeded
        #expect(needed > JournalPosition(1) && needed <= newest.position)
        let all = records + [damage] + engine.takeRecords()
        #expect(all.contains { if case .sagaRestated = $0.record { true } else { false } })
        // The records before are gone.
        var again = Engine(limits: limits)
        for emitted in all where emitted.position >= needed {
            try again.replay(emitted.record, at: emitted.position, saga: emitted.saga)
        }
        try again.endReplay()
        #expect(again.setAside.map(\.position) == [newest.position])
        #expect(again.setAside.first?.message == message)
        #expect(again.journaledDifference(from: engine) == nil)
        #expect(again.liveSagas == engine.liveSagas)
    }

    /// A saga that cannot be replayed does not keep the others from starting; a person ends it, and
    /// that holds over the next start, which tries it again.
    @Test func aSagaThatCannotBeReplayedIsSetAside() throws {
        let script = Script()
        for command in ["define order one:h.one two:h.two", "start a order", "start b order"] {
            _ = try script.run(command)
        }
        let life = { (epoch: UInt64) in
            Life(epoch: Epoch(epoch), lineage: SagaID(high: 7, low: 7), life: epoch, seed: epoch)
        }
        let records = script.rig.records
        let broken = try #require(records.first { $0.record.isStart })
        let wrong = Record.sagaEnded(
            SagaEnded(
                state: .compensated, outputOf: nil, keyUntil: nil, at: Instant(microseconds: 0)))
        func replayed(_ more: [EmittedRecord]) throws -> Engine {
            var engine = Engine(limits: .small)
            for emitted in records + more {
                try engine.replay(emitted.record, at: emitted.position, saga: emitted.saga)
            }
            return engine
        }
        let last = try #require(records.last).position
        let damage = EmittedRecord(
            record: wrong, position: last.next, saga: broken.position, continues: false)
        var engine = try replayed([damage])
        #expect(engine.quarantined.keys.sorted() == [broken.position])
        let now = Instant(microseconds: 1_800_000_000_000_000)
        engine.step(.begin(life(2)), now: now)
        #expect(engine.inconsistency() == nil)
        #expect(engine.status().quarantinedCount == 1 && engine.status().live == 2)
        guard case .sagaStarted(let started) = broken.record else { return }
        for verb in [Verb.cancel, .retry, .abandon] {
            let request = VerbRequest(
                verb: verb, saga: .id(namespace: "default", started.id), reason: "lost",
                principal: Script.principal)
            engine.step(.verb(CallID(9), request), now: now)
        }
        let replies = engine.advance(to: engine.lastPosition).compactMap { effect in
            if case .reply(_, let reply) = effect { reply } else { nil }
        }
        #expect(replies.count == 3)
        guard case .verbDone(let answer)? = replies.last else {
            Issue.record("\(replies)")
            return
        }
        #expect(answer.state == .abandoned && answer.left.map(\.isKnown) == [false, false])
        #expect(engine.quarantined.isEmpty)
        let again = try replayed([damage] + engine.takeRecords())
        #expect(again.quarantined.isEmpty)
        #expect(engine.journaledDifference(from: again) == nil)
    }
}
