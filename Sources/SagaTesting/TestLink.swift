internal import Saga
internal import SagaRPC

/// A client's way into a test's world, in the time of that world.
struct TestLink: ClientLink {
    let world: TestWorld

    /// What a call gets behind the end of its test.
    static let over = SagaError(
        .failedPrecondition, reason: "TEST_OVER",
        "the coordinator of the test is gone; call it within the closure that got it")

    var now: ContinuousClock.Instant { world.time.continuous }

    func sleep(for duration: Duration) async {
        _ = await sleepOrFail(for: duration)
    }

    /// Waits so long, or until the task is cancelled.
    ///
    /// - Returns: why the wait has ended otherwise.
    func sleepOrFail(for duration: Duration) async -> SagaError? {
        let wait = Wait()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                world.submit { $0.sleep(duration, wait, continuation) }
            }
        } onCancel: {
            wait.cancel()
            world.submit { $0.cancel(wait) }
        }
    }

    func unary(
        _ method: String, _ request: [UInt8], _ metadata: Metadata, within limit: Duration,
        waitForReady: Bool
    ) async throws(SagaError) -> [UInt8] {
        let wait = Wait()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                world.submit {
                    $0.unary(method, request, metadata, within: limit, wait, continuation)
                }
            }
        } onCancel: {
            wait.cancel()
            world.submit { $0.cancel(wait) }
        }
        return try result.get()
    }

    func stream(
        _ method: String, _ request: [UInt8], _ metadata: Metadata
    ) -> any AnswerStream {
        TestAnswers(world, request)
    }

    func shutdown() async {}
}

/// The events that a client of a test's world reads.
private final class TestAnswers: AnswerStream {
    private let world: TestWorld
    private let request: [UInt8]

    init(_ world: TestWorld, _ request: [UInt8]) {
        self.world = world
        self.request = request
    }

    deinit {
        let id = ObjectIdentifier(self)
        world.submit { $0.watches[id] = nil }
    }

    func next() async throws(SagaError) -> [UInt8]? {
        let wait = Wait()
        let id = ObjectIdentifier(self)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                world.submit { [request] in
                    $0.next(id, request, TestWatch.Reader(wait: wait, continuation: continuation))
                }
            }
        } onCancel: {
            wait.cancel()
            world.submit { $0.cancel(wait) }
        }
        return try result.get()
    }
}
