import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Testing

@testable import Saga

@Suite(.timeLimit(.minutes(1))) struct SagaClientTests {
    static let id = SagaID(high: 0x0199_a3c1_5f20_7b1e, low: 0x8c44_3d2a_90e1_7f55)
    static let name = SagaName<Order, Charge>("order")
    static let order = Order(customer: "alice", cents: 5)

    static func status(
        _ state: SagaState, output: Payload? = nil, failure: SagaFault? = nil,
        compensationFailure: SagaFault? = nil, steps: [StepStatus] = []
    ) -> SagaStatus {
        SagaStatus(
            id: id, namespace: "default", definition: "order", version: 3, key: "K",
            keyIsRandom: false, state: state, attention: [],
            startedAt: Instant(microseconds: 1_000_000),
            endedAt: state.isEnded ? Instant(microseconds: 2_000_000) : nil,
            observedAt: Instant(microseconds: 3_000_000),
            principal: Principal(name: "web", isVerified: false), labels: [:], steps: steps,
            failure: failure, compensationFailure: compensationFailure, input: .empty,
            output: output)
    }

    static func step(_ name: String, _ state: StepState, undoneAt: Int64? = nil) -> StepStatus {
        let task = TaskStatus(
            attempts: 1, failures: 0, instance: "", dueAt: nil, handedOutAt: nil,
            endedAt: undoneAt.map { Instant(microseconds: $0) }, lastFailure: nil, waiting: nil)
        return StepStatus(
            name: name, handler: "x.\(name)", after: [], isCompensated: true, state: state,
            undoKnowledge: nil, action: task, compensation: undoneAt == nil ? nil : task,
            output: nil)
    }

    static func fault(_ step: String, _ code: String) -> SagaFault {
        SagaFault(
            step: step, failure: Failure(code: code, message: "m"), attempt: 1, instance: "i",
            at: Instant(microseconds: 1))
    }

    static func packed(
        _ body: (inout [UInt8], inout EncodingArena) -> Void
    ) -> Result<[UInt8], RPCStatus> {
        var bytes: [UInt8] = []
        var arena = EncodingArena()
        body(&bytes, &arena)
        return .success(bytes)
    }

    static func started(_ saga: SagaStatus? = nil) -> ScriptedService.Answer {
        { _, _ in
            packed {
                SagaServiceCodec.encodeStartSaga(
                    id, existing: false, DefinitionVersion(name: "order", version: 4), saga: saga,
                    wait: saga == nil ? nil : AwaitWish(),
                    into: &$0, arena: &$1)
            }
        }
    }

    static func awaited(_ saga: SagaStatus) -> ScriptedService.Answer {
        { _, _ in
            packed {
                SagaServiceCodec.encodeAwaitSaga(saga, wait: AwaitWish(), into: &$0, arena: &$1)
            }
        }
    }

    static func shown(_ saga: SagaStatus) -> ScriptedService.Answer {
        { _, _ in
            packed { SagaServiceCodec.encodeGetSaga(saga, view: SagaView(), into: &$0, arena: &$1) }
        }
    }

    static func refused(_ refusal: Refusal, _ code: RPCCode) -> ScriptedService.Answer {
        { _, _ in
            .failure(
                RPCStatus(code, refusal.message, details: StatusCodec.encode(refusal)))
        }
    }

    static let unavailable = refused(
        Refusal(.unavailable, reason: "STOPPING", "come again"), .unavailable)

    @Test func startsAndWaitsInOneCall() async throws {
        let output = Payload(contentType: Payload.json, bytes: Array(#"{"id":"7"}"#.utf8))
        let service = try await ScriptedService.start([
            { path, request in
                var arena = DecodingArena(limit: 1 << 20)
                let message = try? SagaServiceCodec.decodeStartSaga(
                    request.span, limits: CodecLimits(), arena: &arena)
                guard let message, message.key == "K", !message.keyIsRandom,
                    message.definition == "order", message.labels.map(\.name) == ["a", "b"],
                    message.wait != nil,
                    message.input.bytes == Array(#"{"cents":5,"customer":"alice"}"#.utf8)
                else { return .failure(RPCStatus(.invalidArgument, "\(message as Any)")) }
                return Self.started(Self.status(.completed, output: output))(path, request)
            }
        ])
        let client = SagaClient(service.address)
        let result = try await client.execute(
            Self.name, input: Self.order, key: "K", labels: ["b": "2", "a": "1"])
        guard case .completed(let charge) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(charge == Charge(id: "7"))
        #expect(service.called == ["StartSaga"])
        await client.shutdown()
        await service.server.close()
    }

    @Test func anUndoneSagaIsAnAnswerWithItsStepsInTheOrderOfTheirUndoing() async throws {
        let undone = Self.status(
            .compensated, failure: Self.fault("ship", "no-carrier"),
            steps: [
                Self.step("reserve", .compensated, undoneAt: 30),
                Self.step("charge", .compensated, undoneAt: 20), Self.step("ship", .failed),
            ])
        let service = try await ScriptedService.start([
            Self.started(), Self.awaited(Self.status(.running)), Self.unavailable,
            Self.awaited(undone), Self.shown(undone),
        ])
        let client = SagaClient(service.address)
        let result = try await client.execute(Self.name, input: Self.order)
        guard case .compensated(let report) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(report.compensated == ["charge", "reserve"])
        #expect(report.step == "ship")
        #expect(report.failure.code == "no-carrier")
        #expect(
            service.called == ["StartSaga", "AwaitSaga", "AwaitSaga", "AwaitSaga", "GetSaga"],
            "a round that is over and a coordinator that stops are asked again")
        await client.shutdown()
        await service.server.close()
    }

    @Test func aParkedSagaTellsWhatStandsInTheWay() {
        let forward = FailedReport(Self.status(.failed, failure: Self.fault("ship", "lost")))
        #expect(forward.step == "ship" && forward.failure.code == "lost")
        #expect(forward.wentBackFor == nil && !forward.abandoned)
        let back = FailedReport(
            Self.status(
                .abandoned, failure: Self.fault("ship", "lost"),
                compensationFailure: Self.fault("charge", "closed")))
        #expect(back.step == "charge" && back.failure.code == "closed")
        #expect(back.wentBackFor?.code == "lost" && back.abandoned)
    }

    @Test func anErrorSaysAllThatTheCoordinatorSaid() async throws {
        let refusal = Refusal(
            .alreadyExists, reason: "KEY_TAKEN", "the key names another saga", saga: Self.id,
            violations: [.init(field: "key", description: "is taken")], retryAfter: .seconds(2))
        let service = try await ScriptedService.start([Self.refused(refusal, .alreadyExists)])
        let client = SagaClient(service.address)
        let error = await #expect(throws: SagaError.self) {
            _ = try await client.start(Self.name, input: Self.order, key: "K")
        }
        #expect(error?.code == .alreadyExists)
        #expect(error?.reason == "KEY_TAKEN")
        #expect(error?.message == "the key names another saga")
        #expect(error?.sagaID == Self.id)
        #expect(error?.retryAfter == .seconds(2))
        #expect(error?.fields.map(\.path) == ["key"])
        #expect(error?.fields.map(\.description) == ["is taken"])
        await client.shutdown()
        await service.server.close()
    }

    @Test func aStartIsSaidAgainUnderTheSameKeyWhileTheCoordinatorIsAway() async throws {
        let service = try await ScriptedService.start([
            Self.unavailable, Self.unavailable, Self.started(),
        ])
        let client = SagaClient(service.address)
        let handle = try await client.start(Self.name, input: Self.order)
        #expect(handle.id == Self.id && !handle.existing)
        #expect(service.called == ["StartSaga", "StartSaga", "StartSaga"])
        await client.shutdown()
        await service.server.close()
    }

    @Test func whoFailsFastSaysWhereItLooked() async throws {
        // Nothing listens there; a port that was just free may be somebody else's by now.
        let address = "127.0.0.1:1"
        let client = SagaClient(address, failsFast: true)
        let error = await #expect(throws: SagaError.self) {
            _ = try await client.status(of: Self.id)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.reason == "UNREACHABLE")
        #expect(error?.message == "no coordinator at \(address): connection refused")
        await client.shutdown()
    }

    @Test func anOutputOfAnotherTypeIsAnErrorThatNamesTheSaga() async throws {
        let service = try await ScriptedService.start([
            Self.started(Self.status(.completed, output: .empty))
        ])
        let client = SagaClient(service.address)
        let error = await #expect(throws: SagaError.self) {
            _ = try await client.execute(Self.name, input: Self.order)
        }
        #expect(error?.reason == "OUTPUT_NOT_DECODABLE")
        #expect(error?.sagaID == Self.id)
        await client.shutdown()
        await service.server.close()
    }

    @Test func aWaitHasItsTimeAndSaysThatTheSagaGoesOn() async throws {
        let running = Self.awaited(Self.status(.running))
        let service = try await ScriptedService.start(
            [Self.started()] + Array(repeating: running, count: 1_000))
        let client = SagaClient(service.address)
        let handle = try await client.start(Self.name, input: Self.order)
        let error = await #expect(throws: SagaError.self) {
            _ = try await handle.result(timeout: .milliseconds(50))
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.reason == "NOT_ENDED")
        await client.shutdown()
        await service.server.close()
    }
}
