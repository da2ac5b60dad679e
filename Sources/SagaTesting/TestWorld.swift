internal import DequeModule
internal import Logging
internal import Saga
internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf
internal import SagaTransport

/// A test's world: one coordinator on a disk in memory, its participants and callers, and the time.
///
/// Time jumps to the next moment at which something is due once nothing is left to do, no handler
/// runs, and somebody waits: a call of the client or of the clock. While nobody waits the test is
/// at work, and time stands still for it.
///
/// `@unchecked Sendable`: everything but `time`, `executor` and `faults` is touched on the
/// executor's thread only, in blocks given to `submit`.
final class TestWorld: @unchecked Sendable {
    let time: VirtualTime
    let executor = TestExecutor()
    let faults = FaultPlan()
    let handlerLogger: Logger
    let logger: Logger

    var processes: [TestProcess] = []
    var calls: [ServerCallID: OpenCall] = [:]
    var watches: [ObjectIdentifier: TestWatch] = [:]
    var runs: [RunID: HandlerRun] = [:]
    var lastCall: UInt64 = 0
    var lastRun = 0
    /// Handlers at work: time stands still.
    var busyRuns = 0
    /// Calls and sleeps that are no handler's own.
    var outerWaits = 0
    var timers = TimerQueue()
    var decoding = DecodingArena(limit: 16 << 20)
    /// Set once the time of the test is over.
    private(set) var isOutOfTime = false
    var whenIdle: [CheckedContinuation<Void, Never>] = []
    /// What fails when the time is over: calls and sleeps, by what cancels them.
    var waiters: [ObjectIdentifier: (SagaError) -> Void] = [:]

    private(set) var coordinator: SteppedCoordinator<TestOutput>?
    private let storage = TestStorage()
    private var mail: Deque<(TestWorld) -> Void> = []
    private var isGoingOn = false
    private let timeLimit: Int64

    init(start: Instant, timeLimit: Duration, logger: Logger) {
        time = VirtualTime(from: start)
        self.timeLimit = timeLimit.microseconds
        self.logger = logger
        handlerLogger = HandlerContext.attributing(logger)
    }

    // MARK: - From tasks

    /// Does something on the world's thread; what follows from it happens behind it.
    func submit(_ work: @escaping @Sendable (TestWorld) -> Void) {
        executor.submit { work(self) }
    }

    /// Does something on the world's thread and waits for what it gives.
    func ask<Value: Sendable>(_ work: @escaping @Sendable (TestWorld) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: work($0)) }
        }
    }

    // MARK: - The coordinator

    /// Starts a life of the coordinator.
    func startCoordinator() {
        var limits = Limits()
        limits.sessionHeartbeat = TestLimits.heartbeat
        limits.markAfter = TestLimits.markAfter
        limits.segmentBytes = TestLimits.segmentBytes
        let settings = JournalSettings(
            limits: JournalLimits(
                segmentBytes: limits.segmentBytes, windowBytes: TestLimits.journalWindowBytes),
            preparation: .inline, allowsVolatile: false, user: 0, process: 1,
            entropy: { .random(in: .min ... .max) }, microseconds: { 0 })
        do throws(JournalFailure) {
            coordinator = try SteppedCoordinator(
                storage: storage, settings: settings, limits: limits,
                now: { [time] in time.instant }, output: TestOutput(self), logger: logger)
        } catch {
            preconditionFailure("a disk in memory failed: \(error)")
        }
        coordinator?.release()
        executor.setAfterEach { [weak self] in self?.goOn() }
    }

    /// Ends the coordinator's life as a crash does, and starts the next on what is durable.
    func restartCoordinator() {
        coordinator = nil
        for call in calls.keys.sorted(by: { $0.rawValue < $1.rawValue }) { lost(call) }
        for watch in watches.values { watch.lost() }
        watches.removeAll()
        startCoordinator()
    }

    /// Ends the world: nothing moves any more.
    func end() {
        let over = TestLink.over
        executor.setAfterEach(nil)
        for process in processes { process.isAlive = false }
        for run in runs.values { run.task?.cancel() }
        let failing = waiters
        for fail in failing.values { fail(over) }
        for watch in watches.values { watch.lost() }
        watches.removeAll()
        timers.removeAll()
        mail.removeAll()
        coordinator = nil
        tellIdle()
    }

    /// Tells who waits for the end of all handlers, if they have ended.
    func tellIdle() {
        guard runs.isEmpty else { return }
        for continuation in whenIdle { continuation.resume() }
        whenIdle.removeAll()
    }

    // MARK: - Going on

    /// Does something behind all that was posted before.
    func post(_ work: @escaping (TestWorld) -> Void) { mail.append(work) }

    /// Does something later.
    func later(_ microseconds: Int64, _ work: @escaping (TestWorld) -> Void) {
        timers.add(at: time.elapsed + max(0, microseconds)) { work(self) }
    }

    /// Lets everything happen that can.
    private func goOn() {
        guard !isGoingOn, coordinator != nil else { return }
        isGoingOn = true
        defer { isGoingOn = false }
        while let coordinator {
            if let next = mail.popFirst() {
                next(self)
            } else if let next = timers.next(by: time.elapsed) {
                next()
            } else if coordinator.isDue {
                turn(coordinator)
            } else if !tellEvents(coordinator), !advance(coordinator) {
                return
            }
        }
    }

    private func turn(_ coordinator: SteppedCoordinator<TestOutput>) {
        do throws(JournalFailure) {
            try coordinator.turn()
        } catch {
            preconditionFailure("a disk in memory failed: \(error)")
        }
        // No two turns in one instant: what is seen of a saga is in order by its times.
        time.set(time.elapsed + 1)
        coordinator.release()
    }

    /// Sets the time on to the next moment at which something is due; false if it stays.
    private func advance(_ coordinator: SteppedCoordinator<TestOutput>) -> Bool {
        guard executor.isIdle, busyRuns == 0, outerWaits > 0 else { return false }
        let wake = coordinator.wakeAt.map { time.elapsed(at: $0) }
        guard let due = [timers.due, wake].compactMap(\.self).min(), due < timeLimit else {
            runOutOfTime(coordinator)
            return false
        }
        time.set(due)
        return true
    }

    /// Whoever waits is told that nothing came of it.
    private func runOutOfTime(_ coordinator: SteppedCoordinator<TestOutput>) {
        isOutOfTime = true
        let live = coordinator.standings.filter(\.state.isWaitedFor).prefix(TestLimits.sagasTold)
            .map { "\($0.definition) \($0.id) is \($0.state.label)" }
        let error = SagaError(
            .failedPrecondition, reason: "TEST_TIME_OVER",
            "nothing happened that ended this wait within \(Duration.microseconds(timeLimit)) of "
                + "virtual time; \(live.isEmpty ? "no saga lives" : live.joined(separator: ", "))")
        let failing = waiters
        for fail in failing.values { fail(error) }
    }
}

extension SagaState {
    fileprivate var isWaitedFor: Bool {
        switch self {
        case .pending, .running, .compensating, .failed: true
        case .completed, .compensated, .abandoned: false
        }
    }
}
