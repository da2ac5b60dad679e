import Logging
import NIOCore
import NIOPosix
import SagaHTTP2
import SagaRPC
import Synchronization
import Testing

@testable import SagaTransport

/// What a server says of connections that went wrong: a counter for each kind, and lines that
/// nobody can flood a log with.
@Suite(.timeLimit(.minutes(1))) struct ConnectionLogTests {
    @Test func everyKindHasACounter() {
        var counters = ServerCounters()
        for end in ConnectionEnd.allCases { counters.connectionsEnded[end] = 1 }
        for refusal in ConnectionRefusal.allCases { counters.connectionsRefused[refusal] = 1 }
        for abuse in HTTP2Abuse.allCases { counters.http2.abuses[abuse] = 1 }
        for kind in HandshakeFailure.Kind.allCases { counters.tls.failures[kind] = 1 }
        counters.acceptsFailed = 1
        var sum = counters
        sum.add(counters)
        let named = Dictionary(
            sum.named.map { ($0.name, $0.count) }, uniquingKeysWith: { first, _ in first })
        #expect(named.count == sum.named.count, "two counters have one name")
        let wanted =
            ConnectionEnd.allCases.map { "connections_ended.\($0.rawValue)" }
            + ConnectionRefusal.allCases.map { "connections_refused.\($0.rawValue)" }
            + HTTP2Abuse.allCases.map { "abuse.\($0.rawValue)" }
            + HandshakeFailure.Kind.allCases.map { "tls_handshakes_failed.\($0.rawValue)" }
            + ["accepts_failed"]
        for name in wanted { #expect(named[name] == 2, "\(name)") }
        #expect(named["tls_handshakes.failed"] == UInt64(HandshakeFailure.Kind.allCases.count * 2))
    }

    /// The lines that some events make, on an event loop of their own.
    private func lines(
        level: Logger.Level = .trace, _ tell: @escaping @Sendable (ConnectionWatch) -> Void
    ) async throws -> [String] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let log = LineKeeper.Lines()
        var logger = Logger(label: "test") { _ in LineKeeper(lines: log) }
        logger.logLevel = level
        var limits = ServerLimits()
        limits.logLinesPerSecond = 2
        let eventLoop = group.next()
        try await eventLoop.submit { [logger, limits] in
            tell(ConnectionWatch(limits, logger, nil, eventLoop, loopIndex: 0))
        }.get()
        try await group.shutdownGracefully()
        // What was left out may be told before the loop has ended.
        return log.lines.withLock(\.self).filter { !$0.contains("than are told one by one") }
    }

    /// A busy connection notes its next moment with each turn, also one that is nearer than
    /// connections are looked at.
    @Test func lookingIsNotPutOffByAskingForItAgain() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        var limits = ServerLimits()
        limits.lifetime.sweepInterval = .milliseconds(20)
        let looks = Mutex(0)
        let due = RPCInstant.now
        let watch = try await eventLoop.submit { [limits] in
            let watch = ConnectionWatch(limits, nil, nil, eventLoop, loopIndex: 0)
            watch.sweep = { _ in looks.withLock { $0 += 1 } }
            return NIOLoopBound(watch, eventLoop: eventLoop)
        }.get()
        for _ in 0..<1_000 where looks.withLock(\.self) == 0 {
            try await eventLoop.submit { watch.value.note(due) }.get()
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(looks.withLock(\.self) > 0)
        try await group.shutdownGracefully()
    }

    @Test func eachKindOfAttackHasLinesOfItsOwn() async throws {
        let lines = try await lines { watch in
            for number in 1...5 {
                for abuse in [HTTP2Abuse.rapidReset, .pingFlood] {
                    watch.ended(
                        ConnectionID(loopIndex: 0, number: UInt64(number)), "10.0.0.1:1", .abuse,
                        HTTP2Termination(.enhanceYourCalm, "\(abuse.rawValue): x", abuse: abuse))
                }
                watch.refused(.limit, "10.0.0.1:1")
                watch.acceptFailed(IOError(errnoCode: 24, reason: "accept"))
                for failure in [
                    HandshakeFailure.notTLS, .untrusted(names: "a\(number)", issuer: ""),
                ] { watch.handshakeFailed(failure, "10.0.0.1:1") }
            }
        }
        for text in [
            "told=rapid_reset: x", "told=ping_flood: x", "connection refused",
            "no connection can be accepted", "reason=not_tls", "reason=peers_certificate",
        ] {
            #expect(lines.count { $0.contains(text) } == 2, "\(text) in \(lines)")
        }
    }

    /// What nobody needs to see to is told to those who look for it.
    @Test func whatIsNobodysFaultIsToldOnDemand() async throws {
        for (level, count) in [(Logger.Level.notice, 0), (.info, 1), (.debug, 2)] {
            let lines = try await lines(level: level) { watch in
                watch.ended(ConnectionID(loopIndex: 0, number: 1), "10.0.0.1:1", .idle, nil)
                watch.handshakeFailed(.closed, "10.0.0.1:1")
            }
            #expect(lines.count == count, "\(level): \(lines)")
        }
    }

    @Test func aHandshakeThatFailsIsToldWithThePeerAndTheReason() async throws {
        let log = LineKeeper.Lines()
        try await TLSWorld.run(
            clients: .required, logger: Logger(label: "test") { _ in LineKeeper(lines: log) }
        ) { world in
            _ = try await world.call(world.client(as: "client-strange"))
            _ = try await world.call(nil)
            let lines = log.lines.withLock(\.self)
            #expect(lines.count == 2, "\(lines)")
            #expect(
                lines.first?.hasPrefix("notice TLS handshake failed peer=127.0.0.1:") == true
                    && lines.first?.contains(
                        " reason=peers_certificate told=client's certificate is not trusted: ")
                        == true,
                "\(lines)")
            #expect(
                lines.last?.hasSuffix(" reason=not_tls told=client does not speak TLS") == true,
                "\(lines)")
        }
        log.lines.withLock { $0 = [] }
        try await TLSWorld.run(
            nil, logger: Logger(label: "test") { _ in LineKeeper(lines: log) }
        ) { world in
            _ = try await world.call(world.client())
            let lines = log.lines.withLock(\.self)
            #expect(
                lines.first?.hasSuffix(
                    " reason=unexpected_tls told=client speaks TLS on a port without") == true,
                "\(lines)")
        }
    }

    /// Whoever makes a server write a line can make it write a million; here it is twenty.
    @Test func manyFailuresAreToldInOneLine() async throws {
        let log = LineKeeper.Lines()
        var limits = ServerLimits()
        limits.logLinesPerSecond = 3
        limits.lifetime.sweepInterval = .milliseconds(10)
        try await TLSWorld.run(
            limits: limits, logger: Logger(label: "test") { _ in LineKeeper(lines: log) }
        ) { world in
            for _ in 0..<20 {
                let channel = try await ClientBootstrap(group: world.group)
                    .connect(host: "127.0.0.1", port: world.port).get()
                try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
                try await channel.closeFuture.get()
            }
            #expect(await world.counters.failures == [.notTLS: 20])
            var told = (lines: 0, summed: 0)
            // A new second lets more through, so all are waited for, however they are told.
            while told.lines + told.summed < 20 {
                try await Task.sleep(for: .milliseconds(5))
                let lines = log.lines.withLock(\.self)
                told = (
                    lines.count { $0.contains("TLS handshake failed") },
                    lines.compactMap { line in
                        line.hasPrefix("notice more connections than are told one by one")
                            && line.hasSuffix(" reason=not_tls")
                            ? line.split(separator: " ").compactMap { word in
                                word.hasPrefix("count=") ? Int(word.dropFirst(6)) : nil
                            }.first : nil
                    }.reduce(0, +)
                )
            }
            #expect(told.lines + told.summed == 20 && told.summed > 0, "\(told)")
        }
    }
}
