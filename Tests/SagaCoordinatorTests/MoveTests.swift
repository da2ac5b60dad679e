import SagaModel
import SagaTransport
import Testing

@testable import SagaCoordinator

/// A participant's session goes to another connection when its own is too old.
@Suite(.timeLimit(.minutes(1))) struct MoveTests {
    private func withShortLives(_ body: (Wire) async throws -> Void) async throws {
        try await withCoordinator(
            body,
            limits: {
                $0.connectionAge = .milliseconds(300)
                $0.sessionGrace = .seconds(30)
            })
    }

    /// What a session hears until its stream ends, heartbeats aside, and why it ends.
    private func life(
        of session: TestSession
    ) async throws -> (messages: [CoordinatorMessage], refusal: Refusal?) {
        var messages: [CoordinatorMessage] = []
        while true {
            switch try await session.next() {
            case .said(.heartbeatAck): continue
            case .said(let message): messages.append(message)
            case .ended(let refusal): return (messages, refusal)
            }
        }
    }

    @Test("Drain is the last thing but tasks, and the stream ends with a reason to come again")
    func drained() async throws {
        try await withShortLives { wire in
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("i")))
            let (messages, refusal) = try await life(of: session)
            #expect(messages.count == 2)
            guard case .welcome? = messages.first,
                case .drain(let reason, .some(.zero))? = messages.last
            else {
                Issue.record("\(messages)")
                return
            }
            #expect(reason == "the connection is as old as it may be")
            #expect(refusal?.code == .unavailable && refusal?.reason == "MOVED")
            // It is lost for now, and its grace has begun: it left nothing behind, so it is gone.
            #expect(try await wire.participants().instances.isEmpty)
        }
    }

    @Test("One that has not said Hello is sent away too")
    func beforeTheHello() async throws {
        try await withShortLives { wire in
            let (messages, refusal) = try await life(of: TestSession(wire.channel))
            #expect(messages.count == 1)
            #expect(refusal?.reason == "MOVED")
        }
    }

    @Test("What runs is named by the next session and answered there, in its first attempt")
    func running() async throws {
        try await withShortLives { wire in
            try await wire.register("order")
            _ = try await wire.start([wire.message("order", key: "A")])
            var hello = TestSession.hello("i")
            let session = TestSession(wire.channel)
            session.say(.hello(hello))
            let (messages, refusal) = try await life(of: session)
            #expect(refusal?.reason == "MOVED")
            let tasks = messages.compactMap {
                if case .task(let task) = $0 { task.attempt } else { nil }
            }
            #expect(tasks.count == 1)
            hello.running = tasks
            let next = TestSession(wire.channel)
            next.say(.hello(hello))
            for attempt in tasks {
                next.say(
                    .result(
                        TaskResult(
                            attempt: attempt,
                            outcome: .succeeded(
                                Payload(contentType: Payload.json, bytes: Array("{}".utf8))))))
            }
            var isTaken = false
            while !isTaken {
                guard case .resultAck(tasks[0], .taken) = try await next.message() else { continue }
                isTaken = true
            }
            let (saga, _) = try await wire.await(
                wire.message("order", key: "A"), within: .seconds(20))
            #expect(saga.state == .completed)
        }
    }
}
