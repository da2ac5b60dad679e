import SagaModel
import Testing

@testable import sagactl

/// What `show` says of sagas beyond the plain course of steps.
@Suite struct ShownSagaTests {
    private func draw(
        _ saga: SagaStatus, _ detail: SagaDrawing.Detail = .full
    ) -> String {
        SagaDrawing(saga, detail, .plain).lines.joined(separator: "\n")
    }

    private func lines(_ change: (inout SagaStatus) -> Void) -> [String] {
        var saga = Fixture.waiting
        change(&saga)
        return SagaDrawing(saga, .full, .plain).lines
    }

    @Test func aGraphWithPivotOptionalStepsAndConditions() {
        #expect(
            draw(Fixture.publishing) == """
                order/P-7  RUNNING for 2m 14s  v3  0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)
                  ✓ draft      model.write      12 ms   attempt 1, i/1
                  ✓ create     content.create   28 ms   attempt 1, i/1; pivot, passed
                  ├ ✓ web      site.publish     20 ms   attempt 1, i/1; optional
                  ├ … social   social.post      failed 3 times: rate limit; next in 8 s; optional
                  │ ○ thread   social.thread    optional, when input#/thread equals true
                  └ - mail     mail.send        skipped: input#/mail is false
                  ○ count      stats.count
                """)
    }

    @Test func aJoinThatSaysWhatItWaitsFor() {
        var saga = Fixture.publishing
        saga.steps[6].after = ["web", "thread"]
        let line = SagaDrawing(saga, .full, .plain).lines.last
        #expect(line == "  ○ count      stats.count      waits for thread")
        saga.steps[6].state = .succeeded
        saga.steps[6].action = Fixture.task(due: .zero, ended: .milliseconds(3))
        let ended = SagaDrawing(saga, .full, .plain).lines.last
        #expect(
            ended == "  ✓ count      stats.count       3 ms   attempt 1; after web and thread")
    }

    static let pivots: [(PivotMark, StepState, String)] = [
        (.notReached, .pending, "○ charge   payments.charge   pivot, not reached"),
        (
            .undecided, .running,
            "… charge   payments.charge   running 2 s, payments/p-1; pivot, undecided"
        ),
        (
            .passed, .succeeded,
            "✓ charge   payments.charge   11 ms   attempt 1, payments/p-1; pivot, passed"
        ),
        (.failed, .failed, "✗ charge   payments.charge   11 ms   failed; pivot, did not happen"),
    ]

    @Test(arguments: pivots)
    func thePivotSaysHowItStands(_ mark: PivotMark, _ state: StepState, _ line: String) {
        let isOver = state != .running
        var step = Fixture.step(
            "charge", "payments.charge", state,
            Fixture.task(
                instance: "payments/p-1", due: .zero, ended: isOver ? .milliseconds(11) : nil,
                waiting: isOver ? nil : .answer(since: Fixture.after(.seconds(132)))))
        step.more = Fixture.more { $0.pivot = mark }
        let lines = SagaDrawing(Fixture.saga(.running, [step]), .full, .plain).lines
        #expect(lines.last == "  \(line)")
    }

    static let skips: [(StepSkip?, String)] = [
        (nil, "skipped"), (.condition(found: ""), "skipped: input#/notify is not there"),
        (.condition(found: "\"no\""), "skipped: input#/notify is \"no\""),
        (.person(nil), "skipped"),
        (.person(Fixture.entry(.skip, step: "charge", "sent it")), "skipped by alice: sent it"),
        (.person(Fixture.entry(.skip, step: "charge", "")), "skipped by alice"),
    ]

    @Test(arguments: skips) func whyAStepWasSkipped(_ skip: StepSkip?, _ text: String) {
        var step = Fixture.step("charge", "payments.charge", .skipped)
        step.more = Fixture.more {
            $0.condition = Condition(
                reference: Reference(source: "input", pointer: "/notify"), test: .exists(true))
            $0.skip = skip
        }
        let forward = SagaDrawing(Fixture.saga(.completed, ended: .zero, [step]), .full, .plain)
        #expect(forward.lines.last == "  - charge   payments.charge   \(text)")
        let undone = SagaDrawing(
            Fixture.saga(.compensated, ended: .zero, failure: Fixture.noCarrier, [step]), .full,
            .plain)
        #expect(undone.lines.last == "  - charge      \(text)")
    }

    static let conditions: [(Condition.Test, String)] = [
        (.equals("true"), "when a#/b equals true"),
        (.notEquals("1"), "when a#/b does not equal 1"), (.exists(true), "when a#/b is there"),
        (.exists(false), "when a#/b is not there"),
    ]

    @Test(arguments: conditions) func conditionsInWords(_ test: Condition.Test, _ text: String) {
        let condition = Condition(
            reference: Reference(source: "a", pointer: "/b"), test: test)
        #expect(StepMarks.text(condition) == text)
    }

    @Test func everyAttemptAndVerb() {
        func attempt(
            _ number: UInt32, _ outcome: AttemptOutcome?, _ state: AttemptStatus.State = .ended
        ) -> AttemptStatus {
            AttemptStatus(
                token: Token(epoch: Epoch(1), number: number), state: state,
                handedOutAt: Fixture.after(.seconds(Int64(number))),
                endedAt: state == .ended ? Fixture.after(.seconds(Int64(number) + 1)) : nil,
                instance: "payments/p-1", outcome: outcome)
        }
        let busy = Failure(code: "busy", message: "rate limit")
        var task = Fixture.task(
            attempts: 9, failures: 7, instance: "payments/p-1", due: .zero,
            waiting: .answer(since: Fixture.after(.seconds(132))))
        task.lastHeartbeatAt = Fixture.after(.seconds(133))
        task.progress = Fixture.json(#"{"page":3}"#)
        task.history = [
            attempt(1, .retry(busy, after: nil)),
            attempt(6, .retry(busy, after: .seconds(30))), attempt(7, .unknown(.sessionLost)),
            attempt(8, .declined(.noSlot)), attempt(9, nil, .handedOut),
        ]
        var saga = Fixture.saga(
            .running, [Fixture.step("charge", "payments.charge", .running, task)])
        saga.more.verbs = [
            Fixture.entry(.suspend, "lunch"), Fixture.entry(.retry, step: "charge", ""),
        ]
        let detail = SagaDrawing.Detail(hasPayloads: true, hasHistory: true)
        #expect(
            SagaDrawing(saga, detail, .plain).lines.dropFirst(3).joined(separator: "\n") == """
                  … charge   payments.charge   running 2 s, attempt 9, payments/p-1, heartbeat 1 s ago
                      attempt 1  08:14:03     1 s  payments/p-1  error: busy "rate limit"
                      4 earlier attempts left out
                      attempt 6  08:14:08     1 s  payments/p-1  error: busy "rate limit"; wanted to be \
                asked again after 30 s
                      attempt 7  08:14:09     1 s  payments/p-1  unknown: its participant was lost
                      attempt 8  08:14:10     1 s  payments/p-1  not run: no free slot
                      attempt 9  08:14:11  2m 05s  payments/p-1  running
                      progress  {"page":3}
                08:14:05  suspend       by alice: lunch
                08:14:05  retry charge  by alice
                """)
    }

    static let outcomes: [(AttemptOutcome, String)] = [
        (.succeeded(.empty), "done"),
        (.failed(Failure(code: "no", message: "")), "failed: no"),
        (.notYet(after: .seconds(3)), "not yet; ask again after 3 s"),
        (.deferred(within: nil), "to be answered from outside"),
        (.hold(reason: "look"), "held for a person: look"),
        (
            .refused(OutputRefused(reason: "too large", size: 2_048, limit: 1_024)),
            "output refused: too large, 2.0 KiB of at most 1.0 KiB"
        ),
        (
            .refused(OutputRefused(reason: "not JSON", size: 0, limit: 0)),
            "output refused: not JSON"
        ),
        (.unknown(.timedOut), "unknown: startToClose ran out"),
        (.unknown(.forgotten), "unknown: its participant returned without it"),
        (.unknown(.coordinatorRestarted), "unknown: the coordinator was started again"),
        (.unknown(.scheduleToClose), "unknown: scheduleToClose ran out"),
        (.unknown(.heartbeatMissed), "unknown: its heartbeats failed to come"),
        (.unknown(.deferralOver), "unknown: the time for the answer ran out"),
        (.unknown(.cancelGraceOver), "unknown: it did not answer its cancellation"),
        (.unknown(.childAbandoned), "unknown: its child saga was abandoned"),
        (.declined(.draining), "not run: the participant was leaving"),
        (.declined(.handlerUnknown), "not run: the participant does not know the handler"),
    ]

    @Test(arguments: outcomes) func outcomesInWords(_ outcome: AttemptOutcome, _ text: String) {
        #expect(AttemptDrawing.text(outcome).text(.plain) == text)
    }

    @Test func whoSuspendedItAndWhoWantsItCancelled() {
        let suspended = lines {
            $0.more.suspension = SagaSuspension(
                by: Principal(name: "alice", isVerified: true), step: "", reason: "lunch",
                since: Fixture.after(.seconds(14)))
            $0.more.cancelRequest = CancelRequest(
                by: Principal(name: "bob", isVerified: false), reason: "",
                at: Fixture.after(.seconds(74)), waitsForPivot: false)
        }
        #expect(suspended[0].contains("RUNNING for 2m 14s  suspended  v3"))
        #expect(
            suspended[2...3] == [
                "suspended 2m ago by alice: lunch",
                "cancel asked 1m ago by bob (unverified); has effect when the saga is resumed",
            ])
        let held = lines {
            $0.more.suspension = SagaSuspension(
                by: nil, step: "charge", reason: "fenced", since: Fixture.after(.seconds(130)))
        }
        #expect(held[2] == "held 4 s ago by step charge: fenced")
        let waits = lines {
            $0.more.cancelRequest = CancelRequest(
                by: Principal(name: "bob", isVerified: true), reason: "no",
                at: Fixture.after(.seconds(74)), waitsForPivot: true)
        }
        #expect(
            waits[2] == "cancel asked 1m ago by bob: no; has effect only if the pivot says no")
    }

    @Test func whatItRunsForAndWhen() {
        let child = lines {
            $0.more.parent = SagaParent(saga: Fixture.id, step: "kid")
            $0.more.deadline = Fixture.after(.seconds(200))
            $0.more.replaces = Fixture.id
            $0.more.replacedBy = Fixture.id
        }
        #expect(
            child[2...5] == [
                "runs for step kid of saga \(Fixture.id)", "replaces \(Fixture.id)",
                "was replaced by \(Fixture.id)", "its timeout cancels it in 1m 06s",
            ])
        let pending = lines {
            $0.state = .pending
            $0.more.startAt = Fixture.after(.seconds(140))
        }
        #expect(pending[2] == "begins in 6 s, at 2026-11-21 08:16:22")
    }

    @Test func whoSentItBackParkedItOrGaveItUp() {
        var saga = Fixture.undone
        saga.failure = SagaFault(
            step: "", failure: Failure(code: "cancelled", message: "wrong order"), attempt: 0,
            instance: "", at: Fixture.after(.seconds(1)))
        saga.more.sentBackBy = Fixture.entry(.cancel, "wrong order")
        saga.steps[0].more.undoneBy = Fixture.entry(.markCompensated, step: "reserve", "by hand")
        #expect(
            draw(saga, .brief).contains(
                "went back: cancelled \"wrong order\" (by alice, 08:14:03)"))
        #expect(draw(saga, .brief).contains("reserve   11 ms   undone 8 ms by hand, by alice"))
        var parked = Fixture.saga(.failed, failure: Fixture.noCarrier, [])
        parked.more.parking = SagaParking(
            reason: .pivotUndecided, fault: Fixture.noCarrier, direction: .action,
            since: Fixture.start)
        #expect(
            draw(parked).contains(
                "parked at ship: no-carrier \"No carrier serves 99950\" "
                    + "(the pivot is undecided, attempt 1, shipping/s-1, 08:14:02)"))
        let abandoned = lines {
            $0.state = .abandoned
            $0.more.abandonedBy = Fixture.entry(.abandon, "enough")
            $0.more.left = [
                LeftEffect(step: "reserve", isKnown: true),
                LeftEffect(step: "charge", isKnown: false),
            ]
        }
        #expect(
            abandoned[2...3] == [
                "abandoned by alice: enough (08:14:05)",
                "left as it was: reserve (done) and charge (in doubt)",
            ])
    }

    @Test func whatIsLeftInDoubtAndWhatRunsAsASaga() {
        var step = Fixture.step(
            "kid", "payment", .failed,
            Fixture.task(
                due: .zero, ended: .milliseconds(5), failure: Failure(code: "busy", message: "")))
        step.more = Fixture.more {
            $0.isOptional = true
            $0.isLeftInDoubt = true
            $0.childVersion = 2
            $0.children = [Fixture.id]
        }
        let lines = SagaDrawing(Fixture.saga(.running, [step]), .full, .plain).lines
        #expect(
            lines.last
                == "  ✗ kid   saga payment v2   5 ms   failed, in doubt: busy; optional, child "
                + "\(Fixture.id)")
    }

    @Test(arguments: [
        (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"), ([], ""),
    ])
    func listsOfNames(_ names: [String], _ text: String) {
        #expect(ShownList.text(names, atMost: 3) == text)
    }
}
