internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// How far the journal is durable: set by who commits it, read by who reads behind it.
///
/// Setting it costs one store and one load, and a wake-up only while somebody waits for it, so that
/// nobody who follows events slows those who run sagas.
final class DurableMark: Sendable {
    private let position = Atomic<UInt64>(0)
    /// The reader waits for the mark to move. It says so and then looks at the mark, the writer
    /// moves the mark and then looks here; in one order for both, so that one of them sees it.
    private let isAwaited = Atomic(false)
    private let bell = Monitor(false)
    /// Another reader's mark, which moves with this one.
    private let other: DurableMark?

    /// Makes a mark before the first record.
    ///
    /// - Parameter other: moves with it, for another reader.
    init(with other: DurableMark? = nil) { self.other = other }

    /// Everything up to here is durable.
    var current: JournalPosition {
        JournalPosition(position.load(ordering: .sequentiallyConsistent))
    }

    /// Moves the mark; by one thread at a time, once a batch.
    func set(_ durable: JournalPosition) {
        position.store(durable.rawValue, ordering: .sequentiallyConsistent)
        if isAwaited.load(ordering: .sequentiallyConsistent) { ring() }
        other?.set(durable)
    }

    /// Wakes the one who waits, now or next.
    func ring() { bell.withLock { $0 = true } }

    /// Waits until somebody rings, or the mark moves on from where it was; for one thread.
    ///
    /// - Parameters:
    ///   - seen: where the mark was; nil to wait for a ring alone.
    ///   - instant: the mark is not looked at before this, so that under load its moves are taken
    ///     many at a time, and cost the one who sets it no wake-up.
    ///   - end: it waits no longer than this; nil for no end.
    func wait(
        beyond seen: JournalPosition?, notBefore instant: MonotonicInstant,
        until end: MonotonicInstant? = nil
    ) {
        guard let seen else {
            _ = bell.wait(until: end, for: Self.heard)
            return
        }
        if MonotonicInstant.now() < instant, bell.wait(until: instant, for: Self.heard) != nil {
            return
        }
        isAwaited.store(true, ordering: .sequentiallyConsistent)
        if current <= seen { _ = bell.wait(until: end, for: Self.heard) }
        isAwaited.store(false, ordering: .sequentiallyConsistent)
    }

    private static func heard(_ isRung: inout Bool) -> Void? {
        guard isRung else { return nil }
        isRung = false
        return ()
    }
}
