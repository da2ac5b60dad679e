internal import SagaHTTP2
internal import SagaRPC
internal import SagaSystem
internal import SagaTransport

/// One run: streams to the echo server and back from it, one after the other, on one connection.
struct StreamBenchmark {
    /// Why there is no result.
    enum Failure: Error {
        case call(RPCStatus)
        case bytes(Int, of: Int)
    }

    private let command: TransportCommand
    private let server: EchoProcess
    private let settings = TransportCommand.client

    init(_ command: TransportCommand, _ server: EchoProcess) {
        self.command = command
        self.server = server
    }

    func run() async throws -> StreamReport {
        let channel = ClientChannel(
            server.target, settings, on: EventLoops.make(1), wire: server.wire)
        let order = StreamOrder(
            bytes: command.streamMebibytes << 20, messageBytes: command.messageBytes)
        // Connects, and has one message of each stream.
        let first = StreamOrder(bytes: order.messageBytes, messageBytes: order.messageBytes)
        _ = try await seconds(channel, first, isUp: true)
        _ = try await seconds(channel, first, isUp: false)
        let before = try server.use()
        let deadline = MonotonicInstant.now().microseconds + Int64(command.duration * 1_000_000)
        var up: [Double] = []
        var down: [Double] = []
        while up.isEmpty || MonotonicInstant.now().microseconds < deadline {
            up.append(try await seconds(channel, order, isUp: true))
            down.append(try await seconds(channel, order, isUp: false))
        }
        let after = try server.use()
        await channel.shutdown(within: .seconds(5))
        return StreamReport(
            order: order, up: up, down: down,
            serverMicroseconds: after.processorMicroseconds - before.processorMicroseconds,
            serverGrowthBytes: after.peakResidentBytes - before.residentBytes)
    }

    /// How long one stream takes, from its first byte to its status.
    private func seconds(
        _ channel: ClientChannel, _ order: StreamOrder, isUp: Bool
    ) async throws -> Double {
        let capBytes = settings.rpc.http2.outgoingCapBytes
        let began = MonotonicInstant.now()
        let end = await withCheckedContinuation { continuation in
            channel.execute { dispatcher in
                if isUp {
                    StreamUp(order, capBytes: capBytes) { continuation.resume(returning: $0) }
                        .begin(dispatcher)
                } else {
                    StreamDown(order) { continuation.resume(returning: $0) }.begin(dispatcher)
                }
            }
        }
        guard end.status.code == .ok else { throw Failure.call(end.status) }
        guard end.bytes == order.bytes else { throw Failure.bytes(end.bytes, of: order.bytes) }
        return Double(MonotonicInstant.now().microseconds(since: began)) / 1_000_000
    }
}

/// How a stream ended.
struct StreamEnd: Sendable {
    let status: RPCStatus
    /// What the receiver counted.
    let bytes: Int
}

/// Sends what is ordered; on its channel's event loop.
private final class StreamUp: ClientStreamHandler {
    private var order: StreamOrder
    private let zeros: [UInt8]
    /// Bytes waiting on the call from which on it gets no more.
    private let capBytes: Int
    private let done: (StreamEnd) -> Void
    private var call: ClientCall?
    private var counted = 0

    init(_ order: StreamOrder, capBytes: Int, _ done: @escaping (StreamEnd) -> Void) {
        self.order = order
        self.capBytes = capBytes
        self.done = done
        zeros = [UInt8](repeating: 0, count: order.messageBytes)
    }

    func begin(_ dispatcher: ClientDispatcher) {
        call = dispatcher.open(EchoServer.Method.upload.path, Metadata(), self)
        writable()
    }

    func writable() {
        guard let call, order.bytes > 0 else { return }
        let zeros = zeros
        while order.bytes > 0 {
            let count = order.takeMessage()
            if call.send(zeros.span.extracting(first: count)) > capBytes { break }
        }
        if order.bytes == 0 { call.halfClose() }
    }

    func opened(_ metadata: Metadata) {}
    func message(_ bytes: Span<UInt8>) { counted = StreamOrder(bytes)?.bytes ?? 0 }

    func closed(_ end: ClientCallEnd) {
        call = nil
        done(StreamEnd(status: end.status, bytes: counted))
    }
}

/// Takes what was ordered; on its channel's event loop.
private final class StreamDown: ClientStreamHandler {
    private let order: StreamOrder
    private let done: (StreamEnd) -> Void
    private var counted = 0

    init(_ order: StreamOrder, _ done: @escaping (StreamEnd) -> Void) {
        self.order = order
        self.done = done
    }

    func begin(_ dispatcher: ClientDispatcher) {
        let call = dispatcher.open(EchoServer.Method.download.path, Metadata(), self)
        call.send(order.message.span)
        call.halfClose()
    }

    func writable() {}
    func opened(_ metadata: Metadata) {}
    func message(_ bytes: Span<UInt8>) { counted += bytes.count }
    func closed(_ end: ClientCallEnd) { done(StreamEnd(status: end.status, bytes: counted)) }
}
