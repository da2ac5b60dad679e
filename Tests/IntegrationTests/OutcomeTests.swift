import Foundation
import Saga
import SagaModel
import SagaProtobuf
import Synchronization
import Testing

/// What handlers say beside a result and a no, by the SDK, to a daemon that is a process.
@Suite(.timeLimit(.minutes(2))) struct OutcomeTests {
    private static let saga = SagaName<String, String>("outcomes")
    private static let act = HandlerName<String, String>("outcomes.act")

    private static func definition(
        _ timeouts: StepTimeouts = StepTimeouts()
    ) throws -> SagaDefinition {
        try SagaDefinition(saga, version: 1) {
            Step("act", act).timeouts(
                startToClose: timeouts.startToClose, heartbeat: timeouts.heartbeat)
        }
    }

    /// The answer is somebody else's: given before and after a restart of the coordinator, while
    /// the handler's process is gone.
    @Test func deferredIsAnsweredLater() async throws {
        try await SDKWorld.with { world in
            try await world.client.register(Self.definition())
            let (tokens, sink) = AsyncStream.makeStream(of: TaskToken.self)
            let handler = Handler(Self.act) { (_: String, context) -> String in
                sink.yield(context.taskToken)
                throw SagaDeferred(within: .seconds(600))
            } compensation: { _, _ in
            }
            let serving = world.serve("1", [handler])
            var all = tokens.makeAsyncIterator()
            for (input, restarts) in [("plain", false), ("restarted", true)] {
                let handle = try await world.client.start(Self.saga, input: input)
                let token = try #require(await all.next())
                try await waitUntilDeferred(handle)
                if restarts {
                    serving.cancel()
                    _ = await serving.result
                    try world.restart()
                }
                try await world.client.complete(token, returning: "by a webhook")
                guard
                    case .completed("by a webhook") = try await handle.result(
                        timeout: .seconds(30))
                else {
                    Issue.record("\(input) is not completed")
                    return
                }
                #expect(try await handle.status().steps[0].action.attempts == 1)
                let error = await #expect(throws: SagaError.self) {
                    try await world.client.complete(token, returning: "again")
                }
                #expect(error?.reason == "STALE")
            }
        }
    }

    private func waitUntilDeferred(_ handle: SagaHandle<String>) async throws {
        while true {
            if case .deferred? = try await handle.status().steps[0].action.waiting { return }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// A handler asks for a person; what waits goes on when that person resumes it.
    @Test func holdSuspendsUntilResumed() async throws {
        try await SDKWorld.with { world in
            try await world.client.register(Self.definition())
            let isHeld = Mutex(true)
            world.serve(
                "1",
                [
                    Handler(Self.act) { (input: String, _) -> String in
                        if isHeld.withLock(\.self) { throw SagaHold("look at \(input)") }
                        return "looked at"
                    } compensation: { _, _ in
                    }
                ])
            let handle = try await world.client.start(Self.saga, input: "this")
            var status = try await handle.status()
            while !status.attention.contains(.held) {
                try await Task.sleep(for: .milliseconds(2))
                status = try await handle.status()
            }
            #expect(status.state == .running)
            #expect(status.steps[0].action.lastFailure?.message == "look at this")
            isHeld.withLock { $0 = false }
            let answer = try await world.client.perform(
                .resume, VerbMessage(namespace: "default", saga: .id(handle.id), reason: "seen"))
            #expect(answer.state == .running)
            guard case .completed("looked at") = try await handle.result(timeout: .seconds(30))
            else {
                Issue.record("it does not go on")
                return
            }
            #expect(try await handle.status().steps[0].action.attempts == 2)
        }
    }

    /// Asked until it is so; each asking is a new attempt that reads how far the one before was,
    /// and none counts as a failure.
    @Test func notYetIsAskedAgainWithItsProgress() async throws {
        try await SDKWorld.with { world in
            try await world.client.register(Self.definition())
            let seen = Mutex<[Int?]>([])
            world.serve(
                "1",
                [
                    Handler(Self.act) { (_: String, context) -> String in
                        let progress = try context.progress(as: Int.self)
                        seen.withLock { $0.append(progress) }
                        let next = (progress ?? 0) + 1
                        guard next < 15 else { return "after \(context.attempt)" }
                        try context.heartbeat(next)
                        throw SagaNotYet(after: .milliseconds(5))
                    } compensation: { _, _ in
                    }
                ])
            let handle = try await world.client.start(Self.saga, input: "")
            guard case .completed("after 15") = try await handle.result(timeout: .seconds(30))
            else {
                Issue.record("it is not asked as often as it takes")
                return
            }
            #expect(seen.withLock(\.self) == [nil] + (1...14).map { $0 })
            #expect(try await handle.status().steps[0].action.failures == 0)
        }
    }

    /// An attempt whose handler is silent for too long is cancelled; the next one begins where it
    /// was.
    @Test func aMissedHeartbeatIsCancelledAndItsProgressRead() async throws {
        try await SDKWorld.with { world in
            try await world.client.register(
                Self.definition(StepTimeouts(heartbeat: .milliseconds(300))))
            let reasons = Mutex<[CancellationReason?]>([])
            world.serve(
                "1",
                [
                    Handler(Self.act) { (_: String, context) -> String in
                        if let place = try context.progress(as: String.self) { return place }
                        try context.heartbeat("half way")
                        do {
                            try await Task.sleep(for: .seconds(60))
                        } catch {
                            reasons.withLock { $0.append(context.cancellationReason) }
                        }
                        throw SagaRetry("silent", "it was told to stop")
                    } compensation: { _, _ in
                    }
                ])
            let handle = try await world.client.start(Self.saga, input: "")
            guard case .completed("half way") = try await handle.result(timeout: .seconds(30))
            else {
                Issue.record("the next attempt does not begin there")
                return
            }
            // On a slow machine an attempt may be over before its progress has come.
            let told = reasons.withLock(\.self)
            #expect(!told.isEmpty && told.allSatisfy { $0 == .timedOut }, "\(told)")
        }
    }

    /// Cancelling a saga reaches the handler that runs, and its word decides what is undone.
    @Test func cancellationReachesTheHandler() async throws {
        try await SDKWorld.with { world in
            try await world.client.register(Self.definition())
            let (running, sink) = AsyncStream.makeStream(of: Void.self)
            let reasons = Mutex<[CancellationReason?]>([])
            let undone = Mutex<[String]>([])
            world.serve(
                "1",
                [
                    Handler(Self.act) { (input: String, context) -> String in
                        sink.yield()
                        do {
                            try await Task.sleep(for: .seconds(60))
                        } catch {
                            reasons.withLock { $0.append(context.cancellationReason) }
                        }
                        if input == "clean" { throw SagaFailure("stopped", "nothing was done") }
                        return "done all the same"
                    } compensation: { action, _ in
                        guard case .succeeded(let output) = action.action else { return }
                        undone.withLock { $0.append(output) }
                    }
                ])
            var started = running.makeAsyncIterator()
            for input in ["clean", "late"] {
                let handle = try await world.client.start(Self.saga, input: input)
                await started.next()
                try await handle.cancel(reason: "not wanted")
                guard
                    case .compensated(let report) = try await handle.result(
                        timeout: .seconds(30))
                else {
                    Issue.record("\(input) is not compensated")
                    return
                }
                #expect(report.failure.code == "cancelled")
                #expect(report.failure.message == "not wanted")
                #expect(report.compensated == (input == "clean" ? [] : ["act"]))
            }
            #expect(reasons.withLock(\.self) == [.goingBack, .goingBack])
            #expect(undone.withLock(\.self) == ["done all the same"])
        }
    }

    /// A saga with a start time is pending until then, over a restart too; nothing of it runs
    /// earlier.
    @Test func startAtWaitsAlsoOverARestart() async throws {
        try await SDKWorld.with { world in
            try await world.client.register(Self.definition())
            let runs = Mutex<[String: Date]>([:])
            world.serve(
                "1",
                [
                    Handler(Self.act) { (input: String, _) -> String in
                        runs.withLock { $0[input] = .now }
                        return input
                    } compensation: { _, _ in
                    }
                ])
            let time = Date.now + 2
            let later = try await world.client.start(
                Self.saga, input: "later", key: "later", startAt: Instant(time))
            let never = try await world.client.start(
                Self.saga, input: "never", startAt: Instant(Date.now + 3_600))
            let past = try await world.client.start(
                Self.saga, input: "past", startAt: Instant(Date.now - 3_600))
            #expect(try await never.state() == .pending)
            let again = try await world.client.start(
                Self.saga, input: "later", key: "later", startAt: Instant(time))
            #expect(again.existing && again.id == later.id)
            let error = await #expect(throws: SagaError.self) {
                try await world.client.start(Self.saga, input: "later", key: "later")
            }
            #expect(error?.reason == "KEY_TAKEN")
            guard case .completed = try await past.result(timeout: .seconds(30)) else {
                Issue.record("a time that is over does not begin at once")
                return
            }
            try world.restart()
            #expect(try await never.state() == .pending)
            guard case .completed = try await later.result(timeout: .seconds(30)) else {
                Issue.record("it does not begin")
                return
            }
            let begun = try #require(runs.withLock { $0["later"] })
            #expect(begun >= time)
            try await never.cancel()
            guard case .compensated(let report) = try await never.result(timeout: .seconds(30))
            else {
                Issue.record("it cannot be cancelled")
                return
            }
            #expect(report.compensated.isEmpty)
            let begunInputs = runs.withLock(\.self).keys.sorted()
            #expect(begunInputs == ["later", "past"])
        }
    }
}
