internal import SagaEngine
internal import SagaJournal
internal import SagaModel

/// The driver with its journal: decides, writes and syncs, then releases what follows.
///
/// Without a clock and a thread, so that the daemon and a simulated world commit in the very same
/// way. The order of a turn: `decide`, `commit`, then wait until `wake`.
struct CommittingDriver: ~Copyable {
    private var driver: Driver
    private var journal: Journal
    private var batch: FrameBatch
    private let markAfter: Duration
    private let mark: DurableMark
    private let spacePace: Duration
    /// What room there was when the turn began, and which level was told of last.
    private(set) var space = JournalSpace.unlimited
    private var toldLevel = SpaceLevel.ample
    private let holds: JournalHolds
    private let pace: DiskPace?
    private var freeing: FreeingPolicy
    /// What is stated anew in the next turn; nil for nothing.
    private var restating: JournalPosition?
    private let restatedBytes: Int
    /// How many inputs came in with each turn that had any.
    private var queued = Log2Histogram()
    /// How many records each batch had.
    private var batchRecords = Log2Histogram()
    private var turn = Turn(wakeAt: nil, isBehind: false)
    /// Set while the last records on disk are not yet known as durable by a frame behind them.
    private var markAt: Instant?

    /// Goes on where a journal ended.
    ///
    /// - Parameters:
    ///   - mark: moved behind every commit, before anybody hears of what it holds.
    ///   - holds: who else needs records of the journal.
    ///   - pace: told how long commits take.
    init(
        _ recovered: consuming RecoveredCoordinator, limits: Limits, mark: DurableMark,
        holds: JournalHolds = JournalHolds(), pace: DiskPace? = nil
    ) {
        self.holds = holds
        self.pace = pace
        freeing = FreeingPolicy(limits)
        restatedBytes = limits.restatedBytes
        journal = recovered.journal
        self.mark = mark
        driver = Driver(recovered.engine)
        batch = FrameBatch(capacityBytes: limits.batchBytes)
        markAfter = limits.markAfter
        spacePace = limits.spacePace
    }

    /// How the journal stands.
    var journalStatus: JournalStatus {
        var status = JournalStatus(
            journal, level: space.level(afterWriting: 0), queued: queued,
            restated: driver.inspect { $0.restatedRecords })
        status.batchRecords = batchRecords
        return status
    }

    /// What the engine has counted, and what waits in it.
    mutating func figures() -> EngineFigures { driver.figures() }

    /// The same, with what can be said of the disk's pace at a moment.
    func journalStatus(at now: Instant) -> JournalStatus {
        var status = journalStatus
        status.slowness = pace?.slowness(at: now) ?? ""
        return status
    }

    /// Up to which record everything is durable.
    var durablePosition: JournalPosition { journal.durablePosition }

    /// The checksum over all that is durable.
    var durableChecksum: UInt32 { journal.lastChecksum }

    /// Lends the engine to look at.
    func inspect<Result>(_ body: (borrowing Engine) -> Result) -> Result { driver.inspect(body) }

    /// Whether there is more to do at once: the batch was full.
    var isBehind: Bool { turn.isBehind && !isStuck }

    /// Whether something that was decided waits for room in the journal, and all that was decided
    /// behind it.
    private(set) var isStuck = false

    /// Decides what came in, and what is due.
    mutating func decide(_ inputs: [Input], now: Instant) {
        if !inputs.isEmpty { queued.count(Int64(inputs.count)) }
        space = journal.lookAtSpace(at: now.microseconds)
        var inputs = inputs
        if let position = restating, space.level(afterWriting: restatedBytes).takesRecords {
            let target = driver.inspect { $0.statements(toFree: position) }
            inputs.append(.restate(before: target, byteBudget: restatedBytes))
        }
        turn = driver.turn(inputs, now: now, space: space, into: &batch)
    }

    /// Makes durable what was decided, and gives what waited for it.
    ///
    /// What the journal has no room for waits, with all that follows from it.
    ///
    /// - Parameter now: asked behind the sync.
    mutating func commit(now: () -> Instant) throws(JournalFailure) -> [Effect] {
        let isLate = PlantedBug.releasesBeforeDurable.isPlanted && batch.byteCount < 400
        let level = space.level(afterWriting: 0)
        let wrote = !batch.isEmpty && !isLate
        let records = batch.recordCount
        if wrote { pace?.began(at: now()) }
        var durable = wrote ? try journal.commitWhatFits(&batch) : journal.durablePosition
        isStuck = wrote && !batch.isEmpty
        if wrote { mark.set(durable) }
        if wrote, !isStuck { batchRecords.count(Int64(records)) }
        if isLate { durable = JournalPosition(.max) }
        var effects = driver.release(durable: durable)
        if level != toldLevel {
            toldLevel = level
            effects.append(.fact(.spaceChanged(level, freeBytes: journal.freeBytes)))
        }
        if wrote {
            let now = now()
            pace?.ended(at: now)
            markAt = now + markAfter
        } else if let due = markAt, due <= now() {
            try end()
        }
        if !isLate { freeSpace(now: now()) }
        return effects
    }

    /// The record of a restored life is durable: its directory is no backup any more.
    mutating func endRestore() throws(JournalFailure) { try journal.removeBackupMark() }

    /// Frees what nobody needs any more; everything that the engine has decided is durable.
    private mutating func freeSpace(now: Instant) {
        guard !isStuck, freeing.isDue(now) else { return }
        journal.settleFreed()
        guard !journal.sealed.isEmpty || restating != nil else { return }
        restating = nil
        let unheld = holds.freeable
        let standing = driver.inspect { engine in
            FreeingPolicy.Standing(
                sealed: journal.sealed, bytes: journal.byteCount, needed: engine.oldestNeeded,
                restated: engine.restatedRecords, liveBytes: engine.liveBytes, unheld: unheld,
                isSpaceShort: space.isShort)
        }
        switch freeing.next(standing, now: now) {
        case .none: break
        case .free(let position): journal.free(through: position)
        case .restate(let position): restating = position
        }
    }

    /// When the next turn is due without an input; nil for never.
    func wake(now: Instant) -> Instant? {
        if isBehind || (restating != nil && !space.isShort) { return now }
        // What is stated anew where space is short goes on at the pace at which that is looked at.
        let look = space.isShort || isStuck ? now + spacePace : nil
        return [turn.wakeAt, markAt, look].compactMap(\.self).min()
    }

    /// Marks all that was written as durable.
    mutating func end() throws(JournalFailure) {
        try journal.mark()
        markAt = nil
    }
}
