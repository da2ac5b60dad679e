import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Synchronization
import Testing

@testable import Saga

/// The verbs of the admin service.
@Suite(.timeLimit(.minutes(1))) struct SagaClientVerbTests {
    static let methods: [(Verb, String)] = [
        (.suspend, "SuspendSaga"), (.resume, "ResumeSaga"), (.retry, "RetrySaga"),
        (.skip, "SkipStep"), (.markCompensated, "MarkStepCompensated"),
        (.compensate, "CompensateSaga"), (.abandon, "AbandonSaga"),
    ]

    @Test func eachVerbHasItsMethodAndSaysAllThatWasAsked() async throws {
        let message = VerbMessage(
            namespace: "default", saga: .key(definition: "order", key: "K"), step: "charge",
            output: HandlerTests.json("1"), reason: "by hand")
        let answer = VerbAnswer(
            saga: SagaClientTests.id, state: .compensating, hadEffect: true,
            waitsForPivot: false, isSuspended: false,
            left: [
                LeftEffect(step: "reserve", isKnown: true),
                LeftEffect(step: "charge", isKnown: false),
            ])
        let read = Mutex<[VerbMessage]>([])
        let take: ScriptedService.Answer = { path, request in
            var arena = DecodingArena(limit: 1 << 20)
            guard
                let message = try? AdminServiceCodec.decodeVerb(
                    request.span, limits: CodecLimits(), arena: &arena)
            else { return .failure(RPCStatus(.invalidArgument, path)) }
            read.withLock { $0.append(message) }
            return SagaClientTests.packed {
                AdminServiceCodec.encodeVerb(answer, into: &$0, arena: &$1)
            }
        }
        let compensated: ScriptedService.Answer = { path, request in
            _ = take(path, request)
            var nothing = answer
            nothing.hadEffect = false
            return SagaClientTests.packed {
                AdminServiceCodec.encodeCompensateSaga(nothing, into: &$0, arena: &$1)
            }
        }
        let service = try await ScriptedService.start(
            Self.methods.map { $0.0 == .compensate ? compensated : take })
        let client = SagaClient(service.address)
        for (verb, _) in Self.methods {
            let given = try await client.perform(verb, message)
            #expect(given.saga == SagaClientTests.id && given.state == .compensating, "\(verb)")
            #expect(given.hadEffect == (verb != .compensate), "\(verb)")
            #expect(given.left == (verb == .compensate ? [] : answer.left), "\(verb)")
        }
        #expect(service.called == Self.methods.map(\.1))
        #expect(read.withLock { $0 } == Self.methods.map { _ in message })
        await client.shutdown()
        await service.server.close()
    }
}
