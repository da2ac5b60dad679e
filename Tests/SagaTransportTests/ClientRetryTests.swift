import SagaRPC
import Testing

@testable import SagaTransport

/// Calls that are made again, and calls that are not.
@Suite(.timeLimit(.minutes(1)))
struct ClientRetryTests {
    /// Runs a body with a server that refuses so many calls, and a channel to it.
    private func with(
        refusals: Int, _ settings: ClientSettings = clientSettings,
        _ body: (ClientChannel, ScriptedServer, ClientObservation) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start()
        try await server.onLoop { $0.unavailableLeft = refusals }
        let observation = ClientObservation()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"), settings, observer: observation,
            random: { .max })
        try await body(channel, server, observation)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    private let path = ScriptedServer.unavailable

    @Test func aCallRefusedBeforeAnyAnswerIsMadeAgain() async throws {
        try await with(refusals: 2) { channel, _, observation in
            let answer = try await channel.unary(path, [6], CallOptions())
            #expect(answer.message == [6])
            #expect(try await observation.end() == .callEnded(path, .ok, attempts: 3))
        }
    }

    @Test func triesAreBoundedAndTheLastWordIsTold() async throws {
        var settings = clientSettings
        settings.maxAttempts = 3
        try await with(refusals: 99, settings) { channel, server, observation in
            let failure = try await rpcFailure {
                try await channel.unary(path, [6], CallOptions())
            }
            #expect(failure.code == .unavailable)
            #expect(failure.message == "not now")
            #expect(try await observation.end() == .callEnded(path, .unavailable, attempts: 3))
            #expect(try await server.onLoop { $0.unavailableLeft } == 96)
        }
    }

    @Test(arguments: [RetryRule.never, .unseen]) func theRuleOfACallHolds(
        rule: RetryRule
    ) async throws {
        try await with(refusals: 1) { channel, _, observation in
            let failure = try await rpcFailure {
                try await channel.unary(path, [6], CallOptions(retry: rule))
            }
            #expect(failure.message == "not now")
            #expect(try await observation.end() == .callEnded(path, .unavailable, attempts: 1))
            let refuse = ScriptedServer.refuse
            let options = CallOptions(retry: rule)
            if rule == .never {
                let failure = try await self.failure(channel, refuse, options)
                #expect(failure.reach == .neverSeen)
            } else {
                #expect(try await channel.unary(refuse, [7], options).message == [7])
            }
        }
    }

    private func failure(
        _ channel: ClientChannel, _ path: String, _ options: CallOptions
    ) async throws -> RPCFailure {
        try await rpcFailure {
            try await channel.unary(path, [7], options)
        }
    }

    @Test func nothingIsMadeAgainThatCouldNotEndInTime() async throws {
        var settings = clientSettings
        settings.firstBackoff = .seconds(30)
        settings.mostBackoff = .seconds(30)
        try await with(refusals: 1, settings) { channel, _, _ in
            let failure = try await failure(channel, path, CallOptions(timeout: .seconds(20)))
            #expect(failure.message == "not now")
        }
    }

    /// gRPC's proposal A6: what a server says takes the place of the backoff.
    @Test(arguments: [
        ("0", 2), ("1", 2), ("-1", 1), ("", 1), ("soon", 1), ("1.5", 1), ("50000", 1),
        ("9999999999", 1),
    ])
    func aServerSaysWhenACallMayBeMadeAgain(_ pushback: String, attempts: Int) async throws {
        var settings = clientSettings
        settings.firstBackoff = .seconds(30)
        settings.mostBackoff = .seconds(30)
        try await with(refusals: 1, settings) { channel, server, observation in
            try await server.onLoop { $0.pushback = pushback }
            let result = await outcome {
                try await channel.unary(path, [6], CallOptions(timeout: .seconds(20))).message
            }
            switch result {
            case .success(let message): #expect(message == [6])
            case .failure(let failure): #expect(failure.message == "not now")
            }
            let code: RPCCode = attempts == 1 ? .unavailable : .ok
            #expect(try await observation.end() == .callEnded(path, code, attempts: attempts))
        }
    }

    @Test func manyRefusalsUseTheBudgetUp() async throws {
        var settings = clientSettings
        settings.retryTokens = 4
        try await with(refusals: 99, settings) { channel, _, observation in
            _ = try await failure(channel, path, CallOptions())
            #expect(try await observation.end() == .callEnded(path, .unavailable, attempts: 2))
            _ = try await failure(channel, path, CallOptions())
            #expect(try await observation.end() == .callEnded(path, .unavailable, attempts: 1))
        }
    }

    @Test func aCallThatWaitsToBeMadeAgainCanBeCancelled() async throws {
        var settings = clientSettings
        settings.firstBackoff = .seconds(3000)
        settings.mostBackoff = .seconds(3000)
        try await with(refusals: 1, settings) { channel, _, _ in
            let path = path
            let task = Task { try await channel.unary(path, [1], CallOptions()) }
            while await heldBack(channel) == 0 {}
            task.cancel()
            let failure = try await rpcFailure { try await task.value }
            #expect(failure.code == .cancelled)
        }
    }

    /// How many calls wait to be made again.
    private func heldBack(_ channel: ClientChannel) async -> Int {
        await withCheckedContinuation { continuation in
            channel.execute { continuation.resume(returning: $0.heldBack.count) }
        }
    }

    @Test func aStreamIsMadeAgainWithItsFirstMessages() async throws {
        try await with(refusals: 0) { channel, server, observation in
            let answers = try await channel.bidirectional(ScriptedServer.refuse) {
                requests, responses in
                try await requests.write([1])
                try await requests.write([2, 2])
                requests.finish()
                return try await responses.reduce(into: [[UInt8]]()) { $0.append($1) }
            }
            #expect(answers == [[1], [2, 2]])
            #expect(try await server.onLoop { $0.refusals } == 2)
            let end = try await observation.end()
            #expect(end == .callEnded(ScriptedServer.refuse, .ok, attempts: 2))
        }
    }

    @Test func aStreamWithMoreThanIsKeptIsNotMadeAgain() async throws {
        var settings = clientSettings
        settings.replayBytes = 10
        try await with(refusals: 0, settings) { channel, server, _ in
            let failure = try await rpcFailure {
                try await channel.bidirectional(ScriptedServer.refuse) { requests, responses in
                    try await requests.write([UInt8](repeating: 1, count: 20))
                    return try await responses.reduce(into: 0) { sum, _ in sum += 1 }
                }
            }
            #expect(failure.code == .unavailable)
            #expect(failure.reach == .neverSeen)
            #expect(try await server.onLoop { $0.refusals } == 1)
        }
    }
}
