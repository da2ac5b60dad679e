internal import Logging
internal import SagaCoordinator
internal import SagaJournal
internal import SagaModel

/// The machine that the coordinator runs on: its disk, its clock, and at most one process.
final class CoordinatorHost {
    /// The disk.
    var storage = MemoryStorage()
    /// The process, while one runs.
    private(set) var coordinator: SteppedCoordinator<SimulatedOutput>?
    /// Counts the processes.
    private(set) var life = 0
    /// When the sync that goes on is over.
    var busyUntil = WorldTime(microseconds: 0)
    /// When the next turn is planned.
    var nextTurn: WorldTime?
    /// Whether what a turn decided still waits to go out.
    var isReleasing = false
    /// Until when the process stands still.
    var pausedUntil = WorldTime(microseconds: 0)
    /// Whether it reads from its sockets, and what waits if it does not.
    var isReading = true
    var held: [CallNumber] = []
    /// What is going to be wrong with the disk, or has been since the process started.
    private(set) var diskTrouble: DiskTrouble?
    /// After how many more words the process ends; nil if it does not.
    var wordsLeft: Int?
    /// How much room there was when it was looked at last.
    var space = SpaceLevel.ample
    /// What was durable before the last batch of which it was said that it is.
    private(set) var beforeLastBatch = JournalPosition.none
    var clockOffset: Int64 = 0
    var driftPerMillion: Int64 = 0
    let limits: Limits
    private let clock = MachineClock()
    private let entropy: EntropySource

    init(limits: Limits, _ random: SimulationRandom) {
        self.limits = limits
        entropy = EntropySource(random)
    }

    /// Sets the machine's clock.
    func tellTime(_ now: WorldTime) {
        clock.set(now, offset: clockOffset, driftPerMillion: driftPerMillion)
    }

    /// Starts a process, which recovers and begins a life.
    func start(_ world: World, now: WorldTime) throws(JournalFailure) {
        life += 1
        tellTime(now)
        let settings = JournalSettings(
            limits: JournalLimits(segmentBytes: limits.segmentBytes, windowBytes: 64 << 10),
            preparation: .inline, allowsVolatile: false, user: 0, process: Int32(life),
            entropy: { [entropy] in entropy.word() }, microseconds: { 0 })
        isReading = true
        held = []
        wordsLeft = nil
        isReleasing = false
        nextTurn = nil
        busyUntil = now
        coordinator = try SteppedCoordinator(
            storage: storage, settings: settings, limits: limits, now: { [clock] in clock.now },
            output: SimulatedOutput(world, life: life),
            logger: Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Ends the process, and with it perhaps the power.
    ///
    /// - Parameter keeps: what the disk keeps of what was not synced.
    func crash(keeping keeps: (MemoryStorage.Pending) -> Bool) {
        coordinator = nil
        storage = storage.afterCrash(keeping: keeps)
        diskTrouble = nil
    }

    /// A batch is durable behind a record.
    func wroteBehind(_ position: JournalPosition) {
        beforeLastBatch = max(beforeLastBatch, position)
    }

    /// Sets what is going to be wrong with the disk.
    func arm(_ trouble: DiskTrouble?) {
        diskTrouble = trouble
        storage.setFault(trouble?.fault)
    }

    /// Whether an operation of the disk was not as it should have been.
    var hasDiskStruck: Bool { diskTrouble?.hasStruck ?? false }

    /// Whether the words of a life still leave the machine.
    func takesOutput(of life: Int) -> Bool {
        guard life == self.life, coordinator != nil else { return false }
        guard let left = wordsLeft else { return true }
        wordsLeft = left - 1
        return left > 0
    }

    /// When the process wants its next turn.
    var wakeAt: WorldTime? {
        coordinator?.wakeAt.map {
            MachineClock.worldTime(
                of: $0, offset: clockOffset, driftPerMillion: driftPerMillion)
        }
    }
}
