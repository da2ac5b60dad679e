internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// What the engine's thread is at, for those who watch over it from other threads.
///
/// Written by the engine's thread a few times a turn, each an atomic store and a look at the clock;
/// read by any.
final class EngineVitals: Sendable {
    /// What a turn is doing.
    enum Phase: UInt64, Sendable {
        /// Waiting for something to come in.
        case resting
        /// Deciding what came in; a turn begins with it.
        case deciding
        /// Waiting for the disk: writing, syncing, or preparing for it.
        case writing
        /// Handing out what follows, and showing others what there is.
        case delivering
    }

    /// A look at the engine's thread.
    struct Sight: Equatable, Sendable {
        /// How many turns it has begun.
        var turns: UInt64
        /// What it is doing.
        var phase: Phase
        /// Since when.
        var since: MonotonicInstant
    }

    private let turns = Atomic<UInt64>(0)
    /// The phase in the lowest two bits, since when in the others: never one without the other.
    private let doing = Atomic<UInt64>(0)
    private let space = Atomic<UInt8>(SpaceLevel.ample.rawValue)

    /// What it does from now on.
    func enter(_ phase: Phase) {
        let now = UInt64(max(0, MonotonicInstant.now().microseconds))
        doing.store(now << 2 | phase.rawValue, ordering: .relaxed)
        if phase == .deciding { turns.add(1, ordering: .relaxed) }
    }

    /// How much room the journal has from now on.
    func setSpace(_ level: SpaceLevel) { space.store(level.rawValue, ordering: .relaxed) }

    /// How much room the journal has.
    var spaceLevel: SpaceLevel {
        SpaceLevel(rawValue: space.load(ordering: .relaxed)) ?? .ample
    }

    /// What it is doing now.
    var sight: Sight {
        let packed = doing.load(ordering: .relaxed)
        return Sight(
            turns: turns.load(ordering: .relaxed), phase: Phase(rawValue: packed & 3) ?? .resting,
            since: MonotonicInstant(microseconds: Int64(packed >> 2)))
    }
}
