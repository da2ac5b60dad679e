import SagaModel
import Testing

@testable import SagaCoordinator
@testable import SagaJournal

/// When segments go, and when what lives is stated anew for that.
struct FreeingPolicyTests {
    private static let segment = 1_000

    /// Three sealed segments that end with records 10, 20 and 30.
    private static func standing(
        bytes: Int = 5_000, needed: UInt64 = 100, live: Int = 0, unheld: UInt64 = .max,
        short: Bool = false, restated: UInt64 = 0
    ) -> FreeingPolicy.Standing {
        FreeingPolicy.Standing(
            sealed: (1...3).map {
                SealedSegment(
                    number: $0, lastPosition: JournalPosition($0 * 10), byteCount: segment)
            }, bytes: bytes, needed: JournalPosition(needed), restated: restated, liveBytes: live,
            unheld: JournalPosition(unheld), isSpaceShort: short)
    }

    private static func policy(bytes: Int) -> FreeingPolicy {
        var limits = Limits()
        limits.eventsBytes = bytes
        limits.eventsRetention = .seconds(60)
        return FreeingPolicy(limits)
    }

    private static func second(_ second: Int64) -> Instant {
        Instant(microseconds: second * 1_000_000)
    }

    @Test func whatIsYoungAndFitsStays() {
        var policy = Self.policy(bytes: 5_000)
        #expect(policy.next(Self.standing(), now: Self.second(0)) == .none)
        // What was there when it was first looked at may be as young as that.
        #expect(policy.next(Self.standing(), now: Self.second(59)) == .none)
        let all = FreeingPolicy.Step.free(through: JournalPosition(30))
        #expect(policy.next(Self.standing(), now: Self.second(60)) == all)
    }

    @Test func asMuchGoesAsIsTooMuch() {
        var policy = Self.policy(bytes: 3_500)
        let two = FreeingPolicy.Step.free(through: JournalPosition(20))
        #expect(policy.next(Self.standing(), now: Self.second(0)) == two)
        // Whoever needs a record keeps its segment, and all behind it.
        let one = FreeingPolicy.Step.free(through: JournalPosition(10))
        #expect(policy.next(Self.standing(unheld: 15), now: Self.second(1)) == one)
        #expect(policy.next(Self.standing(needed: 20), now: Self.second(2)) == one)
        #expect(policy.next(Self.standing(unheld: 9), now: Self.second(3)) == .none)
    }

    @Test func whatLivesIsStatedAnewOnlyBeyondTwiceItsSize() {
        var policy = Self.policy(bytes: 1_000)
        let needed = Self.standing(needed: 10, live: 2_000)
        #expect(policy.next(needed, now: Self.second(0)) == .none)
        let less = Self.standing(needed: 10, live: 1_999)
        let step = FreeingPolicy.Step.restate(upTo: JournalPosition(10))
        #expect(policy.next(less, now: Self.second(1)) == step)
        // Where space is short it does not wait for that.
        var other = Self.policy(bytes: 10_000)
        #expect(
            other.next(Self.standing(needed: 10, short: true), now: Self.second(0)) == step)
        #expect(
            other.next(Self.standing(short: true), now: Self.second(1))
                == .free(through: JournalPosition(30)))
        // For what the archive still needs nothing is stated anew.
        #expect(
            policy.next(Self.standing(needed: 10, unheld: 9), now: Self.second(2)) == .none)
    }

    @Test func whatLeadsNowhereIsLeftAloneForAWhile() {
        var policy = Self.policy(bytes: 1_000)
        let stuck = Self.standing(needed: 10, restated: 4)
        let step = FreeingPolicy.Step.restate(upTo: JournalPosition(10))
        #expect(policy.next(stuck, now: Self.second(0)) == step)
        #expect(policy.isDue(Self.second(0)))
        #expect(policy.next(Self.standing(needed: 10, restated: 5), now: Self.second(0)) == step)
        #expect(policy.next(Self.standing(needed: 10, restated: 5), now: Self.second(0)) == .none)
        #expect(!policy.isDue(Self.second(9)))
        #expect(policy.isDue(Self.second(10)))
    }
}
