internal import Histogram
internal import SagaRPC
internal import SagaSystem
internal import SagaTransport

/// One run: calls in flight over channels to the echo server.
struct TransportBenchmark {
    private let command: TransportCommand
    private let server: EchoProcess

    init(_ command: TransportCommand, _ server: EchoProcess) {
        self.command = command
        self.server = server
    }

    func run() async throws -> TransportReport {
        let loops = EventLoops.make(1)
        let channels = (0..<command.connections).map { _ in
            ClientChannel(server.target, TransportCommand.client, on: loops, wire: server.wire)
        }
        _ = await load(channels, until: Self.deadline(in: command.warmup))
        let before = (client: try ResourceUse.ofThisProcess(), server: try server.use())
        let began = MonotonicInstant.now()
        let load = await measured(channels)
        let seconds = Double(MonotonicInstant.now().microseconds(since: began)) / 1_000_000
        let after = (client: try ResourceUse.ofThisProcess(), server: try server.use())
        for channel in channels { await channel.shutdown(within: .seconds(5)) }
        return TransportReport(
            command, load, seconds: seconds,
            clientMicroseconds: after.client.processorMicroseconds
                - before.client.processorMicroseconds,
            serverMicroseconds: after.server.processorMicroseconds
                - before.server.processorMicroseconds,
            serverGrowthBytes: after.server.residentBytes - before.server.residentBytes)
    }

    /// Counts for a time, or until there were as many calls as are wanted.
    private func measured(_ channels: [ClientChannel]) async -> EchoLoad {
        guard let calls = command.calls else {
            return await load(channels, until: Self.deadline(in: command.duration))
        }
        var whole = EchoLoad()
        while whole.answered + whole.failed < calls {
            whole.add(await load(channels, until: Self.deadline(in: 0.1)))
        }
        return whole
    }

    private static func deadline(in seconds: Double) -> Int64 {
        MonotonicInstant.now().microseconds + Int64(seconds * 1_000_000)
    }

    private func load(_ channels: [ClientChannel], until deadline: Int64) async -> EchoLoad {
        let message = (0..<command.messageBytes).map { UInt8(truncatingIfNeeded: $0) }
        return await withTaskGroup(of: EchoLoad.self) { group in
            for channel in channels {
                if command.tasks {
                    for _ in 0..<command.inFlight {
                        group.addTask { await Self.byTask(channel, message, until: deadline) }
                    }
                } else {
                    group.addTask { [inFlight = command.inFlight] in
                        await Self.onLoop(channel, message, inFlight, until: deadline)
                    }
                }
            }
            var whole = EchoLoad()
            for await part in group { whole.add(part) }
            return whole
        }
    }

    private static func byTask(
        _ channel: ClientChannel, _ message: [UInt8], until deadline: Int64
    ) async -> EchoLoad {
        var load = EchoLoad()
        var began = MonotonicInstant.now()
        while began.microseconds < deadline {
            let answer = try? await channel.unary(
                EchoServer.Method.unary.path, message, deadline: .seconds(20))
            let now = MonotonicInstant.now()
            load.note(isRight: answer == message, microseconds: now.microseconds(since: began))
            began = now
        }
        return load
    }

    private static func onLoop(
        _ channel: ClientChannel, _ message: [UInt8], _ inFlight: Int, until deadline: Int64
    ) async -> EchoLoad {
        await withCheckedContinuation { continuation in
            channel.execute { dispatcher in
                let lane = EchoLane(dispatcher, message, inFlight, until: deadline) {
                    continuation.resume(returning: $0)
                }
                for _ in 0..<inFlight { lane.call(at: .now()) }
            }
        }
    }
}

/// What came of calls.
struct EchoLoad: Sendable {
    var latencies = Histogram<UInt64>(
        highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
    var answered = 0
    var failed = 0

    mutating func note(isRight: Bool, microseconds: Int64) {
        if isRight { answered += 1 } else { failed += 1 }
        latencies.record(UInt64(max(0, microseconds)))
    }

    mutating func add(_ other: EchoLoad) {
        latencies.add(other.latencies)
        answered += other.answered
        failed += other.failed
    }
}

/// The calls in flight of one channel, each answer followed by the next call; on its event loop.
private final class EchoLane {
    private let dispatcher: ClientDispatcher
    private let message: [UInt8]
    private let deadline: Int64
    private let done: (EchoLoad) -> Void
    private var underway: Int
    private var load = EchoLoad()

    init(
        _ dispatcher: ClientDispatcher, _ message: [UInt8], _ inFlight: Int,
        until deadline: Int64, _ done: @escaping (EchoLoad) -> Void
    ) {
        self.dispatcher = dispatcher
        self.message = message
        self.deadline = deadline
        self.done = done
        underway = inFlight
    }

    /// Makes a call; one that follows another begins when that one was answered.
    func call(at began: MonotonicInstant) {
        let limit = RPCInstant(nanoseconds: began.microseconds * 1_000)
            .advanced(by: RPCTimeout(nanoseconds: 20_000_000_000))
        dispatcher.unary(EchoServer.Method.unary.path, message, deadline: limit) { result in
            let now = MonotonicInstant.now()
            let isRight =
                if case .success(let response) = result {
                    response.message == self.message
                } else {
                    false
                }
            self.load.note(isRight: isRight, microseconds: now.microseconds(since: began))
            if now.microseconds < self.deadline {
                self.call(at: now)
            } else {
                self.underway -= 1
                if self.underway == 0 { self.done(self.load) }
            }
        }
    }
}
