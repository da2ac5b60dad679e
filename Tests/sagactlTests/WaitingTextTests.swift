import SagaModel
import Testing

@testable import sagactl

/// Every reason to wait, of an action and of an undo, in exact words.
@Suite struct WaitingTextTests {
    struct Row: Sendable {
        let waiting: WaitingReason?
        var failures: UInt32 = 0
        var attempts: UInt32 = 1
        var failure: Failure?
        var instance = ""
        let text: String
    }

    static let timeout = Failure(code: "gateway-timeout", message: "gateway timeout")
    /// Sagas are looked at 134 s after their start.
    static let rows: [Row] = [
        Row(
            waiting: .participant(since: Fixture.start, lastSeen: "", lostAt: nil),
            text: "waits 2m 14s for a participant"),
        Row(
            waiting: .participant(since: Fixture.start, lastSeen: "payments/p-1", lostAt: nil),
            text: "waits 2m 14s for a participant; payments/p-1 was the last"),
        Row(
            waiting: .participant(
                since: Fixture.start, lastSeen: "payments/p-1",
                lostAt: Fixture.after(.seconds(131))),
            text: "waits 2m 14s for a participant; payments/p-1 was lost 3 s ago"),
        Row(
            waiting: .compensationHandler(since: Fixture.after(.seconds(120))),
            text: "waits 14 s for a participant that serves the compensation too"),
        Row(
            waiting: .slot(since: Fixture.after(.milliseconds(133_500))),
            text: "waits 500 ms for a free slot"),
        Row(
            waiting: .room(since: Fixture.after(.seconds(120))),
            text: "waits 14 s for room on the coordinator's disk"),
        Row(
            waiting: .backoff(until: Fixture.after(.seconds(170))), failures: 14, failure: timeout,
            text: "failed 14 times: gateway timeout; next in 36 s"),
        Row(
            waiting: .backoff(until: Fixture.start), failures: 1,
            failure: Failure(code: "busy", message: ""), text: "failed once: busy; next now"),
        Row(
            waiting: .backoff(until: Fixture.after(.seconds(135))), attempts: 2,
            text: "next in 1 s"),
        Row(
            waiting: .answer(since: Fixture.after(.seconds(132))), instance: "payments/p-1",
            text: "running 2 s, payments/p-1"),
        Row(
            waiting: .answer(since: Fixture.after(.seconds(132))), attempts: 3, failure: timeout,
            instance: "payments/p-1",
            text: "running 2 s, attempt 3, payments/p-1; before that: gateway timeout"),
        Row(
            waiting: .recovery(since: Fixture.after(.seconds(130))), instance: "payments/p-1",
            text: "waits 4 s for payments/p-1 to return after the coordinator's restart"),
        Row(
            waiting: .recovery(since: Fixture.after(.seconds(130))),
            text: "waits 4 s for participants to return after the coordinator's restart"),
        Row(
            waiting: .comeback(
                of: "payments/p-1", lostAt: Fixture.after(.seconds(130)),
                until: Fixture.after(.seconds(140))),
            text: "waits 4 s for payments/p-1 to return; given up in 6 s"),
        Row(
            waiting: .cancelAnswer(
                since: Fixture.start, until: Fixture.after(.seconds(164))),
            instance: "payments/p-1",
            text: "waits for the answer of payments/p-1; at most 30 s more"),
        Row(
            waiting: .deferred(
                since: Fixture.after(.seconds(130)), until: Fixture.after(.seconds(160))),
            text: "waits 4 s for an answer from outside; at most 26 s more"),
        Row(waiting: .laterUndos, text: "waits for later undos"),
        Row(waiting: nil, text: "begins"),
    ]

    @Test(arguments: WaitingTextTests.rows) func words(_ row: Row) {
        let task = Fixture.task(
            attempts: row.attempts, failures: row.failures, instance: row.instance,
            failure: row.failure, waiting: row.waiting)
        #expect(WaitingText(task, Fixture.waiting).text.text(.plain) == row.text)
    }

    struct StepRow: Sendable {
        let step: StepStatus
        let state: SagaState
        let line: String
    }

    private static func step(
        _ state: StepState, _ knowledge: UndoKnowledge?, ended: Duration? = .milliseconds(11),
        instance: String = "", undo: TaskStatus? = nil, failure: Failure? = nil
    ) -> StepStatus {
        Fixture.step(
            "charge", "payments.charge", state, knowledge: knowledge,
            Fixture.task(instance: instance, due: .zero, ended: ended, failure: failure),
            undo: undo)
    }

    /// Every state of a step, forward, on the way back, and after it.
    static let stepRows: [StepRow] = [
        StepRow(
            step: step(.pending, nil, ended: nil), state: .running,
            line: "○ charge   payments.charge"),
        StepRow(
            step: step(.failed, nil, failure: timeout), state: .running,
            line: "✗ charge   payments.charge   11 ms   failed: gateway timeout"),
        StepRow(
            step: step(.skipped, nil), state: .running,
            line: "- charge   payments.charge   skipped"),
        StepRow(
            step: step(.running, .awaited, ended: nil, instance: "payments/p-1"),
            state: .compensating,
            line: "… charge   running   waits for the answer of payments/p-1"),
        StepRow(
            step: step(.pending, nil, ended: nil), state: .compensating,
            line: "- charge   not run"),
        StepRow(
            step: step(.skipped, nil), state: .compensating, line: "- charge   skipped"),
        StepRow(
            step: step(.succeeded, .done), state: .compensating,
            line: "✓ charge   done 11 ms   nothing to undo"),
        StepRow(
            step: step(
                .compensating, .inDoubt,
                undo: Fixture.task(
                    instance: "payments/p-2", waiting: .answer(since: Fixture.after(.seconds(133))))
            ), state: .compensating,
            line: "… charge   in doubt 11 ms   undo running 1 s, payments/p-2"),
        StepRow(
            step: step(
                .compensating, .done,
                undo: Fixture.task(
                    failures: 2, waiting: .answer(since: Fixture.after(.seconds(133))))),
            state: .compensating, line: "! charge   done 11 ms   undo running 1 s"),
        StepRow(
            step: step(
                .compensating, .done,
                undo: Fixture.task(
                    waiting: .participant(since: Fixture.start, lastSeen: "", lostAt: nil))),
            state: .compensating,
            line: "… charge   done 11 ms   undo waits 2m 14s for a participant"),
        StepRow(
            step: step(.compensating, .done, undo: Fixture.task()), state: .compensating,
            line: "… charge   done 11 ms   undo is due"),
        StepRow(
            step: step(
                .compensated, .inDoubt,
                undo: Fixture.task(due: .seconds(1), ended: .milliseconds(1_008))),
            state: .compensated,
            line: "↩ charge   11 ms   undone 8 ms, its outcome was not known"),
        StepRow(
            step: step(
                .compensated, .done,
                undo: Fixture.task(due: .seconds(1), ended: .milliseconds(1_008))),
            state: .compensating, line: "↩ charge   done 11 ms   undone 8 ms"),
        StepRow(
            step: step(.succeeded, .done), state: .compensated,
            line: "✓ charge   11 ms   nothing to undo"),
        StepRow(
            step: step(.skipped, nil), state: .compensated,
            line: "- charge      skipped"),
    ]

    @Test(arguments: WaitingTextTests.stepRows) func drawn(_ row: StepRow) {
        let wentBack = row.state != .running
        let saga = Fixture.saga(
            row.state, failure: wentBack ? Fixture.noCarrier : nil, [row.step])
        let place = StepGraph.Row(step: 0, prefix: "", below: "", awaited: [])
        let drawn = StepDrawing(place, in: saga, isBrief: false, .plain)
        var table = StepDrawing.table([drawn])
        table.add(drawn.cells)
        #expect(table.lines(.plain) == ["  " + row.line])
    }

    @Test func anUndoWaitsForTheNearestStepsThatAreNotSettled() {
        func step(_ name: String, after: [String], _ state: StepState, _ undo: TaskStatus?)
            -> StepStatus
        {
            Fixture.step(name, "a.b", after: after, state, knowledge: .done, undo: undo)
        }
        let waits = Fixture.task(waiting: .laterUndos)
        let saga = Fixture.saga(
            .compensating, failure: Fixture.noCarrier,
            [
                step("a", after: [], .succeeded, waits),
                step("b", after: ["a"], .succeeded, nil),
                step("c", after: ["a"], .compensating, Fixture.task()),
                step("d", after: ["b"], .compensating, Fixture.task()),
                step("e", after: ["b"], .compensated, Fixture.task(ended: .seconds(1))),
            ])
        #expect(UndoOrder(saga).awaited(by: "a") == ["c", "d"])
        #expect(UndoOrder(saga).awaited(by: "e") == [])
    }
}
