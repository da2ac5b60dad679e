internal import Logging
internal import SagaCoordinator
internal import SagaSystem
internal import Synchronization
internal import UnixSignals

/// The signals that the daemon is sent.
///
/// One that ends it while the journal is replayed ends it at once: it has acknowledged nothing in
/// this life, and the next start finds the journal as this one did.
final class Signals: Sendable {
    private let isServing = Mutex(false)
    private let stream: AsyncStream<UnixSignal>

    init(_ logger: Logger, _ report: ServiceReport) async {
        let (stream, continuation) = AsyncStream.makeStream(of: UnixSignal.self)
        self.stream = stream
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        Task {
            for await signal in signals {
                if self.isServing.withLock(\.self) {
                    continuation.yield(signal)
                } else if signal != .sighup {
                    report.stopping()
                    logger.notice(
                        "stopped before the journal was replayed", metadata: ["signal": "\(signal)"]
                    )
                    ThisProcess.end(status: 0)
                }
            }
        }
    }

    /// The signals from now on; they end nothing by themselves.
    func whileServing() -> AsyncStream<UnixSignal> {
        isServing.withLock { $0 = true }
        return stream
    }
}
