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
        #expect(failure.contains(reason), "\(failure)")
    }
}
