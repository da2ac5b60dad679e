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
