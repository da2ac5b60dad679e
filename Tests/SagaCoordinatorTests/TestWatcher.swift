import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Testing

@testable import SagaCoordinator

/// A call of `WatchEvents`, read message by message.
struct TestWatcher {
    private var messages: ResponseMessages.Iterator
    private var arena = [DecodingArenaBox()]

    /// Watches for the time of a closure; the call ends with it.
    static func watch<Value>(
        _ wire: Wire, _ message: WatchMessage,
        _ body: (inout TestWatcher) async throws -> Value
    ) async throws -> Value {
        var request: [UInt8] = []
        var arena = EncodingArena()
        SagaServiceCodec.encodeWatchEventsRequest(message, into: &request, arena: &arena)
        return try await wire.channel.serverStreaming(
            "/saga.v1.SagaService/WatchEvents", request, CallOptions(timeout: .seconds(60))
        ) { messages in
            var watcher = TestWatcher(messages: messages.makeAsyncIterator())
            return try await body(&watcher)
        }
    }

    private final class DecodingArenaBox {
        var arena = DecodingArena(limit: 1 << 20)
    }

    private init(messages: ResponseMessages.Iterator) { self.messages = messages }

    /// The next message.
    mutating func next() async throws -> WatchAnswer {
        let bytes = try #require(try await messages.next())
        return try SagaServiceCodec.decodeWatchEventsResponse(
            bytes.span, limits: CodecLimits(), arena: &arena[0].arena)
    }

    /// The next events; messages without one are passed over.
    mutating func events(_ count: Int) async throws -> [SagaEvent] {
        var events: [SagaEvent] = []
        while events.count < count {
            if let event = try await next().event { events.append(event) }
        }
        return events
    }

    /// Events up to one of a kind, with it.
    mutating func events(until kind: EventKind) async throws -> [SagaEvent] {
        var events: [SagaEvent] = []
        while events.last?.kind != kind { events += try await self.events(1) }
        return events
    }

    /// Why a watch ends, after whatever it is told.
    static func refusal(_ wire: Wire, _ message: WatchMessage) async throws -> Refusal {
        do {
            return try await watch(wire, message) { watcher in
                while true { _ = try await watcher.next() }
            }
        } catch let failure as RPCFailure {
            var arena = DecodingArena(limit: 1 << 20)
            let refusal = try StatusCodec.decode(failure.details.span, arena: &arena)
            #expect(failure.code == refusal.code.rpc)
            return refusal
        }
    }
}

extension SagaEvent {
    /// `order-1 step-started reserve`.
    var line: String {
        [key, kind.label, step].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Wire {
    /// Starts sagas of the definition `order` with these keys.
    func startOrders(_ keys: [String], labels: [Label] = []) async throws {
        for first in stride(from: 0, to: keys.count, by: 1_000) {
            let batch = keys[first..<min(first + 1_000, keys.count)].map { key in
                var message = message("order", key: key)
                message.labels = labels
                return message
            }
            for result in try await start(batch) {
                guard case .started = result else {
                    Issue.record("\(result)")
                    return
                }
            }
        }
    }

    func cancel(_ key: String) async throws {
        _ = try await call("CancelSaga") { bytes, arena in
            SagaServiceCodec.encodeCancelSagaRequest(
                CancelMessage(
                    namespace: "default", saga: .key(definition: "order", key: key),
                    reason: "enough"), into: &bytes, arena: &arena)
        }
    }
}
