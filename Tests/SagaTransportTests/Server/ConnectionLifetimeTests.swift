import SagaHTTP2
import SagaRPC
import Testing

@testable import SagaTransport

/// The life of a connection as a value: what it shows, at which second, and what comes of it.
@Suite struct ConnectionLifetimeTests {
    /// One look at the connection, or the passing of time.
    struct Turn: Sendable {
        var at: Double
        var change: @Sendable (inout ConnectionSight) -> Void = { _ in }
        /// Called because the time has come, not because something happened.
        var isTimer = false
        var action = LifetimeAction.nothing
    }

    struct Script: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var limits: LifetimeLimits
        var jitter: Double
        var turns: [Turn]
        var end: ConnectionEnd

        init(
            _ testDescription: String, limits: LifetimeLimits = .forTables, jitter: Double = 0.5,
            end: ConnectionEnd = .peerClosed, _ turns: Turn...
        ) {
            self.testDescription = testDescription
            self.limits = limits
            self.jitter = jitter
            self.end = end
            self.turns = turns
        }
    }

    static func see(
        _ at: Double, _ action: LifetimeAction = .nothing,
        _ change: @escaping @Sendable (inout ConnectionSight) -> Void
    ) -> Turn { Turn(at: at, change: change, action: action) }

    static func wait(_ at: Double, _ action: LifetimeAction = .nothing) -> Turn {
        Turn(at: at, isTimer: true, action: action)
    }

    static let greet = see(0.1) { sight in
        sight.isGreeted = true
        sight.bytesReceived += 50
    }

    @Test(
        "scripts",
        arguments: allScripts)
    func run(_ script: Script) {
        var lifetime = ConnectionLifetime(
            SharedLifetimeLimits(script.limits), now: .second(0), jitter: script.jitter)
        var sight = ConnectionSight()
        for (place, turn) in script.turns.enumerated() {
            turn.change(&sight)
            let now = RPCInstant.second(turn.at)
            let action: LifetimeAction
            if turn.isTimer {
                if turn.action != .nothing {
                    let due = lifetime.nextDeadline
                    #expect(due.map { $0 <= now } ?? false, "turn \(place): not called in time")
                }
                sight.socketBytes = sight.socketBytes ?? 0
                action = lifetime.expire(sight, now: now)
            } else {
                action = lifetime.observe(sight, now: now)
            }
            #expect(action == turn.action, "turn \(place)")
        }
        #expect(lifetime.end == script.end)
    }

    static let allScripts = [
        greetings, headerBlocks, idleness, ages, keepalives, stalls, outputs,
    ].flatMap(\.self)

    static let greetings: [Script] = [
        Script(
            "no byte at all", end: .noPreface,
            wait(4.9), wait(5, .end(.noPreface)), wait(5.9), wait(6, .close), wait(99)),
        Script(
            "a byte a second is no greeting", end: .noPreface,
            see(1) { $0.bytesReceived += 1 }, see(2) { $0.bytesReceived += 1 },
            see(4.9) { $0.bytesReceived += 1 }, wait(5, .end(.noPreface))),
        Script("greeted in time", greet, wait(5), wait(9)),
    ]

    static let headerBlocks: [Script] = [
        Script(
            "a block that does not end", end: .slowHeaders, greet,
            see(1) {
                $0.isInsideHeaderBlock = true
                $0.headerBlocks += 1
            },
            see(9) { $0.bytesReceived += 1 }, wait(10.9), wait(11, .end(.slowHeaders))),
        Script(
            "a block that ends", greet,
            see(1) {
                $0.isInsideHeaderBlock = true
                $0.headerBlocks += 1
            },
            see(9) {
                $0.isInsideHeaderBlock = false
                $0.openCalls = 1
                $0.bytesReceived += 1
            }, wait(11)),
        Script(
            "inside at each look, but each time another one", greet,
            see(1) {
                $0.isInsideHeaderBlock = true
                $0.headerBlocks += 1
                $0.openCalls = 1
            },
            see(9) {
                $0.headerBlocks += 1
                $0.bytesReceived += 1
            }, wait(11)),
    ]

    static let idleness: [Script] = [
        Script(
            "no call from the begin", end: .idle, greet, wait(29.9), wait(30, .drain(.idle)),
            wait(34.9), wait(35, .end(.idle)), wait(36, .close)),
        Script(
            "a call is open", greet,
            see(1) {
                $0.openCalls = 1
                $0.headerBlocks = 1
            }, see(25) { $0.bytesReceived += 1 }, wait(31)),
        Script(
            "counted from the end of the last call", end: .idle, greet,
            see(20) {
                $0.openCalls = 1
                $0.headerBlocks = 1
                $0.bytesReceived += 1
            }, see(25) { $0.openCalls = 0 }, wait(54.9),
            wait(55, .drain(.idle))),
        Script(
            "a call between two looks counts", end: .idle, greet,
            see(20) {
                $0.headerBlocks = 1
                $0.bytesReceived += 1
            }, wait(49.9), wait(50, .drain(.idle))),
        Script("never, without a limit", limits: .forTables { $0.idle = nil }, greet, wait(39)),
    ]

    static let ages: [Script] = [
        Script(
            "calls may go on for the grace", limits: aging, end: .maxAge, greet,
            see(1) {
                $0.openCalls = 1
                $0.headerBlocks = 1
            }, wait(99.9), wait(100, .drain(.maxAge)), wait(109.9), wait(110, .end(.maxAge))),
        Script(
            "shorter by the jitter", limits: aging, jitter: 0, end: .maxAge, greet,
            see(1) { $0.openCalls = 1 }, wait(89.9), wait(90, .drain(.maxAge))),
        Script(
            "longer by the jitter", limits: aging, jitter: 1, end: .maxAge, greet,
            see(1) { $0.openCalls = 1 }, wait(109.9), wait(110, .drain(.maxAge))),
        Script(
            "without a call it ends at once", limits: aging, end: .maxAge, greet,
            see(99) {
                $0.headerBlocks = 1
                $0.bytesReceived += 1
            }, wait(100, .drain(.maxAge)), wait(104.9), wait(105, .end(.maxAge))),
    ]

    static let aging = LifetimeLimits.forTables {
        $0.age = .seconds(100)
        $0.keepaliveInterval = nil
        $0.idle = nil
    }

    static let keepalives: [Script] = [
        Script(
            "asked, and no answer", limits: calling, end: .keepaliveTimeout, greet,
            see(1) {
                $0.openCalls = 1
                $0.bytesReceived += 1
            }, wait(40.9), wait(41, .ping), wait(50.9), wait(51, .end(.keepaliveTimeout))),
        Script(
            "any byte is an answer", limits: calling, greet,
            see(1) {
                $0.openCalls = 1
                $0.bytesReceived += 1
            }, wait(41, .ping), see(50) { $0.bytesReceived += 1 }, wait(89.9), wait(90, .ping)),
        Script(
            "never, without an interval",
            limits: .forTables {
                $0.keepaliveInterval = nil
                $0.idle = nil
            }, greet, wait(1_000)),
    ]

    static let calling = LifetimeLimits.forTables { $0.idle = nil }

    static let stalls: [Script] = [
        Script(
            "shut windows", limits: calling, end: .writeStall, greet,
            see(1) {
                $0.openCalls = 1
                $0.streamBytes = 100
            }, see(10) { $0.bytesReceived += 1 }, wait(20.9), wait(21, .end(.writeStall))),
        Script(
            "PINGs are no progress of messages", limits: calling, end: .writeStall, greet,
            see(1) {
                $0.openCalls = 1
                $0.streamBytes = 100
            }, see(15) { $0.bytesSent += 17 }, wait(21, .end(.writeStall))),
        Script(
            "one stream moves, another waits", limits: calling, greet,
            see(1) {
                $0.openCalls = 2
                $0.streamBytes = 100
            }, see(15) { $0.dataBytesSent += 1 }, wait(21), see(34) { $0.streamBytes = 0 },
            see(34.5) { $0.bytesReceived += 1 }, wait(60)),
        Script(
            "a socket that takes nothing", limits: calling, end: .writeStall, greet,
            see(1) {
                $0.openCalls = 1
                $0.bytesSent = 1_000
            },
            see(6) {
                $0.socketBytes = 900
                $0.bytesReceived += 1
            }, wait(25.9), wait(26, .end(.writeStall))),
        Script(
            "a socket that takes a byte", limits: calling, greet,
            see(1) {
                $0.openCalls = 1
                $0.bytesSent = 1_000
            },
            see(6) { $0.socketBytes = 900 },
            see(25) {
                $0.socketBytes = 899
                $0.bytesReceived += 1
            }, wait(26)),
    ]

    static let outputs: [Script] = [
        Script(
            "over the hard cap", limits: calling, end: .outputCap, greet,
            see(1) { $0.streamBytes = 5_000 },
            see(2, .end(.outputCap)) {
                $0.streamBytes = 9_000
                $0.socketBytes = 1_001
            }, wait(3)),
        Script(
            "at the hard cap", limits: calling, greet,
            see(2) {
                $0.streamBytes = 9_000
                $0.socketBytes = 1_000
            }),
    ]

    @Test(
        "reading and calls stop above the cap",
        arguments: [
            (1_000, 0, false, true, false), (1_000, 0, true, true, false),
            (1_001, 0, false, true, true), (1_001, 0, true, false, true),
            (501, 500, true, false, true), (501, 500, false, true, true),
        ] as [(Int, Int, Bool, Bool, Bool)])
    func caps(stream: Int, socket: Int, isSocketFull: Bool, mayRead: Bool, isFull: Bool) {
        var lifetime = ConnectionLifetime(
            SharedLifetimeLimits(.forTables), now: .second(0), jitter: 0)
        var sight = ConnectionSight()
        sight.streamBytes = stream
        sight.bytesSent = 10_000
        sight.socketBytes = socket
        sight.isSocketFull = isSocketFull
        #expect(lifetime.observe(sight, now: .second(1)) == .nothing)
        #expect(lifetime.mayRead == mayRead)
        #expect(lifetime.isFull == isFull)
    }

    @Test func theFirstReasonStays() {
        var lifetime = ConnectionLifetime(
            SharedLifetimeLimits(.forTables), now: .second(0), jitter: 0)
        #expect(
            lifetime.drain(.shutdown, cutAt: .second(3), now: .second(1)) == .drain(.shutdown))
        #expect(lifetime.drain(.maxAge, cutAt: .second(2), now: .second(1)) == .nothing)
        #expect(lifetime.nextDeadline == .second(2))
        #expect(lifetime.end(.protocolError, now: .second(2)) == .end(.protocolError))
        #expect(lifetime.end(.socketError, now: .second(2)) == .nothing)
        #expect(lifetime.end == .protocolError)
        #expect(!lifetime.isOpen)
    }

    @Test("names are the same in all releases", arguments: ConnectionEnd.allCases)
    func names(_ end: ConnectionEnd) {
        #expect(end.rawValue.allSatisfy { $0 == "_" || $0.isLowercase || $0.isNumber })
        #expect(!end.debugText.isEmpty)
    }

    @Test func whatClientsOfGRPCKnow() {
        #expect(ConnectionEnd.tooManyPings.debugText == "too_many_pings")
        #expect(ConnectionEnd.tooManyPings.errorCode == .enhanceYourCalm)
        #expect(ConnectionEnd.idle.debugText == "max_idle")
        #expect(ConnectionEnd.maxAge.debugText == "max_age")
    }
}

extension LifetimeLimits {
    /// Seconds that are easy to add up.
    static let forTables = forTables { _ in }

    static func forTables(_ change: (inout Self) -> Void) -> Self {
        var limits = Self()
        limits.greeting = .seconds(5)
        limits.headerBlock = .seconds(10)
        limits.writeStall = .seconds(20)
        limits.idle = .seconds(30)
        limits.age = .seconds(10_000)
        limits.drainGrace = .seconds(10)
        limits.drainAnswer = .seconds(5)
        limits.linger = .seconds(1)
        limits.keepaliveInterval = .seconds(40)
        limits.keepaliveTimeout = .seconds(10)
        limits.pingInterval = .seconds(5)
        limits.outputCapBytes = 1_000
        limits.outputHardCapBytes = 10_000
        change(&limits)
        return limits
    }
}

extension RPCInstant {
    static func second(_ second: Double) -> Self {
        Self(nanoseconds: Int64((second * 1_000_000_000).rounded()))
    }
}
