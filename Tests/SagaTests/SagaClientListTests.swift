import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Testing

@testable import Saga

/// Lists come in pages, which the client follows by itself.
@Suite(.timeLimit(.minutes(1))) struct SagaClientListTests {
    /// Answers with one handler if it is asked for what follows a row.
    private static func page(
        _ handler: String, after wanted: ParticipantRow?, next: ParticipantRow?
    ) -> ScriptedService.Answer {
        { _, request in
            var arena = DecodingArena(limit: 1 << 20)
            let message = try? AdminServiceCodec.decodeListParticipants(
                request.span, limits: CodecLimits(), arena: &arena)
            guard message?.after == wanted, message?.pageSize == 1_000 else {
                return .failure(RPCStatus(.invalidArgument, "\(message as Any)"))
            }
            let status = HandlerStatus(
                handler: HandlerRef(namespace: "default", handler: handler), instances: 1,
                freeSlots: 1, slots: 1, running: 0, queued: 0, oldestQueuedAt: nil)
            return SagaClientTests.packed {
                AdminServiceCodec.encodeListParticipants(
                    [status], [], next: next, now: nil, into: &$0, arena: &$1)
            }
        }
    }

    @Test func everyPageIsAskedFor() async throws {
        let service = try await ScriptedService.start([
            Self.page("h.a", after: nil, next: .handler("h.a")),
            Self.page("h.b", after: .handler("h.a"), next: .handler("h.b")),
            Self.page("h.c", after: .handler("h.b"), next: nil),
        ])
        let client = SagaClient(service.address)
        let shown = try await client.participants(ParticipantsMessage(namespace: "default"))
        #expect(shown.handlers.map(\.handler.handler) == ["h.a", "h.b", "h.c"])
        await client.shutdown()
        await service.server.close()
    }
}
