import SagaModel

@testable import sagactl

/// Values that several tests draw or write.
enum Fixture {
    static let id = SagaID("0199a3c1-5f20-7b1e-8c44-3d2a90e17f55")!
    /// 2026-11-21 08:14:02.250 UTC.
    static let start = Instant(microseconds: 1_795_248_842_250_000)

    static func after(_ duration: Duration) -> Instant { start + duration }

    static func task(
        attempts: UInt32 = 1, failures: UInt32 = 0, instance: String = "", due: Duration? = nil,
        handedOut: Duration? = nil, ended: Duration? = nil, failure: Failure? = nil,
        waiting: WaitingReason? = nil
    ) -> TaskStatus {
        TaskStatus(
            attempts: attempts, failures: failures, instance: instance, dueAt: due.map(after),
            handedOutAt: handedOut.map(after), endedAt: ended.map(after), lastFailure: failure,
            waiting: waiting)
    }

    static let noTask = task(attempts: 0)

    static func step(
        _ name: String, _ handler: String, after: [String] = [], _ state: StepState,
        knowledge: UndoKnowledge? = nil, _ action: TaskStatus = noTask, undo: TaskStatus? = nil,
        output: Payload? = nil, isCompensated: Bool = true
    ) -> StepStatus {
        StepStatus(
            name: name, handler: handler, after: after, isCompensated: isCompensated,
            state: state, undoKnowledge: knowledge, action: action, compensation: undo,
            output: output)
    }

    static func saga(
        _ state: SagaState, key: String = "ORD-1042", keyIsRandom: Bool = false,
        seen: Duration = .seconds(134), ended: Duration? = nil,
        attention: [AttentionReason] = [], labels: [String: String] = [:],
        failure: SagaFault? = nil, compensationFailure: SagaFault? = nil, output: Payload? = nil,
        _ steps: [StepStatus]
    ) -> SagaStatus {
        SagaStatus(
            id: id, namespace: "default", definition: "order", version: 3, key: key,
            keyIsRandom: keyIsRandom, state: state, attention: attention, startedAt: start,
            endedAt: ended.map(after), observedAt: after(seen),
            principal: Principal(name: "web@10.0.3.7", isVerified: false), labels: labels,
            steps: steps, failure: failure, compensationFailure: compensationFailure,
            input: json(#"{"id":"ORD-1042"}"#), output: output)
    }

    static func json(_ text: String) -> Payload {
        Payload(contentType: Payload.json, bytes: Array(text.utf8))
    }

    static let noCarrier = SagaFault(
        step: "ship", failure: Failure(code: "no-carrier", message: "No carrier serves 99950"),
        attempt: 1, instance: "shipping/s-1", at: after(.milliseconds(60)))

    // MARK: The sagas of the documentation

    static let completed = saga(
        .completed, ended: .milliseconds(71), labels: ["customer": "alice"],
        output: json(#"{"trackingNumber":"1Z999AA10123456784"}"#),
        [
            step(
                "reserve", "inventory.reserve", .succeeded,
                task(
                    instance: "inventory/i-2", due: .zero, handedOut: .milliseconds(1),
                    ended: .milliseconds(11)),
                output: json(#"{"reservation":"r-1"}"#)),
            step(
                "charge", "payments.charge", after: ["reserve"], .succeeded,
                task(
                    attempts: 2, instance: "payments/p-1", due: .milliseconds(11),
                    ended: .milliseconds(49))),
            step(
                "ship", "shipping.book", after: ["charge"], .succeeded,
                task(
                    instance: "shipping/s-1", due: .milliseconds(50), ended: .milliseconds(59)),
                output: json(#"{"trackingNumber":"1Z999AA10123456784"}"#)),
            step("confirm", "mail.confirm", after: ["ship"], .skipped),
        ])

    static let waiting = saga(
        .running, key: "ORD-1043", labels: ["customer": "alice"],
        [
            step(
                "reserve", "inventory.reserve", .succeeded,
                task(instance: "inventory/i-2", due: .zero, ended: .milliseconds(11))),
            step(
                "charge", "payments.charge", after: ["reserve"], .scheduled,
                task(
                    due: .zero,
                    waiting: .participant(
                        since: start, lastSeen: "payments/p-1", lostAt: after(.seconds(-61))))),
            step("ship", "shipping.book", after: ["charge"], .pending),
        ])

    static let goingBack = saga(
        .compensating, key: "ORD-1044", seen: .milliseconds(669_060), attention: [.undoFailing],
        failure: noCarrier,
        [
            step(
                "reserve", "inventory.reserve", .succeeded, knowledge: .done,
                task(due: .zero, ended: .milliseconds(11)),
                undo: task(attempts: 0, waiting: .laterUndos)),
            step(
                "charge", "payments.charge", after: ["reserve"], .compensating, knowledge: .done,
                task(due: .milliseconds(11), ended: .milliseconds(49)),
                undo: task(
                    attempts: 15, failures: 14,
                    failure: Failure(code: "gateway-timeout", message: "gateway timeout"),
                    waiting: .backoff(until: after(.milliseconds(705_060))))),
            step(
                "ship", "shipping.book", after: ["charge"], .failed, knowledge: .nothing,
                task(due: .milliseconds(50), ended: .milliseconds(59))),
        ])

    static let undone = saga(
        .compensated, key: "ORD-1041", seen: .seconds(5), ended: .milliseconds(96),
        failure: noCarrier,
        [
            step(
                "reserve", "inventory.reserve", .compensated, knowledge: .done,
                task(due: .zero, ended: .milliseconds(11)),
                undo: task(due: .milliseconds(88), ended: .milliseconds(96))),
            step(
                "charge", "payments.charge", after: ["reserve"], .compensated, knowledge: .done,
                task(due: .milliseconds(11), ended: .milliseconds(49)),
                undo: task(due: .milliseconds(60), ended: .milliseconds(81))),
            step(
                "ship", "shipping.book", after: ["charge"], .failed, knowledge: .nothing,
                task(due: .milliseconds(50), ended: .milliseconds(59))),
            // It was due when the saga went back, and was taken back before it ran.
            step(
                "confirm", "mail.confirm", after: ["ship"], .pending,
                task(attempts: 0, due: .milliseconds(59), ended: .milliseconds(60))),
        ])
}
