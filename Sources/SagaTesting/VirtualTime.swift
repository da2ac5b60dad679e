internal import SagaModel
internal import SagaRPC
internal import Synchronization

/// The time of a test's world: it stands still until the world sets it on.
final class VirtualTime: Sendable {
    private let beganAt: Instant
    private let continuousBegan = ContinuousClock.now
    private let microseconds = Atomic<Int64>(0)

    /// - Parameter start: the wall clock's time when the world begins.
    init(from start: Instant) { beganAt = start }

    /// How long the world has been there.
    var elapsed: Int64 { microseconds.load(ordering: .relaxed) }

    /// The wall clock.
    var instant: Instant { beganAt + .microseconds(elapsed) }

    /// The clock that sessions and calls use.
    var rpc: RPCInstant { RPCInstant(nanoseconds: elapsed * 1_000) }

    /// The clock that a client's waits are counted on.
    var continuous: ContinuousClock.Instant { continuousBegan + .microseconds(elapsed) }

    /// The moment of the world at which the wall clock shows an instant.
    func elapsed(at instant: Instant) -> Int64 {
        instant.microseconds - beganAt.microseconds
    }

    /// Sets the time on, never back.
    func set(_ elapsed: Int64) {
        microseconds.store(max(elapsed, self.elapsed), ordering: .relaxed)
    }
}

extension RPCInstant {
    /// The first microsecond of a world that is not before this moment.
    var elapsed: Int64 {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000)
        return rest > 0 ? whole + 1 : whole
    }
}
