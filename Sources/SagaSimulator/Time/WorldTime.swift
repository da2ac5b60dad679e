internal import SagaModel
internal import SagaRPC
internal import Synchronization

/// A moment of a world: microseconds since it began.
struct WorldTime: Hashable, Comparable, Sendable {
    let microseconds: Int64

    static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    static func + (time: Self, microseconds: Int64) -> Self {
        WorldTime(microseconds: time.microseconds + microseconds)
    }

    /// The same on the clock that no machine sets.
    var rpc: RPCInstant { RPCInstant(nanoseconds: microseconds * 1_000) }
}

extension RPCInstant {
    /// The first moment of a world that is not before this one.
    var worldTime: WorldTime {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000)
        return WorldTime(microseconds: rest > 0 ? whole + 1 : whole)
    }
}

/// The wall clock of a coordinator's machine: it may be wrong, run fast or slow, and be set between
/// two lives; within a life it never goes back.
final class MachineClock: Sendable {
    /// A day in 2026: ids and stamps look like those of a real one.
    private static let base: Int64 = 1_795_000_000_000_000
    private let reading = Atomic<Int64>(MachineClock.base)

    /// What the clock shows.
    var now: Instant { Instant(microseconds: reading.load(ordering: .relaxed)) }

    /// Sets the hands.
    func set(_ time: WorldTime, offset: Int64, driftPerMillion: Int64) {
        let drift = time.microseconds / 1_000 * driftPerMillion / 1_000
        reading.store(Self.base + time.microseconds + drift + offset, ordering: .relaxed)
    }

    /// What a clock that is right shows so many microseconds after the beginning.
    static func instant(of microseconds: Int64) -> Instant {
        Instant(microseconds: base + microseconds)
    }

    /// The world's moment at which the clock will show an instant, or a little before.
    static func worldTime(
        of instant: Instant, offset: Int64, driftPerMillion: Int64
    ) -> WorldTime {
        let shown = instant.microseconds - base - offset
        return WorldTime(microseconds: shown - shown / 1_000 * driftPerMillion / 1_000)
    }
}

/// Random bits for parts that draw by themselves.
final class EntropySource: Sendable {
    private let random: Mutex<SimulationRandom>

    init(_ random: SimulationRandom) {
        self.random = Mutex(random)
    }

    /// 64 random bits.
    func word() -> UInt64 { random.withLock { $0.next() } }
}
