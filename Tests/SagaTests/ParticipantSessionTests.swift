import SagaModel
import Testing

@testable import Saga

typealias Harness = SessionHarness

@Suite struct ParticipantSessionTests {
    let output = Payload(contentType: "text/plain", bytes: [1])

    @Test func opensSaysHelloAndIsWelcomed() {
        var harness = Harness()
        #expect(harness.session.nextWake == nil)
        #expect(harness.start() == [.open])
        #expect(harness.start() == [])
        let hello = harness.hello()
        #expect(harness.opened() == [hello])
        #expect(harness.opened() == [])
        #expect(
            harness.receive(.welcome(Harness.welcome())) == [.note(.attached(Harness.welcome()))])
    }

    @Test func runsATaskAndKeepsItsResultUntilAcknowledged() {
        var harness = Harness.attached()
        let task = Harness.task(1)
        #expect(
            harness.receive(.task(task))
                == [.run(AttemptPlace(rawValue: 0), task, lineage: Harness.lineage)])
        #expect(harness.receive(.task(task)) == [], "a task said twice runs once")
        #expect(harness.finish(0, .succeeded(output)) == [Harness.result(task, .succeeded(output))])
        #expect(
            harness.receive(.task(task)) == [Harness.result(task, .succeeded(output))],
            "what has a result is answered with it")
        #expect(harness.receive(.resultAck(task.attempt, .taken)) == [])
        #expect(harness.session.attempts.isEmpty)
    }

    @Test(arguments: [ResultDisposition.taken, .stale, .noSuchTask])
    func dropsAResultOnEachDisposition(disposition: ResultDisposition) {
        var harness = Harness.attached()
        let task = Harness.task(1)
        _ = harness.receive(.task(task))
        _ = harness.receive(.resultAck(task.attempt, disposition))
        #expect(harness.session.attempts.running == 1, "what runs has no result to acknowledge")
        _ = harness.finish(0, .succeeded(output))
        _ = harness.receive(.resultAck(task.attempt, disposition))
        #expect(harness.session.attempts.isEmpty)
    }

    @Test func namesAndSendsAgainAfterAReconnect() {
        var harness = Harness.attached()
        let (first, second) = (Harness.task(1), Harness.task(2))
        _ = harness.receive(.task(first))
        _ = harness.receive(.task(second))
        _ = harness.finish(1, .succeeded(output))
        #expect(
            harness.lose()
                == [.note(.detached(reason: "gone", wait: Limits.reconnectInitial * 0.5))])
        #expect(harness.pass(Limits.reconnectInitial) == [.open])
        let hello = harness.hello(running: [first], holding: [second], met: [Harness.met()])
        #expect(harness.opened() == [hello])
        #expect(harness.finish(0, .succeeded(output)) == [], "nothing before the Welcome")
        let welcome = Harness.welcome(epoch: 6, life: 60)
        #expect(
            harness.receive(.welcome(welcome)) == [
                .note(.attached(welcome)), Harness.result(first, .succeeded(output)),
                Harness.result(second, .succeeded(output)),
            ])
    }

    @Test func cancelsWhatRunsAndNothingElse() {
        var harness = Harness.attached()
        let task = Harness.task(1)
        #expect(harness.receive(.cancel(task.attempt, .goingBack)) == [])
        _ = harness.receive(.task(task))
        #expect(
            harness.receive(.cancel(task.attempt, .goingBack))
                == [.cancel(AttemptPlace(rawValue: 0), .goingBack)])
        _ = harness.finish(0, .succeeded(output))
        #expect(harness.receive(.cancel(task.attempt, .stale)) == [])
    }

    struct Decline: Sendable {
        let name: String
        let before: [ReceivedTask]
        let task: ReceivedTask
        let reason: DeclineReason?
    }

    static let declines = [
        Decline(
            name: "a free slot", before: [Harness.task(1)], task: Harness.task(2), reason: nil),
        Decline(
            name: "no action slot", before: [Harness.task(1), Harness.task(2)],
            task: Harness.task(3), reason: .noSlot),
        Decline(
            name: "undo slots are apart", before: [Harness.task(1), Harness.task(2)],
            task: Harness.task(3, direction: .compensation), reason: nil),
        Decline(
            name: "no undo slot", before: [Harness.task(1, direction: .compensation)],
            task: Harness.task(2, direction: .compensation), reason: .noSlot),
        Decline(
            name: "unknown handler", before: [], task: Harness.task(1, handler: "no.such"),
            reason: .handlerUnknown),
        Decline(
            name: "no such half", before: [],
            task: Harness.task(1, direction: .compensation, handler: "mail.confirm"),
            reason: .handlerUnknown),
    ]

    @Test(arguments: declines)
    func takesOrDeclines(decline: Decline) {
        var harness = Harness.attached()
        for task in decline.before { _ = harness.receive(.task(task)) }
        let actions = harness.receive(.task(decline.task))
        guard let reason = decline.reason else {
            let place = AttemptPlace(rawValue: decline.before.count)
            #expect(
                actions == [.run(place, decline.task, lineage: Harness.lineage)],
                "\(decline.name)")
            return
        }
        #expect(actions == [Harness.result(decline.task, .declined(reason))], "\(decline.name)")
        #expect(harness.session.attempts.held == 1, "kept until acknowledged: \(decline.name)")
    }

    @Test func givesUpASessionThatAcknowledgesNothing() {
        var harness = Harness.attached()
        for number in 0..<UInt32(Limits.heldResults) {
            _ = harness.receive(.task(Harness.task(number, handler: "no.such")))
        }
        #expect(harness.receive(.task(Harness.task(99_999))).first == .close)
    }

    @Test func limitsOutputsAndDetails() {
        var harness = Harness.attached(slots: 9)
        let big = Payload(contentType: Payload.json, bytes: Array(repeating: 1, count: 101))
        let outcomes: [(AttemptOutcome, AttemptOutcome)] = [
            (.succeeded(big), .refused(OutputRefused(reason: "too large", size: 101, limit: 100))),
            (
                .failed(Failure(code: "no", message: "m", details: big)),
                .failed(
                    Failure(
                        code: "no", message: "m (details of 101 bytes left out: at most 100)"))
            ),
            (
                .succeeded(Payload(contentType: "a\0", bytes: [])),
                .refused(.notEncodable("its content type cannot be sent"))
            ),
            (.succeeded(output), .succeeded(output)),
        ]
        for (index, (outcome, sent)) in outcomes.enumerated() {
            let task = Harness.task(UInt32(index))
            _ = harness.receive(.task(task))
            #expect(harness.finish(index, outcome) == [Harness.result(task, sent)])
        }
    }

    @Test func asksAgainWithGrowingWaits() {
        var harness = Harness()
        _ = harness.start()
        var limit = Limits.reconnectInitial
        for _ in 0..<9 {
            let actions = harness.lose(.lost("refused"), draw: 0.5)
            #expect(actions == [.note(.detached(reason: "refused", wait: limit * 0.5))])
            #expect(harness.pass(limit * 0.5) == [.open])
            limit = min(limit * 2, Limits.reconnectMaximum)
        }
        _ = harness.opened()
        _ = harness.receive(.welcome(Harness.welcome()))
        #expect(
            harness.lose(draw: 0.5)
                == [.note(.detached(reason: "gone", wait: Limits.reconnectMaximum * 0.5))],
            "a Welcome alone proves nothing yet")
        _ = harness.pass(Limits.reconnectMaximum)
        _ = harness.opened()
        _ = harness.receive(.welcome(Harness.welcome()))
        _ = harness.receive(.heartbeatAck(Self.answer()))
        #expect(
            harness.lose(draw: 0.5)
                == [.note(.detached(reason: "gone", wait: Limits.reconnectInitial * 0.5))])
    }

    static func answer(waiting: UInt32 = 0) -> HeartbeatAck {
        HeartbeatAck(endedBelow: JournalPosition(1), stillLive: [], waitingTasks: waiting)
    }

    @Test(arguments: [
        (SessionRefusal(code: .invalidArgument, reason: "", message: "m"), true),
        (SessionRefusal(code: .unimplemented, reason: "", message: "m"), true),
        (SessionRefusal(code: .permissionDenied, reason: "", message: "m"), true),
        (SessionRefusal(code: .unauthenticated, reason: "", message: "m"), true),
        (SessionRefusal(code: .aborted, reason: "DISPLACED", message: "m"), true),
        (SessionRefusal(code: .failedPrecondition, reason: "PROTOCOL_VERSION", message: "m"), true),
        (SessionRefusal(code: .aborted, reason: "", message: "m"), false),
        (SessionRefusal(code: .resourceExhausted, reason: "SESSIONS", message: "m"), false),
        (SessionRefusal(code: .failedPrecondition, reason: "EPOCH_BEHIND", message: "m"), false),
        (SessionRefusal(code: .unavailable, reason: "", message: "m"), false),
    ])
    func endsOnlyWhereAskingAgainCannotHelp(refusal: SessionRefusal, isFinal: Bool) {
        var harness = Harness.attached()
        _ = harness.receive(.task(Harness.task(1)))
        let actions = harness.lose(.refused(refusal))
        if isFinal {
            #expect(
                actions == [
                    .cancel(AttemptPlace(rawValue: 0), .participantStops), .close,
                    .end(.refused(refusal)),
                ])
            #expect(harness.session.nextWake == nil)
        } else {
            let limit =
                refusal.code == .unavailable ? Limits.comeAgain : Limits.reconnectInitial
            let isBehind = refusal.reason == "EPOCH_BEHIND"
            #expect(actions.contains(.note(.refusedAsAhead("m"))) == isBehind)
            #expect(actions.last == .note(.detached(reason: "m", wait: limit * 0.5)))
            #expect(actions.count == (isBehind ? 2 : 1))
        }
    }
}
