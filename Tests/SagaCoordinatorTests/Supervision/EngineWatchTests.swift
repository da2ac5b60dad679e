import SagaModel
import SagaSystem
import Testing

@testable import SagaCoordinator

/// When the engine counts as alive: the rule of the watchdog.
@Suite struct EngineWatchTests {
    private static let limits = Limits()

    private func instant(_ time: Duration) -> MonotonicInstant {
        MonotonicInstant(microseconds: time.microseconds)
    }

    private func sight(
        _ turns: UInt64, _ phase: EngineVitals.Phase, since: Duration
    ) -> EngineVitals.Sight {
        EngineVitals.Sight(turns: turns, phase: phase, since: instant(since))
    }

    /// Turns go on: alive, whatever a look happens to see.
    @Test func turnsAreProgress() {
        var watch = EngineWatch(Self.limits)
        for second in 0..<60 {
            let phase: EngineVitals.Phase = second % 2 == 0 ? .resting : .deciding
            let now = Duration.seconds(second)
            let found = watch.look(sight(UInt64(second), phase, since: now), at: instant(now))
            #expect(found == .alive)
        }
    }

    /// It rests, and does not wake up though each look wakes it.
    @Test func oneThatIsNotWoken() {
        var watch = EngineWatch(Self.limits)
        let limit = Self.limits.engineStuckAfter
        #expect(watch.look(sight(7, .resting, since: .zero), at: instant(.zero)) == .alive)
        #expect(watch.look(sight(7, .resting, since: .zero), at: instant(limit)) == .alive)
        let late = limit + .seconds(1)
        #expect(
            watch.look(sight(7, .resting, since: .zero), at: instant(late))
                == .stuck(late, .resting))
        #expect(watch.look(sight(8, .resting, since: late), at: instant(late)) == .alive)
    }

    @Test(arguments: [EngineVitals.Phase.deciding, .delivering])
    func aTurnThatDoesNotEnd(_ phase: EngineVitals.Phase) {
        var watch = EngineWatch(Self.limits)
        let limit = Self.limits.engineStuckAfter
        #expect(watch.look(sight(7, phase, since: .zero), at: instant(limit)) == .alive)
        let late = limit + .seconds(1)
        let found = watch.look(sight(7, phase, since: .zero), at: instant(late))
        #expect(found == .stuck(late, phase))
        #expect(!found.isAlive && found.slowDisk == nil)
    }

    /// A sync that the kernel works on keeps the service alive for two minutes, and lets nothing
    /// in after a few seconds.
    @Test func aSyncThatTakesLong() {
        var watch = EngineWatch(Self.limits)
        for (second, isSlow, isAlive) in [
            (1, false, true), (5, false, true), (6, true, true), (120, true, true),
            (121, true, false),
        ] {
            let now = Duration.seconds(second)
            let found = watch.look(sight(7, .writing, since: .zero), at: instant(now))
            #expect(found.isAlive == isAlive, "\(second)")
            #expect(found.slowDisk == (isSlow ? now : nil), "\(second)")
        }
    }
}
