internal import Saga
internal import SagaCoordinator
internal import SagaModel
internal import SagaRPC

/// A reader of events in a test's world.
final class TestWatch {
    /// A task that waits for the next answer.
    struct Reader {
        let wait: Wait
        let continuation: CheckedContinuation<Result<[UInt8]?, SagaError>, Never>
    }

    private let watch: SteppedWatch
    private unowned let world: TestWorld
    private var reader: Reader?

    init(_ watch: SteppedWatch, _ world: TestWorld) {
        self.watch = watch
        self.world = world
    }

    var isWaiting: Bool { reader != nil }

    /// Keeps a reader until there is an answer.
    func read(_ reader: Reader) {
        precondition(self.reader == nil, "events are read by one task at a time")
        self.reader = reader
        world.begin(reader.wait) { [weak self] error in
            // A task that is cancelled reads to the end, as of a call over sockets.
            self?.resume(error.code == .cancelled ? .success(nil) : .failure(error))
        }
        _ = tell()
    }

    /// Gives the reader what there is; false if it goes on waiting.
    func tell() -> Bool {
        guard reader != nil else { return false }
        do throws(Refusal) {
            guard let answer = try watch.next() else { return false }
            resume(.success(answer))
        } catch {
            resume(.failure(Self.error(error)))
        }
        return true
    }

    /// The coordinator is gone.
    func lost() {
        resume(.failure(SagaError(.unavailable, reason: "", "the coordinator is gone")))
    }

    private func resume(_ result: Result<[UInt8]?, SagaError>) {
        guard let reader = reader.take() else { return }
        world.end(reader.wait)
        reader.continuation.resume(returning: result)
    }

    static func error(_ refusal: Refusal) -> SagaError {
        SagaError(refusal.status)
    }
}
