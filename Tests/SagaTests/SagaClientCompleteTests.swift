import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Synchronization
import Testing

@testable import Saga

/// Answers to deferred attempts.
@Suite(.timeLimit(.minutes(1))) struct SagaClientCompleteTests {
    static let token = HandlerTests.context().taskToken

    /// Every way to answer, and what the coordinator reads of it.
    static let answers: [(@Sendable (SagaClient) async throws(SagaError) -> Void, AttemptOutcome)] =
        [
            (
                { client throws(SagaError) in
                    try await client.complete(token, returning: Charge(id: "7"))
                }, .succeeded(HandlerTests.json(#"{"id":"7"}"#))
            ),
            (
                { client throws(SagaError) in
                    let output = Payload(contentType: "text/plain", bytes: [1])
                    try await client.complete(token, returning: output)
                }, .succeeded(Payload(contentType: "text/plain", bytes: [1]))
            ),
            (
                { client throws(SagaError) in try await client.complete(token) },
                .succeeded(.empty)
            ),
            (
                { client throws(SagaError) in
                    try await client.complete(token, throwing: SagaFailure("declined", "no"))
                }, .failed(Failure(code: "declined", message: "no"))
            ),
            (
                { client throws(SagaError) in
                    try await client.complete(
                        token, throwing: SagaRetry("busy", after: .seconds(2)))
                }, .retry(Failure(code: "busy", message: ""), after: .seconds(2))
            ),
        ]

    @Test func eachAnswerReachesTheCoordinatorWithItsToken() async throws {
        let read = Mutex<[CompleteRequest]>([])
        let take: ScriptedService.Answer = { path, request in
            var arena = DecodingArena(limit: 1 << 20)
            guard path == "/saga.v1.ParticipantService/CompleteTask",
                let message = try? ParticipantCodec.decodeCompleteTask(
                    request.span, limits: CodecLimits(), arena: &arena)
            else { return .failure(RPCStatus(.invalidArgument, path)) }
            read.withLock { $0.append(message) }
            return SagaClientTests.packed {
                ParticipantCodec.encodeCompleteTask(into: &$0, arena: &$1)
            }
        }
        let service = try await ScriptedService.start(Self.answers.map { _ in take })
        let client = SagaClient(service.address)
        for (answer, _) in Self.answers { try await answer(client) }
        let messages = read.withLock { $0 }
        #expect(messages.map(\.outcome) == Self.answers.map(\.1))
        let attempt = HandlerTests.context().task.attempt
        #expect(messages.allSatisfy { $0.attempt == attempt && $0.namespace == "shop" })
        await client.shutdown()
        await service.server.close()
    }

    @Test func anAnswerThatComesTooLateIsAnError() async throws {
        let stale = Refusal(
            .failedPrecondition, reason: "STALE", "attempt 1 is not the current one",
            saga: SagaClientTests.id)
        let service = try await ScriptedService.start([
            SagaClientTests.refused(stale, .failedPrecondition)
        ])
        let client = SagaClient(service.address)
        let error = await #expect(throws: SagaError.self) {
            try await client.complete(Self.token)
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.reason == "STALE")
        #expect(service.called == ["CompleteTask"], "a no is not asked again")
        await client.shutdown()
        await service.server.close()
    }

    @Test func whatCannotBeEncodedIsNotSent() async throws {
        let service = try await ScriptedService.start([])
        let client = SagaClient(service.address)
        let error = await #expect(throws: SagaError.self) {
            try await client.complete(Self.token, returning: HandlerTests.Unwritable())
        }
        #expect(error?.reason == "OUTPUT_NOT_ENCODABLE")
        #expect(service.called == [])
        await client.shutdown()
        await service.server.close()
    }
}
