import SagaHTTP2
import SagaRPC
import Synchronization
import Testing

@testable import SagaTransport

/// The four kinds of call from tasks, with backpressure both ways.
@Suite(.timeLimit(.minutes(1)))
struct ClientStreamingTests {
    private func with(
        _ body: (ClientChannel, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(server.port)"), clientSettings)
        try await body(channel, server)
        await channel.shutdown(within: .zero)
        try await server.stop()
    }

    private final class Count: Sendable {
        let value = Mutex(0)
    }

    @Test func manyRequestsAndOneAnswer() async throws {
        try await with { channel, server in
            let response = try await channel.clientStreaming(ScriptedServer.stuffed) { requests in
                for number in 0..<5 { try await requests.write([UInt8(number)]) }
                try await server.onLoop { $0.connections.first?.unstuff() }
            }
            #expect(response.message == [5])
            #expect(response.trailers == Metadata())
            let none = try await rpcFailure {
                try await channel.clientStreaming(ScriptedServer.echo) { _ in }
            }
            #expect(none.code == .unimplemented)
            #expect(none.message == "no message in the response of a method that gives one")
            let two = try await rpcFailure {
                try await channel.clientStreaming(ScriptedServer.echo) { requests in
                    try await requests.write([1])
                    try await requests.write([1])
                }
            }
            #expect(
                two.message == "more than one message in the response of a method that gives one")
        }
    }

    @Test func anEchoOneByOne() async throws {
        try await with { channel, _ in
            try await channel.bidirectional(ScriptedServer.echo) { requests, responses in
                var answers = responses.makeAsyncIterator()
                for number in 0..<100 {
                    try await requests.write([UInt8(number)])
                    #expect(try await answers.next() == [UInt8(number)])
                }
                #expect(try await responses.head == Metadata())
                requests.finish()
                #expect(try await answers.next() == nil)
                let end = await responses.end
                #expect(end.status == .ok)
                let isSent = try await requests.write([1])
                #expect(!isSent)
            }
        }
    }

    @Test func aReaderThatDoesNotReadStopsTheServer() async throws {
        try await with { channel, server in
            let count = try await channel.serverStreaming(ScriptedServer.flood, [1]) { responses in
                var answers = responses.makeAsyncIterator()
                #expect(
                    try await answers.next()
                        == [UInt8](repeating: 9, count: ScriptedServer.floodBytes))
                // The connection is there for other calls meanwhile.
                for _ in 0..<200 {
                    _ = try await channel.unary(ScriptedServer.echo, [1], deadline: nil)
                }
                // A window, the server's cap, what may be read ahead, and a read for each.
                let most = (2 * (1 << 20) + (64 << 10) + 3 * (64 << 10)) / ScriptedServer.floodBytes
                #expect(try await server.onLoop { $0.flooded } <= most)
                var count = 1
                while let message = try await answers.next() {
                    count += message.count == ScriptedServer.floodBytes ? 1 : 0
                }
                return count
            }
            #expect(count == ScriptedServer.floodCount)
        }
    }

    @Test func aWriterWaitsForAServerThatDoesNotRead() async throws {
        try await with { channel, server in
            let written = Count()
            let response = try await channel.clientStreaming(ScriptedServer.stuffed) { requests in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let message = [UInt8](repeating: 1, count: 256 << 10)
                        for _ in 0..<100 {
                            try await requests.write(message)
                            written.value.withLock { $0 += 1 }
                        }
                    }
                    try await server.wait {
                        $0 == .opened(path: ScriptedServer.stuffed, timeout: false, Metadata())
                    }
                    for _ in 0..<200 {
                        _ = try await channel.unary(ScriptedServer.echo, [1], deadline: nil)
                    }
                    // A window at the server, the cap twice (on the loop, and on its way there).
                    #expect(written.value.withLock { $0 } <= 4 * 3 + 2)
                    try await server.onLoop { $0.connections.first?.unstuff() }
                    try await group.waitForAll()
                }
            }
            #expect(response.message == [100])
        }
    }

    @Test func cancellationOfTheTaskCancelsTheCall() async throws {
        try await with { channel, server in
            let task = Task {
                try await channel.bidirectional(ScriptedServer.hang) { _, responses in
                    for try await _ in responses {}
                }
            }
            try await server.wait { if case .opened = $0 { true } else { false } }
            task.cancel()
            let failure = try await rpcFailure { try await task.value }
            #expect(failure.code == .cancelled)
            try await server.wait { $0 == .ended(.cancelled) }
        }
    }

    @Test func aCallThatItsClosureLeavesIsCancelled() async throws {
        try await with { channel, server in
            let first = try await channel.serverStreaming(ScriptedServer.flood, [1]) { responses in
                for try await message in responses { return message.count }
                return 0
            }
            #expect(first == ScriptedServer.floodBytes)
            try await server.wait { $0 == .ended(.cancelled) }
            struct Enough: Error {}
            await #expect(throws: Enough.self) {
                try await channel.bidirectional(ScriptedServer.echo) { requests, responses in
                    try await requests.write([1])
                    for try await _ in responses { throw Enough() }
                }
            }
            try await server.wait { $0 == .ended(.cancelled) }
        }
    }

    @Test func theDeadlineEndsReaderAndWriter() async throws {
        try await with { channel, _ in
            let options = CallOptions(timeout: .milliseconds(50))
            let reader = try await rpcFailure {
                try await channel.bidirectional(ScriptedServer.hang, options) { _, responses in
                    for try await _ in responses {}
                }
            }
            #expect(reader.code == .deadlineExceeded)
            let writer = try await rpcFailure {
                try await channel.bidirectional(ScriptedServer.stuffed, options) { requests, _ in
                    while true { try await requests.write([UInt8](repeating: 0, count: 99_999)) }
                }
            }
            #expect(writer.code == .deadlineExceeded)
        }
    }

    @Test func aFailureComesToEveryWaitingPlace() async throws {
        try await with { channel, server in
            try await server.onLoop { $0.unavailableLeft = 99 }
            let options = CallOptions(retry: .never)
            try await channel.bidirectional(ScriptedServer.unavailable, options) {
                requests, responses in
                #expect(await responses.end.status.message == "not now")
                let head = try await rpcFailure { try await responses.head }
                #expect(head.message == "not now")
                let write = try await rpcFailure { try await requests.write([1]) }
                #expect(write.message == "not now")
                let read = try await rpcFailure {
                    for try await _ in responses {}
                }
                #expect(read.message == "not now")
            }
        }
    }
}

/// What tasks and loop hand to each other, as a plain value.
struct ClientStreamStateTests {
    private let end = ClientCallEnd(.ok, reach: .answered)

    private func state() -> StreamState<Int> {
        StreamState(readAheadBytes: 10, outgoingCapBytes: 100)
    }

    @Test func theServerIsStoppedAboveTheReadAheadAndLetGoAtHalfOfIt() {
        var state = state()
        #expect(!state.received([[UInt8](repeating: 0, count: 10)]).pauses)
        #expect(state.received([[1]]).pauses)
        #expect(!state.received([[1, 1, 1, 1, 1, 1]]).pauses)
        var given: [Bool] = []
        while case .message(_, let givesBack) = state.read() { given.append(givesBack) }
        #expect(given == [false, false, true])
        #expect(state.received([[UInt8](repeating: 0, count: 11)]).pauses)
    }

    @Test func writersWaitForTheLoopAndForTheCap() {
        var state = state()
        #expect(state.write(100) == .go)
        #expect(state.write(50) == .go)
        #expect(state.write(1) == .full)
        #expect(state.waitToWrite(7) == nil)
        state.sent(100, outgoingBytes: 101)
        #expect(state.takeWritersWithRoom() == [])
        #expect(state.write(1) == .full)
        #expect(state.writable() == [7])
        #expect(state.write(1) == .go)
        #expect(state.waitToWrite(8) == 8)
    }

    @Test func whoWaitsIsWokenByWhatItWaitsFor() {
        var state = state()
        #expect(state.waitToRead(1) == nil)
        #expect(state.received([[1]]).waiters == [1])
        #expect(state.waitToRead(2) == 2)
        #expect(state.waitForHead(3) == nil)
        #expect(state.opened(Metadata()) == [3])
        #expect(state.waitForHead(4) == 4)
        #expect(state.waitForEnd(5) == nil)
        #expect(state.closed(end) == [5])
        #expect(state.waitForEnd(6) == 6)
        #expect(state.write(1) == .ended(end))
        guard case .message([1], false) = state.read(), case .ended(end) = state.read() else {
            Issue.record("what came before the end is read before it")
            return
        }
    }
}
