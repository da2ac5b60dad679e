internal import SagaModel
internal import SagaSystem

/// Judges from the outside whether the engine's thread makes progress: a plain value, fed with one
/// look after the other.
///
/// It is the engine and the journal that must go on, not merely a loop: nothing is taken for a sign
/// of life but a turn of the engine, which each look asks for, and a sync that the kernel still
/// works on counts as one for a while.
struct EngineWatch {
    /// How the engine is.
    enum Verdict: Equatable, Sendable {
        /// It goes on.
        case alive
        /// The disk has been at one write or sync for so long: nothing new is let in, and the
        /// service lives.
        case slowDisk(Duration)
        /// It makes no progress, for so long, in this phase.
        case stuck(Duration, EngineVitals.Phase)

        /// Whether the service is to go on.
        var isAlive: Bool {
            switch self {
            case .alive, .slowDisk: true
            case .stuck: false
            }
        }

        /// For how long the disk has been at it, once that is long.
        var slowDisk: Duration? {
            switch self {
            case .slowDisk(let time), .stuck(let time, .writing): time
            case .alive, .stuck: nil
            }
        }
    }

    private let stuckAfter: Duration
    private let slowDiskAfter: Duration
    private let stuckDiskAfter: Duration
    /// The turns that were seen last, and since when there were no more though one was asked for.
    private var seen: (turns: UInt64, since: MonotonicInstant)?

    init(_ limits: Limits) {
        stuckAfter = limits.engineStuckAfter
        slowDiskAfter = limits.diskSlowAfter
        stuckDiskAfter = limits.diskStuckAfter
    }

    /// Looks again; the engine is to be woken behind each look, so that one that rests has
    /// something to do until the next.
    mutating func look(_ sight: EngineVitals.Sight, at now: MonotonicInstant) -> Verdict {
        if seen?.turns != sight.turns { seen = (sight.turns, now) }
        let unwoken = Duration.microseconds(now.microseconds(since: seen?.since ?? now))
        let busy = Duration.microseconds(max(0, now.microseconds(since: sight.since)))
        switch sight.phase {
        case .resting: return unwoken > stuckAfter ? .stuck(unwoken, .resting) : .alive
        case .deciding, .delivering:
            return busy > stuckAfter ? .stuck(busy, sight.phase) : .alive
        case .writing:
            if busy > stuckDiskAfter { return .stuck(busy, .writing) }
            return busy > slowDiskAfter ? .slowDisk(busy) : .alive
        }
    }
}
