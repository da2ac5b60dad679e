import SagaRPC
import Testing

@testable import SagaTransport

/// Where and when a channel connects, as a plain value.
struct ClientConnectorTests {
    private static let backoff = Backoff(
        first: RPCTimeout(nanoseconds: 100), most: RPCTimeout(nanoseconds: 1000))

    private func at(_ nanoseconds: Int64) -> RPCInstant { RPCInstant(nanoseconds: nanoseconds) }

    private func failure(_ port: Int) -> ConnectFailure {
        ConnectFailure(.host("a", port: port), .timedOut)
    }

    private func connector(_ count: Int, isShuffled: Bool = false) -> Connector {
        Connector(addressCount: count, isShuffled: isShuffled, Self.backoff)
    }

    @Test func aRoundTriesAllAddressesThenWaits() {
        var connector = connector(2)
        #expect(connector.want(now: at(0)) { 0 } == .resolve(0))
        #expect(connector.want(now: at(0)) { 0 } == .nothing)
        #expect(connector.resolved(endpoints: 1) { 0 } == .connect(0, endpoint: 0))
        #expect(connector.failed(failure(1), now: at(1), random: .max) == .resolve(1))
        // The lookup itself failed.
        #expect(connector.failed(failure(2), now: at(2), random: .max) == .nothing)
        #expect(connector.state == .backingOff([failure(1), failure(2)], until: at(100)))
        #expect(connector.nextWake == at(100))
        #expect(connector.want(now: at(99)) { 0 } == .nothing)
        #expect(connector.waitIsOver(isWanted: true, now: at(99)) { 0 } == .nothing)
        #expect(connector.waitIsOver(isWanted: true, now: at(100)) { 0 } == .resolve(0))
        #expect(connector.failed(failure(1), now: at(101), random: .max) == .resolve(1))
        #expect(connector.failed(failure(2), now: at(102), random: .max) == .nothing)
        #expect(connector.nextWake == at(300))
        #expect(connector.waitIsOver(isWanted: false, now: at(300)) { 0 } == .nothing)
        #expect(connector.state == .idle)
    }

    @Test func theWaitCountsFromTheRoundsBeginning() {
        var connector = connector(1)
        _ = connector.want(now: at(1000)) { 0 }
        _ = connector.failed(failure(1), now: at(1060), random: .max)
        #expect(connector.nextWake == at(1100))
        _ = connector.waitIsOver(isWanted: true, now: at(1100)) { 0 }
        _ = connector.failed(failure(1), now: at(9999), random: .max)
        #expect(connector.nextWake == at(9999))
    }

    @Test func allEndpointsOfANameAreTriedAndTheLastOneSpeaks() {
        var connector = connector(2)
        _ = connector.want(now: at(0)) { 0 }
        #expect(connector.resolved(endpoints: 3) { 0 } == .connect(0, endpoint: 0))
        #expect(
            connector.failed(failure(1), now: at(0), random: 0) == .connect(0, endpoint: 1))
        #expect(
            connector.failed(failure(2), now: at(0), random: 0) == .connect(0, endpoint: 2))
        #expect(connector.failed(failure(3), now: at(0), random: 0) == .resolve(1))
        #expect(connector.resolved(endpoints: 1) { 0 } == .connect(1, endpoint: 0))
        _ = connector.failed(failure(4), now: at(0), random: 0)
        #expect(connector.state == .backingOff([failure(3), failure(4)], until: at(0)))
    }

    @Test func theNextRoundBeginsWithTheAddressThatWorked() {
        var connector = connector(3)
        _ = connector.want(now: at(0)) { 0 }
        #expect(connector.failed(failure(1), now: at(0), random: 0) == .resolve(1))
        _ = connector.resolved(endpoints: 1) { 0 }
        connector.succeeded()
        #expect(connector.state == .idle)
        connector.lost(hasAnswered: true, failure(2), now: at(0), random: 0)
        #expect(connector.want(now: at(0)) { 0 } == .resolve(1))
        #expect(connector.failed(failure(2), now: at(0), random: 0) == .resolve(2))
        #expect(connector.failed(failure(3), now: at(0), random: 0) == .resolve(0))
    }

    @Test func shuffledRoundsReachEveryOrderOfAddressesAndEndpoints() {
        var orders: Set<[Int]> = []
        var endpointOrders: Set<[Int]> = []
        var draw: UInt64 = 1
        // Knuth's generator, so that the test is the same each time.
        func random() -> UInt64 {
            draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return draw >> 33
        }
        for _ in 0..<100 {
            var connector = connector(3, isShuffled: true)
            var order: [Int] = []
            var action = connector.want(now: at(0), random: random)
            while case .resolve(let address) = action {
                order.append(address)
                if order.count == 1 {
                    var endpoints: [Int] = []
                    var inner = connector.resolved(endpoints: 3, random: random)
                    while case .connect(_, let endpoint) = inner {
                        endpoints.append(endpoint)
                        inner = connector.failed(failure(0), now: at(0), random: 0)
                    }
                    endpointOrders.insert(endpoints)
                    action = inner
                } else {
                    action = connector.failed(failure(0), now: at(0), random: 0)
                }
            }
            #expect(order.sorted() == [0, 1, 2])
            orders.insert(order)
        }
        #expect(orders.count == 6)
        #expect(endpointOrders.count == 6)
    }

    @Test func connectionsWithoutAnAnswerAreReplacedOnceThenCountAsFailures() {
        var connector = connector(1)
        func wait(hasAnswered: Bool) -> RPCInstant? {
            if connector.nextWake != nil {
                _ = connector.waitIsOver(isWanted: false, now: at(.max)) { 0 }
            }
            _ = connector.want(now: at(0)) { 0 }
            _ = connector.resolved(endpoints: 1) { 0 }
            connector.succeeded()
            connector.lost(hasAnswered: hasAnswered, failure(1), now: at(5), random: .max)
            return connector.nextWake
        }
        #expect(wait(hasAnswered: false) == nil)
        #expect(wait(hasAnswered: false) == at(105))
        #expect(wait(hasAnswered: false) == at(205))
        #expect(wait(hasAnswered: true) == nil)
        #expect(wait(hasAnswered: false) == nil)
        #expect(wait(hasAnswered: false) == at(105))
    }

    @Test func nothingBeginsBehindTheShutdown() {
        var connector = connector(1)
        _ = connector.want(now: at(0)) { 0 }
        _ = connector.failed(failure(1), now: at(0), random: 0)
        connector.shutdown()
        #expect(connector.want(now: at(0)) { 0 } == .nothing)
        #expect(connector.waitIsOver(isWanted: true, now: at(.max)) { 0 } == .nothing)
        connector.lost(hasAnswered: false, failure(1), now: at(0), random: 0)
        connector.lost(hasAnswered: false, failure(1), now: at(0), random: 0)
        #expect(connector.state == .shutdown)
    }
}
