import SagaModel
import Testing

@testable import sagactl

@Suite struct SagaDrawingTests {
    private func draw(_ saga: SagaStatus, _ detail: SagaDrawing.Detail = .full) -> String {
        SagaDrawing(saga, detail, .plain).lines.joined(separator: "\n")
    }

    @Test func completedAfterStart() {
        #expect(
            draw(Fixture.completed, .brief) == """
                order/ORD-1042  0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                  ✓ reserve   11 ms
                  ✓ charge    38 ms
                  ✓ ship       9 ms
                  - confirm   skipped
                COMPLETED in 71 ms
                """)
    }

    @Test func completedShown() {
        #expect(
            draw(Fixture.completed) == """
                order/ORD-1042  COMPLETED in 71 ms  v3  0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)  customer=alice
                  ✓ reserve   inventory.reserve   11 ms   attempt 1, inventory/i-2
                  ✓ charge    payments.charge     38 ms   attempt 2, payments/p-1
                  ✓ ship      shipping.book        9 ms   attempt 1, shipping/s-1
                  - confirm   mail.confirm        skipped
                """)
    }

    @Test func payloads() {
        #expect(
            draw(Fixture.completed, .payloads) == """
                order/ORD-1042  COMPLETED in 71 ms  v3  0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)  customer=alice
                input  {"id":"ORD-1042"}
                  ✓ reserve   inventory.reserve   11 ms   attempt 1, inventory/i-2
                      output  {"reservation":"r-1"}
                  ✓ charge    payments.charge     38 ms   attempt 2, payments/p-1
                  ✓ ship      shipping.book        9 ms   attempt 1, shipping/s-1
                      output  {"trackingNumber":"1Z999AA10123456784"}
                  - confirm   mail.confirm        skipped
                output  {"trackingNumber":"1Z999AA10123456784"}
                """)
    }

    @Test func waitingForAParticipant() {
        #expect(
            draw(Fixture.waiting) == """
                order/ORD-1043  RUNNING for 2m 14s  v3  0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)  customer=alice
                  ✓ reserve   inventory.reserve   11 ms   attempt 1, inventory/i-2
                  … charge    payments.charge     waits 2m 14s for a participant; \
                payments/p-1 was lost 3m ago
                  ○ ship      shipping.book
                """)
    }

    @Test func attentionForAParticipantSaysWhatToDo() {
        var saga = Fixture.waiting
        saga.attention = [.noParticipant]
        let lines = SagaDrawing(saga, .full, .plain).lines
        #expect(lines[0].contains("RUNNING for 2m 14s  needs attention  v3"))
        #expect(
            lines.suffix(2) == [
                "now: start a participant that serves payments.charge; sagactl participants",
                "or give it up: sagactl cancel order/ORD-1043 --reason TEXT",
            ])
    }

    @Test func goingBack() {
        #expect(
            draw(Fixture.goingBack) == """
                order/ORD-1044  COMPENSATING for 11m 09s  needs attention  v3  \
                0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)
                went back at ship: no-carrier "No carrier serves 99950" \
                (attempt 1, shipping/s-1, 08:14:02)
                  ○ reserve   done 11 ms    undo waits for charge
                  ! charge    done 38 ms    undo failed 14 times: gateway timeout; next in 36 s
                  ✗ ship      failed 9 ms   nothing to undo
                now: sagactl retry order/ORD-1044
                or undo charge by hand, then: sagactl mark-compensated order/ORD-1044 charge \
                --reason TEXT
                """)
    }

    @Test func undone() {
        #expect(
            draw(Fixture.undone, .brief) == """
                order/ORD-1041  0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                went back at ship: no-carrier "No carrier serves 99950" \
                (attempt 1, shipping/s-1, 08:14:02)
                  ↩ reserve   11 ms   undone 8 ms
                  ↩ charge    38 ms   undone 21 ms
                  ✗ ship       9 ms   failed
                  - confirm           not run
                COMPENSATED in 96 ms
                """)
    }

    @Test func parked() {
        let saga = Fixture.saga(
            .failed, seen: .seconds(200_000), attention: [.parked],
            failure: SagaFault(
                step: "", failure: Failure(code: "cancelled", message: "customer called"),
                attempt: 0, instance: "", at: Fixture.start),
            compensationFailure: SagaFault(
                step: "charge", failure: Failure(code: "account-closed", message: ""), attempt: 3,
                instance: "payments/p-1", at: Fixture.after(.seconds(20))),
            [
                Fixture.step(
                    "reserve", "inventory.reserve", .succeeded, knowledge: .done,
                    Fixture.task(due: .zero, ended: .milliseconds(1_250)),
                    undo: Fixture.task(attempts: 0)),
                Fixture.step(
                    "charge", "payments.charge", after: ["reserve"], .compensationFailed,
                    knowledge: .inDoubt,
                    Fixture.task(due: .seconds(2), ended: .seconds(14)),
                    undo: Fixture.task(
                        attempts: 3, failures: 3, due: .seconds(14), ended: .seconds(20),
                        failure: Failure(code: "account-closed", message: ""))),
            ])
        #expect(
            draw(saga) == """
                order/ORD-1042  FAILED for 2d 07h  needs attention  v3  \
                0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)
                went back: cancelled "customer called" (2026-11-21 08:14:02)
                parked at charge: account-closed (attempt 3, payments/p-1, 2026-11-21 08:14:22)
                  ○ reserve   done 1.2 s      undo waits: the saga is parked
                  ! charge    in doubt 12 s   undo failed 3 times: account-closed
                now: sagactl retry order/ORD-1042
                or undo charge by hand, then: sagactl mark-compensated order/ORD-1042 charge \
                --reason TEXT
                or give it up, with what it did: sagactl abandon order/ORD-1042 --reason TEXT
                """)
    }

    @Test func parkedOnTheWayForward() {
        var declined = Fixture.noCarrier
        declined.failure = Failure(code: "no-carrier", message: "")
        let saga = Fixture.saga(
            .failed, attention: [.parked], failure: declined,
            [
                Fixture.step(
                    "charge", "payments.charge", .succeeded,
                    Fixture.task(instance: "payments/p-1", due: .zero, ended: .milliseconds(11))),
                Fixture.step(
                    "ship", "shipping.book", after: ["charge"], .scheduled,
                    Fixture.task(due: .zero, waiting: .parked(since: Fixture.after(.seconds(4))))),
                Fixture.step("confirm", "mail.confirm", after: ["ship"], .pending),
            ])
        #expect(
            draw(saga) == """
                order/ORD-1042  FAILED for 2m 13s  needs attention  v3  \
                0199a3c1-5f20-7b1e-8c44-3d2a90e17f55
                started 2026-11-21 08:14:02 by web@10.0.3.7 (unverified)
                parked at ship: no-carrier (attempt 1, shipping/s-1, 08:14:02)
                  ✓ charge    payments.charge   11 ms   attempt 1, payments/p-1
                  … ship      shipping.book     waits 2m 10s for somebody to settle the saga
                  ○ confirm   mail.confirm
                now: sagactl retry order/ORD-1042
                or do ship by hand, then: sagactl skip order/ORD-1042 ship --output FILE \
                --reason TEXT
                or undo what was done: sagactl compensate order/ORD-1042 --reason TEXT
                or give it up, with what it did: sagactl abandon order/ORD-1042 --reason TEXT
                """)
    }

    @Test(arguments: [[], [AttentionReason.held]])
    func suspendedSaysWhoGoesOn(_ attention: [AttentionReason]) {
        let saga = Fixture.saga(
            .running, attention: attention,
            [
                Fixture.step(
                    "charge", "payments.charge", .scheduled,
                    Fixture.task(
                        due: .zero, waiting: .suspended(since: Fixture.after(.seconds(4)))))
            ])
        let lines = SagaDrawing(saga, .full, .plain).lines
        let needs = attention.isEmpty ? "" : "needs attention  "
        #expect(lines[0].contains("RUNNING for 2m 14s  suspended  \(needs)v3"))
        #expect(lines[2].hasSuffix("waits 2m 10s for somebody to resume the saga"))
        #expect(lines.last == "now: look at it, then: sagactl resume order/ORD-1042")
    }

    @Test func failingPastThePivotNamesTheStepThatFails() {
        let saga = Fixture.saga(
            .running, attention: [.pastPivotFailing],
            [
                Fixture.step("ship", "shipping.book", .succeeded),
                Fixture.step(
                    "confirm", "mail.confirm", after: ["ship"], .scheduled,
                    Fixture.task(
                        failures: 3, due: .zero, failure: Failure(code: "busy", message: ""),
                        waiting: .backoff(until: Fixture.after(.seconds(140))))),
            ])
        #expect(
            SagaDrawing(saga, .full, .plain).lines.suffix(2) == [
                "now: sagactl retry order/ORD-1042",
                "or do confirm by hand, then: sagactl skip order/ORD-1042 confirm --output FILE "
                    + "--reason TEXT",
            ])
    }

    @Test func nameAndArgumentWithoutAKeyThatPeopleKnow() {
        var saga = Fixture.waiting
        saga.keyIsRandom = true
        saga.attention = [.noParticipant]
        let lines = SagaDrawing(saga, .full, .plain).lines
        #expect(lines[0].hasPrefix("order  RUNNING"))
        #expect(lines.last == "or give it up: sagactl cancel \(Fixture.id) --reason TEXT")
    }

    @Test func signsWithoutUTF8() {
        let style = Style(hasColor: false, isUTF8: false)
        let lines = [Fixture.completed, Fixture.goingBack, Fixture.undone, Fixture.waiting].map {
            SagaDrawing($0, .brief, style).lines.joined(separator: "\n")
        }.joined(separator: "\n")
        #expect(lines.utf8.allSatisfy { $0 < 0x80 })
        for sign in [
            "  + ship", "  - confirm", "  o reserve", "  ! charge", "  x ship", "  < charge",
        ] {
            #expect(lines.contains(sign), "\(sign)")
        }
        #expect(lines.contains("  ~ charge"))
    }

    @Test func coloursSayWhatWordsSay() {
        let style = Style(hasColor: true, isUTF8: true)
        let lines = SagaDrawing(Fixture.completed, .brief, style).lines
        #expect(lines[1] == "  \u{1B}[32m✓\u{1B}[0m \u{1B}[1mreserve\u{1B}[0m   11 ms")
        #expect(lines.last == "\u{1B}[32mCOMPLETED\u{1B}[0m in 71 ms")
        let back = SagaDrawing(Fixture.goingBack, .full, style).lines
        #expect(back[0].contains("\u{1B}[33mCOMPENSATING\u{1B}[0m for 11m 09s"))
        #expect(back[0].contains("\u{1B}[31mneeds attention\u{1B}[0m"))
    }

    @Test func whatOthersWroteCannotSteerTheTerminal() {
        var saga = Fixture.undone
        saga.key = "a\u{1B}[2J\nb\u{202E}c"
        saga.failure?.failure.message = "x\r\u{9B}31m"
        let text = draw(saga)
        #expect(!text.contains("\u{1B}") && !text.contains("\u{9B}") && !text.contains("\u{202E}"))
        #expect(text.contains("order/a\\u{1B}[2J\\nb\\u{202E}c"))
    }
}
