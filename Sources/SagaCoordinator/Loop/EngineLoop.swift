internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaSystem

/// The engine's thread: takes what came in, decides, writes and syncs, then releases what follows.
///
/// The next batch fills while the sync runs. Everything that it decides is in the journal before
/// anybody hears of it.
final class EngineLoop: Sendable {
    let inbox: Inbox
    /// What it is at.
    let vitals = EngineVitals()
    /// What is to be told of it.
    let looks: EngineLooks
    private let clock: CoordinatorClock
    private let limits: Limits
    private let mark: DurableMark

    /// Makes a loop that has not begun.
    ///
    /// - Parameter mark: says how far the journal is durable.
    init(clock: CoordinatorClock, limits: Limits, mark: DurableMark) {
        inbox = Inbox(limit: limits.inboxInputs)
        looks = EngineLooks(inbox, wait: limits.metricWait)
        self.mark = mark
        self.clock = clock
        self.limits = limits
    }

    /// What an earlier life has left is durable up to here: known before anybody reads behind it.
    func recovered(upTo durable: JournalPosition) { mark.set(durable) }

    /// Begins the life of a recovered coordinator and runs it until it is stopped; to be called
    /// once, on a thread of its own.
    ///
    /// - Parameters:
    ///   - recovered: the engine, which has replayed the journal, and the journal.
    ///   - outbox: gets the effects.
    ///   - holds: who else needs records of the journal.
    ///   - pace: told how long commits take.
    ///   - began: called when the life's record is durable.
    /// - Throws: what the journal failed with; nothing of the last batch was acknowledged.
    func run(
        _ recovered: consuming RecoveredCoordinator, outbox: Outbox, holds: JournalHolds,
        pace: DiskPace, began: () -> Void
    ) throws(JournalFailure) {
        var delivery = Inbox.Delivery(
            inputs: [.begin(recovered.life)], isStopping: false, resumed: [])
        let isRestored = recovered.life.isRestored
        var driver = CommittingDriver(
            recovered, limits: limits, mark: mark, holds: holds, pace: pace)
        var look = EngineLook(limits)
        var isBegun = false
        var spare: [Input] = []
        defer { looks.end() }
        while true {
            vitals.enter(.deciding)
            driver.decide(delivery.inputs, now: clock.now())
            outbox.resume(delivery.resumed)
            spare = delivery.inputs
            spare.removeAll(keepingCapacity: true)
            vitals.enter(.writing)
            let effects = try driver.commit { clock.now() }
            vitals.setSpace(driver.space.level(afterWriting: 0))
            // Before anybody hears of this life, and not before it is on record.
            if isRestored, !isBegun, !driver.isStuck { try driver.endRestore() }
            vitals.enter(.delivering)
            if !effects.isEmpty {
                outbox.send(effects, journal: driver.journalStatus(at: clock.now()))
            }
            // A life whose record waits for room has not begun.
            if !isBegun, !driver.isStuck {
                isBegun = true
                began()
            }
            if delivery.isStopping, !driver.isBehind { break }
            if delivery.isAsked, look.look(at: &driver, for: looks) { inbox.ask() }
            let wake = driver.wake(now: clock.now())
            vitals.enter(.resting)
            delivery = inbox.take(reusing: spare, until: wake.map { clock.monotonic($0) })
        }
        try driver.end()
    }
}
