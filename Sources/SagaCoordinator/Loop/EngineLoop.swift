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
    private let clock: CoordinatorClock
    private let limits: Limits

    /// Makes a loop that has not begun.
    init(clock: CoordinatorClock, limits: Limits) {
        inbox = Inbox(limit: limits.inboxInputs)
        self.clock = clock
        self.limits = limits
    }

    /// Begins the life of a recovered coordinator and runs it until it is stopped; to be called
    /// once, on a thread of its own.
    ///
    /// - Parameters:
    ///   - recovered: the engine, which has replayed the journal, and the journal.
    ///   - outbox: gets the effects.
    ///   - began: called when the life's record is durable.
    /// - Throws: what the journal failed with; nothing of the last batch was acknowledged.
    func run(
        _ recovered: consuming RecoveredCoordinator, outbox: Outbox, began: () -> Void
    ) throws(JournalFailure) {
        var delivery = Inbox.Delivery(
            inputs: [.begin(recovered.life)], isStopping: false, resumed: [])
        var journal = recovered.journal
        var driver = Driver(recovered.engine)
        var isBegun = false
        var batch = FrameBatch(capacityBytes: limits.batchBytes)
        var spare: [Input] = []
        // Set while the last records on disk are not yet known as durable by a frame behind them.
        var markAt: Instant?
        while true {
            let turn = driver.turn(delivery.inputs, now: clock.now(), into: &batch)
            outbox.resume(delivery.resumed)
            spare = delivery.inputs
            spare.removeAll(keepingCapacity: true)
            if try commit(&batch, &journal, &driver, outbox) {
                markAt = clock.now() + limits.markAfter
            } else if let due = markAt, due <= clock.now() {
                try journal.mark()
                markAt = nil
            }
            if !isBegun {
                isBegun = true
                began()
            }
            if delivery.isStopping, !turn.isBehind { break }
            let wake = turn.isBehind ? clock.now() : [turn.wakeAt, markAt].compactMap(\.self).min()
            delivery = inbox.take(reusing: spare, until: wake.map { clock.monotonic($0) })
        }
        try journal.mark()
    }

    /// Makes a batch durable, then releases what waited for it; says whether there was anything to
    /// write.
    private func commit(
        _ batch: inout FrameBatch, _ journal: inout Journal, _ driver: inout Driver,
        _ outbox: Outbox
    ) throws(JournalFailure) -> Bool {
        let wrote = !batch.isEmpty
        let durable = wrote ? try journal.commit(&batch) : journal.durablePosition
        let effects = driver.release(durable: durable)
        if !effects.isEmpty { outbox.send(effects, journal: JournalStatus(journal)) }
        return wrote
    }
}
