internal import NIOPosix
internal import Synchronization

/// One thread on which a test's world and all its handlers run, one block after the other.
///
/// So what a test does happens in one order, and the world knows when nothing is left to run.
final class TestExecutor: TaskExecutor {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Atomic(0)
    private let after = Mutex<(@Sendable () -> Void)?>(nil)

    init() { pool.start() }

    /// Nothing waits any more: each block holds the executor.
    deinit { pool.shutdownGracefully { _ in } }

    /// Whether no block waits behind the one that runs.
    var isIdle: Bool { waiting.load(ordering: .acquiring) == 0 }

    /// Sets what is done behind each block; nil for nothing.
    func setAfterEach(_ work: (@Sendable () -> Void)?) { after.withLock { $0 = work } }

    /// Runs a block on the thread, behind those that wait.
    func submit(_ work: @escaping @Sendable () -> Void) {
        waiting.add(1, ordering: .acquiringAndReleasing)
        pool.submit { _ in
            self.waiting.subtract(1, ordering: .acquiringAndReleasing)
            work()
            self.after.withLock { $0 }?()
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        submit {
            // SAFETY: the job is run exactly once, and the executor lives until the block is done.
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
