import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Testing

/// A participant's stream to a coordinator, spoken message by message.
final class TestSession: ClientStreamHandler, @unchecked Sendable {
    /// What came from the coordinator.
    enum Heard: Sendable {
        case said(CoordinatorMessage)
        /// The stream is over; nil if it ended in order.
        case ended(Refusal?)
    }

    private let channel: ClientChannel
    private let sink: AsyncStream<Heard>.Continuation
    private var heard: AsyncStream<Heard>.Iterator
    // Touched on the channel's event loop alone.
    private var stream: ClientCall?
    private var decoding = DecodingArena(limit: 16 << 20)

    init(_ channel: ClientChannel) {
        self.channel = channel
        let (heard, sink) = AsyncStream.makeStream(of: Heard.self)
        self.sink = sink
        self.heard = heard.makeAsyncIterator()
        channel.execute { dispatcher in
            self.stream = dispatcher.open("/saga.v1.ParticipantService/Attach", Metadata(), self)
        }
    }

    static func hello(_ instance: String, slots: UInt32 = 4, undoSlots: UInt32 = 1) -> Hello {
        Hello(
            participant: ParticipantName(namespace: "default", name: "stock", instance: instance),
            protocolVersion: 1, sdkVersion: "", serviceVersion: "",
            handlers: [HandlerOffer(name: "inventory.reserve", hasCompensation: true)],
            slots: slots, undoSlots: undoSlots, running: [], holdingResults: [], epochsMet: [])
    }

    func say(_ message: ParticipantMessage) {
        channel.execute { _ in
            var bytes: [UInt8] = []
            var arena = EncodingArena()
            ParticipantCodec.encode(message, into: &bytes, arena: &arena)
            self.stream?.send(bytes.span)
        }
    }

    /// Leaves in order.
    func leave() {
        say(.draining(within: nil))
        channel.execute { _ in self.stream?.halfClose() }
    }

    /// The next thing that comes; a call waits for one at a time.
    func next() async throws -> Heard {
        try #require(await heard.next(isolation: nil))
    }

    /// The next message; an end is a failure.
    func message() async throws -> CoordinatorMessage {
        switch try await next() {
        case .said(let message): return message
        case .ended(let refusal):
            Issue.record("the stream ended: \(refusal?.message ?? "in order")")
            throw CancellationError()
        }
    }

    /// Why the stream ended; what was said before is passed over.
    func refusal() async throws -> Refusal? {
        while true {
            if case .ended(let refusal) = try await next() { return refusal }
        }
    }

    func opened(_ metadata: Metadata) {}
    func writable() {}

    func message(_ bytes: Span<UInt8>) {
        do {
            sink.yield(
                .said(
                    try ParticipantCodec.decodeResponse(
                        bytes, limits: CodecLimits(), arena: &decoding)))
        } catch {
            Issue.record("what the coordinator said is not understood: \(error)")
        }
    }

    func closed(_ end: ClientCallEnd) {
        let isOrdered = end.status.code == .ok
        sink.yield(
            .ended(
                isOrdered
                    ? nil
                    : (try? StatusCodec.decode(end.status.details.span, arena: &decoding))
                        ?? Refusal(.internal, reason: "NONE", end.status.message)))
        sink.finish()
    }
}
