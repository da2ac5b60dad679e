import SagaModel
import SagaRPC
import Testing

@testable import Saga

@Suite struct SessionLivenessTests {
    static func answer(waiting: UInt32 = 0) -> CoordinatorMessage {
        .heartbeatAck(
            HeartbeatAck(endedBelow: JournalPosition(1), stillLive: [], waitingTasks: waiting))
    }

    @Test func sendsHeartbeatsAtTheIntervalOfTheWelcome() {
        var harness = Harness.attached()
        for _ in 0..<5 {
            #expect(harness.session.nextWake == harness.now + Harness.interval)
            #expect(harness.pass(.seconds(2)) == [])
            #expect(harness.pass(.seconds(1)) == [.send(.heartbeat([]))])
            #expect(harness.receive(Self.answer()) == [])
        }
    }

    /// What a coordinator says of its times is its own: none of them is too long to be added.
    @Test(arguments: [
        Duration.nanoseconds(1), .seconds(4_611_686_018) + .nanoseconds(450_000_000),
        .seconds(9_223_372_036) + .nanoseconds(999_999_999), .seconds(9_223_372_037),
        .seconds(315_576_000_000),
    ])
    func livesWithAnyIntervalOfTheWelcome(interval: Duration) {
        var harness = Harness()
        harness.now = RPCInstant(nanoseconds: 1_000_000_000)
        _ = harness.start()
        _ = harness.opened()
        var welcome = Harness.welcome()
        welcome.heartbeatInterval = interval
        _ = harness.receive(.welcome(welcome))
        #expect(harness.session.nextWake ?? harness.now > harness.now)
        #expect(harness.receive(Self.answer(waiting: .max)) == [])
        _ = harness.receive(.drain(reason: "", reconnectAfter: interval))
        let left = harness.lose()
        #expect(left.contains { if case .note(.detached) = $0 { true } else { false } })
        #expect(harness.pass(Limits.reattachMaximum) == [.open])
    }

    @Test func leavesASessionWhoseHeartbeatsAreNotAnswered() {
        var harness = Harness.attached()
        #expect(harness.pass(.seconds(3)) == [.send(.heartbeat([]))])
        #expect(
            harness.pass(.seconds(3)) == [
                .close,
                .note(
                    .detached(reason: "no answer to heartbeats", wait: .milliseconds(25))),
            ])
    }

    @Test func aProcessThatStoodStillAsksFirst() {
        var harness = Harness.attached()
        #expect(harness.pass(.seconds(60)) == [.send(.heartbeat([]))])
        #expect(harness.receive(Self.answer()) == [])
        #expect(harness.pass(.seconds(3)) == [.send(.heartbeat([]))])
    }

    @Test func leavesAStreamThatIsNotWelcomed() {
        var harness = Harness()
        _ = harness.start()
        #expect(harness.pass(Limits.welcomeTimeout) == [], "opening may take longer")
        _ = harness.opened()
        #expect(harness.pass(Limits.welcomeTimeout).first == .close)
    }

    @Test func leavesASessionThatGivesNothingThoughTasksWait() {
        var harness = Harness.attached()
        for _ in 1..<Limits.hungryAnswers {
            #expect(harness.receive(Self.answer(waiting: 3)) == [])
        }
        _ = harness.receive(.task(Harness.task(1)))
        for _ in 0..<Limits.hungryAnswers {
            #expect(harness.receive(Self.answer(waiting: 3)) == [], "a task came in between")
        }
        let actions = harness.receive(Self.answer(waiting: 3))
        #expect(actions.first == .close)
        #expect(actions.last == .open)
        _ = harness.opened()
        _ = harness.receive(.welcome(Harness.welcome()))
        for _ in 1..<Limits.hungryAnswers * 2 {
            #expect(harness.receive(Self.answer(waiting: 3)) == [], "rarer the second time")
        }
        #expect(harness.receive(Self.answer(waiting: 3)).first == .close)
    }

    @Test func aFullParticipantIsNotHungry() {
        var harness = Harness.attached(slots: 1)
        _ = harness.receive(.task(Harness.task(1)))
        for _ in 0..<10 { #expect(harness.receive(Self.answer(waiting: 9)) == []) }
    }

    @Test(arguments: [
        (SessionHarness.welcome(epoch: 4, life: 9), true),
        (SessionHarness.welcome(epoch: 5, life: 51), true),
        (SessionHarness.welcome(epoch: 5, life: 50), false),
        (SessionHarness.welcome(epoch: 6, life: 9), false),
        (SessionHarness.welcome(epoch: 1, lineage: SagaID(high: 8, low: 8)), false),
    ])
    func refusesACoordinatorThatIsBehind(welcome: Welcome, isBehind: Bool) {
        var harness = Harness.attached()
        _ = harness.lose()
        _ = harness.pass(.seconds(2))
        _ = harness.opened()
        let actions = harness.receive(.welcome(welcome))
        if isBehind {
            let offered = EpochMet(
                lineage: welcome.lineage, epoch: welcome.epoch, life: welcome.life)
            #expect(
                actions.prefix(2) == [
                    .note(.coordinatorBehind(met: Harness.met(), offered: offered)), .close,
                ])
            #expect(harness.session.epochsMet == [Harness.met()])
        } else {
            #expect(actions == [.note(.attached(welcome))])
        }
    }

    @Test(arguments: [
        CoordinatorMessage.task(SessionHarness.task(1)), SessionLivenessTests.answer(),
        .drain(reason: "", reconnectAfter: nil),
    ])
    func nothingCountsBeforeTheWelcome(message: CoordinatorMessage) {
        var harness = Harness()
        _ = harness.start()
        _ = harness.opened()
        #expect(harness.receive(message).first == .close)
        #expect(harness.receive(message) == [], "and nothing of a stream that was given up")
    }

    @Test func aSecondWelcomeEndsTheStream() {
        var harness = Harness.attached()
        #expect(harness.receive(.welcome(Harness.welcome())).first == .close)
    }

    @Test func staysWithACoordinatorThatLeavesAndComesBackWhenItSaid() {
        var harness = Harness.attached()
        #expect(harness.receive(.drain(reason: "stop", reconnectAfter: .seconds(7))) == [])
        let task = Harness.task(1)
        _ = harness.receive(.task(task))
        #expect(harness.finish(0, .succeeded(.empty)) == [Harness.result(task, .succeeded(.empty))])
        #expect(
            harness.lose() == [.note(.detached(reason: "gone", wait: .seconds(7)))])
        #expect(harness.pass(.seconds(6)) == [])
        #expect(harness.pass(.seconds(1)) == [.open])
    }

    @Test func leavesAStreamThatOutlivesItsDrain() {
        var harness = Harness.attached()
        _ = harness.receive(.drain(reason: "stop", reconnectAfter: nil))
        var actions: [SessionAction] = []
        for _ in 0..<4 {
            actions = harness.pass(.seconds(3))
            _ = harness.receive(Self.answer())
        }
        #expect(actions.first == .close)
    }
}

@Suite struct SessionEndTests {
    @Test func drainsByFinishingWhatRuns() {
        var harness = Harness.attached()
        let (task, late) = (Harness.task(1), Harness.task(2))
        _ = harness.receive(.task(task))
        #expect(harness.drain() == [.send(.draining(within: .seconds(30)))])
        #expect(harness.drain() == [], "asked twice")
        #expect(harness.receive(.task(late)) == [Harness.result(late, .declined(.draining))])
        #expect(harness.finish(0, .succeeded(.empty)) == [Harness.result(task, .succeeded(.empty))])
        #expect(harness.receive(.resultAck(late.attempt, .taken)) == [])
        #expect(harness.receive(.resultAck(task.attempt, .taken)) == [.leave, .end(.drained)])
        #expect(harness.pass(.seconds(60)) == [])
    }

    @Test func drainsAtOnceWithNothingOpen() {
        var idle = Harness()
        #expect(idle.drain() == [.end(.drained)])
        var attached = Harness.attached()
        #expect(
            attached.drain()
                == [.send(.draining(within: .seconds(30))), .leave, .end(.drained)])
        var waiting = Harness.attached()
        _ = waiting.lose()
        #expect(waiting.drain() == [.end(.drained)])
    }

    @Test func aDrainReconnectsForResultsThatAreNotAcknowledged() {
        var harness = Harness.attached()
        let task = Harness.task(1)
        _ = harness.receive(.task(task))
        _ = harness.drain()
        _ = harness.lose()
        _ = harness.finish(0, .succeeded(.empty))
        #expect(harness.pass(.seconds(1)) == [.open])
        let hello = harness.hello(holding: [task], met: [Harness.met()])
        #expect(harness.opened() == [hello])
        #expect(
            harness.receive(.welcome(Harness.welcome())) == [
                .note(.attached(Harness.welcome())), .send(.draining(within: .seconds(30))),
                Harness.result(task, .succeeded(.empty)),
            ])
        #expect(harness.receive(.resultAck(task.attempt, .taken)) == [.leave, .end(.drained)])
    }

    @Test func aDrainHasAnEnd() {
        var harness = Harness.attached()
        let (first, second) = (Harness.task(1), Harness.task(2))
        _ = harness.receive(.task(first))
        _ = harness.receive(.task(second))
        _ = harness.finish(1, .succeeded(.empty))
        _ = harness.drain()
        for _ in 0..<9 {
            #expect(harness.pass(.seconds(3)) == [.send(.heartbeat([]))])
            _ = harness.receive(SessionLivenessTests.answer())
        }
        #expect(
            harness.pass(.seconds(3)) == [
                .cancel(AttemptPlace(rawValue: 0), .participantStops), .close,
                .end(.drainTimedOut(running: 1, unacknowledged: 1)),
            ])
        #expect(harness.finish(0, .succeeded(.empty)) == [], "an end that comes later is dropped")
    }

    @Test func stopsAtOnce() {
        var harness = Harness.attached()
        _ = harness.receive(.task(Harness.task(1)))
        #expect(
            harness.stop() == [
                .cancel(AttemptPlace(rawValue: 0), .participantStops), .close, .end(.stopped),
            ])
        #expect(harness.stop() == [])
        #expect(harness.lose() == [])
        #expect(harness.receive(.task(Harness.task(2))) == [])
        #expect(harness.session.nextWake == nil)
    }
}
