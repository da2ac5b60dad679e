import SagaRPC
import Testing

@testable import SagaTransport

/// Keepalive, idleness, the number of connections and retries, as plain values.
struct ClientMachineTests {
    private func at(_ nanoseconds: Int64) -> RPCInstant { RPCInstant(nanoseconds: nanoseconds) }

    private func keepalive(withoutCalls: Bool = false) -> Keepalive {
        Keepalive(
            Keepalive.Settings(
                interval: RPCTimeout(nanoseconds: 100), timeout: RPCTimeout(nanoseconds: 20),
                withoutCalls: withoutCalls), now: at(0))
    }

    @Test func aSilentConnectionIsAskedThenDropped() {
        var keepalive = keepalive()
        #expect(keepalive.nextWake == at(100))
        #expect(keepalive.wake(hasCalls: true, now: at(99)) == .nothing)
        #expect(keepalive.wake(hasCalls: true, now: at(100)) == .ping)
        #expect(keepalive.nextWake == at(120))
        #expect(keepalive.wake(hasCalls: true, now: at(119)) == .nothing)
        #expect(keepalive.wake(hasCalls: true, now: at(120)) == .drop)
    }

    @Test func anyByteCountsAsLife() {
        var keepalive = keepalive()
        keepalive.received(now: at(60))
        #expect(keepalive.nextWake == at(100))
        #expect(keepalive.wake(hasCalls: true, now: at(100)) == .nothing)
        #expect(keepalive.nextWake == at(160))
        #expect(keepalive.wake(hasCalls: true, now: at(160)) == .ping)
        keepalive.received(now: at(170))
        #expect(keepalive.nextWake == at(270))
        #expect(keepalive.wake(hasCalls: true, now: at(180)) == .nothing)
    }

    @Test func withoutACallNobodyIsAskedUntilTheNextOne() {
        var keepalive = keepalive()
        #expect(keepalive.wake(hasCalls: false, now: at(100)) == .nothing)
        #expect(keepalive.nextWake == nil)
        // At once, so that a dead connection costs the call the timeout only.
        #expect(keepalive.callOpened(now: at(5000)) == .ping)
        #expect(keepalive.nextWake == at(5020))
        keepalive.received(now: at(5001))
        #expect(keepalive.callOpened(now: at(5002)) == .nothing)
        #expect(keepalive.wake(hasCalls: false, now: at(5101)) == .nothing)
        keepalive.received(now: at(5150))
        #expect(keepalive.callOpened(now: at(5160)) == .nothing)
        #expect(keepalive.nextWake == at(5250))
        var always = self.keepalive(withoutCalls: true)
        #expect(always.wake(hasCalls: false, now: at(100)) == .ping)
    }

    @Test func intervalsBelowTheLeastAreNotHeeded() {
        var settings = clientSettings
        #expect(settings.keepalive == nil)
        settings.keepaliveInterval = .seconds(1)
        #expect(settings.keepalive?.interval == RPCTimeout(nanoseconds: 10_000_000_000))
        settings.keepaliveInterval = .seconds(11)
        #expect(settings.keepalive?.interval == RPCTimeout(nanoseconds: 11_000_000_000))
    }

    @Test func aChannelIsIdleBehindATimeWithoutACall() {
        var idle = IdleWatch(limit: RPCTimeout(nanoseconds: 100))
        #expect(idle.nextWake == nil)
        idle.isQuiet { at(5) }
        idle.isQuiet { at(50) }
        #expect(idle.nextWake == at(105))
        var isOver = idle.isOver(now: at(104))
        #expect(!isOver)
        idle.callBegan()
        isOver = idle.isOver(now: at(200))
        #expect(!isOver)
        idle.isQuiet { at(200) }
        isOver = idle.isOver(now: at(300))
        #expect(isOver)
        #expect(idle.nextWake == nil)
        var never = IdleWatch(limit: nil)
        never.isQuiet { at(0) }
        #expect(never.nextWake == nil)
        isOver = never.isOver(now: at(.max))
        #expect(!isOver)
    }

    // MARK: The pool

    private func pool() -> PoolSizing {
        PoolSizing(
            PoolSizing.Settings(
                mostConnections: 3, growAfter: RPCTimeout(nanoseconds: 10),
                shrinkAfter: RPCTimeout(nanoseconds: 100)))
    }

    private func load(_ number: UInt64, _ calls: Int, hasRoom: Bool = true) -> PoolSizing.Load {
        PoolSizing.Load(
            connection: ClientConnectionID(rawValue: number), calls: calls, hasRoom: hasRoom)
    }

    private func full(_ count: UInt64) -> [PoolSizing.Load] {
        (1...count).map { load($0, 9, hasRoom: false) }
    }

    @Test func aPoolThatStaysFullGrowsUpToTheMost() {
        var pool = pool()
        func look(_ loads: [PoolSizing.Load], _ now: Int64, _ mayConnect: Bool = true)
            -> PoolSizing.Action
        { pool.look(loads, areWaiting: true, mayConnect: mayConnect, now: at(now)) }
        #expect(look(full(1), 0) == .nothing)
        #expect(pool.nextWake == at(10))
        #expect(look(full(1), 9) == .nothing)
        // Room for a moment: the time begins anew.
        #expect(look([load(1, 8)], 10) == .nothing)
        #expect(pool.nextWake == nil)
        #expect(look(full(1), 11) == .nothing)
        #expect(look(full(1), 21) == .open)
        #expect(look(full(1), 40, false) == .nothing)
        #expect(look(full(2), 50) == .nothing)
        #expect(look(full(2), 60) == .open)
        #expect(look(full(3), 70) == .nothing)
        #expect(look(full(3), 170) == .nothing)
        #expect(look([], 180) == .nothing)
        #expect(pool.nextWake == nil)
    }

    @Test func whatIsNotNeededIsClosedOneByOneButNeverTheFirst() {
        var pool = pool()
        func look(_ loads: [PoolSizing.Load], _ now: Int64) -> PoolSizing.Action {
            pool.look(loads, areWaiting: false, mayConnect: true, now: at(now))
        }
        #expect(look([load(1, 0)], 0) == .nothing)
        #expect(pool.nextWake == nil)
        #expect(look([load(1, 0), load(2, 0), load(3, 0)], 10) == .nothing)
        #expect(pool.nextWake == at(110))
        // The one whose time runs was used again.
        #expect(look([load(1, 9), load(2, 0), load(3, 1)], 50) == .nothing)
        #expect(pool.nextWake == at(150))
        #expect(
            look([load(1, 9), load(2, 0), load(3, 1)], 150)
                == .close(ClientConnectionID(rawValue: 2)))
        #expect(look([load(1, 0), load(3, 0)], 151) == .nothing)
        #expect(look([load(1, 0), load(3, 0)], 251) == .close(ClientConnectionID(rawValue: 3)))
        #expect(look([load(1, 0)], 900) == .nothing)
    }

    // MARK: Retries

    @Test func exactlyOneRowOfTheRetryTableHoldsInEachCase() {
        var verdicts: [Character: Set<RetryTable.Verdict>] = [:]
        let both = [false, true]
        for rule in RetryRule.allCases {
            for sight in RetryTable.Sight.allCases {
                for bits in 0..<32 {
                    let facts = RetryTable.Facts(
                        rule: rule, sight: sight, canBeSentAgain: both[bits & 1],
                        hasAttemptsLeft: both[bits >> 1 & 1], hasTimeLeft: both[bits >> 2 & 1],
                        hasBudget: both[bits >> 3 & 1], isShutDown: both[bits >> 4 & 1])
                    let rows = RetryTable.cases.filter { $0.holds(facts) }
                    #expect(rows.count == 1, "\(rows.map(\.letter)) for \(facts)")
                    for row in rows { verdicts[row.letter, default: []].insert(row.verdict) }
                    #expect(RetryTable.verdict(facts) == expected(facts), "\(facts)")
                }
            }
        }
        #expect(verdicts.keys.sorted() == Array("ABCDEFGHI"))
        #expect(verdicts.values.allSatisfy { $0.count == 1 })
    }

    /// The rule in words, told apart from the table.
    private func expected(_ facts: RetryTable.Facts) -> RetryTable.Verdict {
        if facts.isShutDown || !facts.canBeSentAgain { return .end }
        if !facts.hasAttemptsLeft || !facts.hasTimeLeft { return .end }
        if facts.sight == .neverSeen, facts.rule != .never { return .again }
        if facts.sight == .refused, facts.rule == .unavailable, facts.hasBudget {
            return .againLater
        }
        return .end
    }

    @Test func withHalfOfTheTokensGoneNothingRefusedIsMadeAgain() {
        var budget = RetryBudget(tokens: 4)
        budget.refused()
        #expect(budget.allows)
        budget.refused()
        #expect(!budget.allows)
        budget.succeeded()
        #expect(budget.allows)
        for _ in 0..<100 { budget.refused() }
        for _ in 0..<20 { budget.succeeded() }
        #expect(!budget.allows)
        budget.succeeded()
        #expect(budget.allows)
        for _ in 0..<1000 { budget.succeeded() }
        budget.refused()
        budget.refused()
        #expect(!budget.allows)
    }
}
