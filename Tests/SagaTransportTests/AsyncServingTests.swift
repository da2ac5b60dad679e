import NIOCore
import NIOPosix
import SagaHTTP2
import SagaRPC
import Synchronization
import Testing

@testable import SagaTransport

/// Async functions behind a real listener, beside a service on the event loop.
@Suite(.timeLimit(.minutes(1))) struct AsyncServingTests {
    @Test func fourKindsOfCall() async throws {
        try await withAsyncServer { client, _ in
            let unary = try await client.call("/async/Unary", [[1, 2]])
            #expect(unary == TestOutcome(messages: [[2, 1]], end: .ok))
            let sum = try await client.call("/async/Sum", [[1], [2], [3]])
            #expect(sum == TestOutcome(messages: [[6]], end: .ok))
            let count = try await client.call("/async/Count", [[3]])
            #expect(count == TestOutcome(messages: [[0], [1], [2]], end: .ok))
            let echo = try await client.call("/async/Echo", [[7], [], [8]])
            #expect(echo == TestOutcome(messages: [[7], [], [8]], end: .ok))
        }
    }

    @Test func bothKindsOfServiceOnOnePort() async throws {
        try await withAsyncServer { client, _ in
            let path = EchoHandler.methods[0]
            async let onLoop = client.call(path, [[5]])
            async let asAsync = client.call("/async/Unary", [[6, 7]])
            #expect(try await onLoop.messages == [[5]])
            #expect(try await asAsync.messages == [[7, 6]])
            let none = try await client.call("/async/None", [])
            #expect(none.end.status.code == .unimplemented)
        }
    }

    @Test func afterAWaitElsewhereTheAnswerStillComes() async throws {
        try await withAsyncServer { client, _ in
            let outcome = try await client.call("/async/Elsewhere", [[1], [2], [3]])
            #expect(outcome.messages == [[1], [2], [3]])
            #expect(outcome.end.status == .ok)
        }
    }

    @Test func metadataGoesBothWays() async throws {
        try await withAsyncServer { client, _ in
            let outcome = try await client.call("/async/Metadata", [[]])
            var trailers = Metadata()
            try trailers.add("x-end-bin", bytes: [1, 2])
            #expect(outcome.end.metadata == trailers)
            #expect(outcome.messages.count == 1)
        }
    }

    @Test(arguments: [
        ("status", RPCStatus(.dataLoss, "gone ☺", details: [1, 2, 3])),
        ("cancellation", RPCStatus(.cancelled, "the task of the service was cancelled")),
        ("other", RPCStatus(.unknown, "the service failed")),
        ("ok", RPCStatus(.unknown, "the service failed")),
    ])
    func thrownErrors(_ kind: String, _ expected: RPCStatus) async throws {
        try await withAsyncServer { client, seen in
            let outcome = try await client.call("/async/Throw", [Array(kind.utf8)])
            #expect(outcome.end.status == expected)
            let isUnexpected = expected.code == .unknown
            #expect(seen.unexpected == (isUnexpected ? ["/async/Throw"] : []))
        }
    }

    @Test(arguments: ["/async/Unary", "/async/Count"])
    func wrongNumberOfMessages(_ path: String) async throws {
        try await withAsyncServer { client, _ in
            let none = try await client.call(path, [])
            #expect(
                none.end.status
                    == RPCStatus(
                        .unimplemented, "no message in the request of a method that takes one"))
            let two = try await client.call(path, [[1], [2]])
            #expect(
                two.end.status
                    == RPCStatus(
                        .unimplemented,
                        "more than one message in the request of a method that takes one"))
        }
    }

    @Test func deadlineCancelsTheTask() async throws {
        try await withAsyncServer { client, seen in
            let outcome = try await client.call(
                "/async/Sleep", [[1]], timeout: RPCTimeout(nanoseconds: 30_000_000))
            #expect(outcome.end.status.code == .deadlineExceeded)
            #expect(await seen.end() == "CancellationError()")
        }
    }

    @Test func deadlineEndsWhoeverReads() async throws {
        try await withAsyncServer { client, seen in
            // Its one message came, the end did not.
            let outcome = try await client.call(
                "/async/Read", [[1]], timeout: RPCTimeout(nanoseconds: 30_000_000),
                halfCloses: false)
            #expect(outcome.end.status.code == .deadlineExceeded)
            #expect(await seen.end() == "DEADLINE_EXCEEDED")
        }
    }

    @Test func lostConnectionEndsWhoeverReads() async throws {
        try await withAsyncServer { client, seen in
            async let outcome = client.call("/async/Read", [[1]], halfCloses: false)
            await seen.beginning()
            try await client.close()
            _ = try await outcome
            #expect(await seen.end() == "CANCELLED")
        }
    }

    @Test func cancelledReaderGivesUpAndTheNextOneGoesOn() async throws {
        try await withAsyncServer { client, seen in
            async let outcome = client.call("/async/GiveUp", [[9]], halfCloses: false)
            #expect(await seen.end() == "the first: CANCELLED")
            try await client.close()
            #expect(await seen.end() == "the next in its place: CANCELLED")
            #expect(try await outcome.end.status.code == .unavailable)
        }
    }

    @Test func writerWaitsAtTheCap() async throws {
        try await withAsyncServer { client, seen in
            let outcome = try await client.call("/async/Flood", [[]])
            #expect(outcome.messages.count == 512)
            #expect(outcome.end.status == .ok)
            #expect(seen.mostOutgoing > 128 << 10, "the cap was never reached")
            #expect(seen.mostOutgoing <= (128 << 10) + (64 << 10) + 5 * 3)
        }
    }

    @Test func writerWaitsAtTheCapOfItsCall() async throws {
        try await withAsyncServer { client, seen in
            let outcome = try await client.call("/async/Brook", [[]])
            #expect(outcome.messages.count == 16 << 10)
            #expect(outcome.end.status == .ok)
            #expect(seen.mostOutgoing > 16 << 10, "the cap was never reached")
            #expect(seen.mostOutgoing <= (16 << 10) + (1 << 10) + 5)
        }
    }

    @Test func readerTakesMoreThanTheQueueAndTheWindowHold() async throws {
        try await withAsyncServer { client, seen in
            let messages = [[UInt8]](repeating: [UInt8](repeating: 1, count: 64 << 10), count: 256)
            let outcome = try await client.call("/async/Slow", messages)
            #expect(outcome.messages == [[0, 0, 1, 0]], "16 MiB, big-endian in units of 64 KiB")
            #expect(seen.mostQueued > 64 << 10, "the queue was never full")
            #expect(seen.mostQueued <= (64 << 10) + (1 << 20) + (128 << 10))
        }
    }

    @Test func closingWaitsForTheTasks() async throws {
        let seen = Seen()
        try await withAsyncServer(seen) { client, _ in
            let call = Task { try await client.call("/async/Stubborn", [[]]) }
            await seen.beginning()
            try await client.close()
            _ = await call.result
            #expect(!seen.isDone)
        }
        #expect(seen.isDone)
    }
}

extension CallOutcome {
    static let ok = CallOutcome(.ok, metadata: Metadata(), reach: .answered)
}

/// What the functions of these tests saw.
final class Seen: Sendable {
    private let begins = AsyncStream.makeStream(of: Void.self)
    private let ends = AsyncStream.makeStream(of: String.self)
    private let state = Mutex((unexpected: [String](), outgoing: 0, queued: 0, isDone: false))

    var unexpected: [String] { state.withLock { $0.unexpected } }
    var mostOutgoing: Int { state.withLock { $0.outgoing } }
    var mostQueued: Int { state.withLock { $0.queued } }
    var isDone: Bool {
        get { state.withLock { $0.isDone } }
        set { state.withLock { $0.isDone = newValue } }
    }

    func unexpected(_ path: String) { state.withLock { $0.unexpected.append(path) } }
    func outgoing(_ bytes: Int) { state.withLock { $0.outgoing = max($0.outgoing, bytes) } }
    func queued(_ bytes: Int) { state.withLock { $0.queued = max($0.queued, bytes) } }
    func began() { begins.continuation.yield() }
    func ended(_ how: String) { ends.continuation.yield(how) }

    func beginning() async {
        for await _ in begins.stream { return }
    }

    func end() async -> String? {
        for await end in ends.stream { return end }
        return nil
    }
}

private func methods(_ seen: Seen) -> [AsyncMethod] {
    [
        .unary("/async/Unary") { message, _ in message.reversed() },
        .clientStreaming("/async/Sum") { messages, _ in
            var sum: UInt8 = 0
            for try await message in messages { sum += message[0] }
            return [sum]
        },
        .serverStreaming("/async/Count") { message, responses, _ in
            for number in 0..<message[0] { try await responses.send([number]) }
        },
        .bidirectional("/async/Echo") { messages, responses, _ in
            for try await message in messages { try await responses.send(message) }
        },
        .bidirectional("/async/Elsewhere") { messages, responses, _ in
            await withTaskExecutorPreference(globalConcurrentExecutor) {
                do {
                    for try await message in messages { try await responses.send(message) }
                } catch { seen.ended("\(error)") }
            }
        },
        .unary("/async/Metadata") { message, call in
            var head = Metadata()
            try head.add("x-head", "1")
            await call.sendHead(head)
            var trailers = Metadata()
            try trailers.add("x-end-bin", bytes: [1, 2])
            await call.setTrailers(trailers)
            return message
        },
        .unary("/async/Throw") { message, _ in
            struct Other: Error {}
            switch String(decoding: message, as: UTF8.self) {
            case "status": throw RPCStatus(.dataLoss, "gone ☺", details: [1, 2, 3])
            case "cancellation": throw CancellationError()
            case "ok": throw RPCStatus.ok
            default: throw Other()
            }
        },
        .unary("/async/Sleep") { message, call in
            guard call.timeLeft != nil else { return [] }
            do { try await Task.sleep(for: .seconds(50)) } catch {
                seen.ended("\(error)")
                throw error
            }
            return message
        },
        .clientStreaming("/async/Read") { messages, _ in
            seen.began()
            do throws(RPCStatus) {
                var iterator = messages.makeAsyncIterator()
                while try await iterator.next() != nil {}
            } catch {
                seen.ended(error.code.name)
                throw error
            }
            return []
        },
        .bidirectional("/async/GiveUp") { messages, _, call in
            var iterator = messages.makeAsyncIterator()
            let first = try await iterator.next()
            #expect(first == [9])
            let reader = Task {
                var iterator = messages.makeAsyncIterator()
                do throws(RPCStatus) { _ = try await iterator.next() } catch {
                    return error.code.name
                }
                return "a message"
            }
            // While it waits: one that is cancelled before does not begin to.
            while await !call.onLoop({ $0.isAwaited }) { await Task.detached {}.value }
            reader.cancel()
            seen.ended("the first: \(await reader.value)")
            do throws(RPCStatus) { _ = try await iterator.next() } catch {
                seen.ended("the next in its place: \(error.code.name)")
                throw error
            }
        },
        .serverStreaming("/async/Flood") { _, responses, call in
            let message = [UInt8](repeating: 3, count: 64 << 10)
            for _ in 0..<512 {
                try await responses.send(message)
                seen.outgoing(await call.onLoop { $0.writer.outgoingBytes($0.id) })
            }
        },
        .serverStreaming("/async/Brook") { _, responses, call in
            await call.setOutgoingCap(bytes: 16 << 10)
            let message = [UInt8](repeating: 3, count: 1 << 10)
            for _ in 0..<16 << 10 {
                try await responses.send(message)
                seen.outgoing(await call.onLoop { $0.writer.outgoingBytes($0.id) })
            }
        },
        .clientStreaming("/async/Slow") { messages, call in
            // Takes nothing until the queue is full, and gives the socket turns to overfill it.
            // A task that only yields would keep the loop for itself, so each turn is elsewhere.
            while await call.onLoop({ $0.queuedBytes }) <= 64 << 10 {
                await Task.detached {}.value
            }
            for _ in 0..<1000 { await Task.detached {}.value }
            seen.queued(await call.onLoop { $0.queuedBytes })
            var bytes = 0
            for try await message in messages { bytes += message.count }
            return (0..<4).map { UInt8(truncatingIfNeeded: (bytes >> 16) >> (24 - 8 * $0)) }
        },
        .unary("/async/Stubborn") { message, _ in
            seen.began()
            // Not cancelled by the end of its call: it has children that do not look.
            await Task.detached { try? await Task.sleep(for: .milliseconds(200)) }.value
            seen.isDone = true
            return message
        },
    ]
}

/// A server with the functions above behind the methods of ``EchoHandler``, and a client.
private func withAsyncServer(
    _ seen: Seen = Seen(), _ body: @escaping @Sendable (TestClient, Seen) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var services = ServiceSet()
    let log = EventLog()
    services.add(EchoHandler.methods.map { ($0, .bidirectional) }) { EchoHandler($0, log) }
    services.add(methods(seen), queuedBytes: 64 << 10) { path, _ in seen.unexpected(path) }
    var settings = RPCSettings(programName: "test", programVersion: "1")
    settings.http2.outgoingCapBytes = 128 << 10
    let all = services
    let server = try await Server.start(
        [ListenAddress(host: "127.0.0.1", port: 0)], on: group, settings, methods: all.methods
    ) { all.makeHandler($0) }
    let client = try await TestClient.connect(server.boundAddresses[0], group)
    try await body(client, seen)
    try await client.close()
    await server.close()
    let counters = await server.loops[0].counters()
    #expect(counters.callsOpen == 0)
    try await group.shutdownGracefully()
}
