import Logging
import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import ServiceLifecycle
import Testing

@testable import Saga

struct Order: Codable, Equatable { var customer: String; var cents: Int64 }
struct Charge: Codable, Equatable { var id: String }

/// A participant against a scripted coordinator, over a real socket.
@Suite(.timeLimit(.minutes(1))) struct ParticipantNetworkTests {
    static let input = Payload(
        contentType: Payload.json, bytes: Array(#"{"cents":5,"customer":"alice"}"#.utf8))

    /// A task as the coordinator's own codec writes it.
    static func taskOrder(_ number: UInt64, handler: String, input: Payload = input) -> TaskOrder {
        let written = SagaDefinition(
            name: "order", version: 3,
            steps: [StepDefinition(name: "charge", work: .handler(handler))])
        let definition = ResolvedDefinition(
            DefinitionRegistered(
                namespace: "default", written: written,
                filled: DefinitionDefaults.fill(written), digest: Digest256(0, 0, 0, 0),
                principal: Principal(name: "test", isVerified: false),
                at: Instant(microseconds: 0)), position: JournalPosition(1))
        let record = SagaStarted(
            id: SagaID(high: 1, low: number), definition: JournalPosition(1), key: "",
            keyIsRandom: false, keyHash: nil, input: input, labels: [],
            traceContext: [], principal: Principal(name: "test", isVerified: false),
            at: Instant(microseconds: 0), opened: [])
        return TaskOrder(
            saga: SagaFacts(record, at: JournalPosition(40), definition: definition),
            step: StepIndex(0), token: Token(epoch: Epoch(5), number: 1), input: input, undo: nil)
    }
}

extension ParticipantNetworkTests {
    static func participant(
        _ coordinator: ScriptedCoordinator, slots: Int = 100, handlers: [Handler]
    ) -> Participant {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return Participant(
            "payments", coordinator: coordinator.address, instance: "p-1", slots: slots,
            logger: logger, handlers: handlers)
    }

    static let charge = Handler("payments.charge") { (order: Order, context) in
        Charge(id: "\(order.customer)-\(order.cents)-\(context.attempt)")
    } compensation: { charge, _ in
        guard charge.reason.code == "no-carrier" else { throw SagaRetry("unexpected") }
    }

    @Test func runsTasksAndDrains() async throws {
        let coordinator = try await ScriptedCoordinator.start()
        let participant = Self.participant(coordinator, handlers: [Self.charge])
        var heard = coordinator.heard.makeAsyncIterator()
        let running = Task { try await participant.run() }

        guard case .said(let call, .hello(let hello)) = await heard.next() else {
            Issue.record("the first message is a Hello")
            return
        }
        #expect(hello.participant.description == "payments/p-1")
        #expect(hello.handlers == [HandlerOffer(name: "payments.charge", hasCompensation: true)])
        let order = Self.taskOrder(1, handler: "payments.charge")
        coordinator.say(call) { ParticipantCodec.encodeTask(order, into: &$0, arena: &$1) }
        guard case .said(_, .result(let result)) = await heard.next() else {
            Issue.record("a task is answered with its result")
            return
        }
        let attempt = TaskAttempt(task: order.task, token: order.token)
        #expect(result.attempt == attempt)
        let output = Payload(contentType: Payload.json, bytes: Array(#"{"id":"alice-5-1"}"#.utf8))
        #expect(result.outcome == .succeeded(output))
        coordinator.say(call) {
            ParticipantCodec.encodeResultAck(attempt, .taken, into: &$0, arena: &$1)
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        guard case .ended = await heard.next() else {
            Issue.record("a participant that stops ends its stream")
            return
        }
        await coordinator.server.close()
    }

    @Test func aGracefulShutdownDrains() async throws {
        let coordinator = try await ScriptedCoordinator.start()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let slow = Handler("payments.slow") { (_: Order, _) in
            begin.yield()
            for await _ in gate { break }
            return Charge(id: "1")
        }
        let participant = Self.participant(coordinator, handlers: [slow])
        var heard = coordinator.heard.makeAsyncIterator()
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: participant,
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        let running = Task { try await group.run() }
        guard case .said(let call, .hello) = await heard.next() else {
            Issue.record("the first message is a Hello")
            return
        }
        let order = Self.taskOrder(1, handler: "payments.slow")
        let late = Self.taskOrder(2, handler: "payments.slow")
        coordinator.say(call) { ParticipantCodec.encodeTask(order, into: &$0, arena: &$1) }
        for await _ in begun { break }
        await group.triggerGracefulShutdown()
        guard case .said(_, .draining(within: .seconds(30))) = await heard.next() else {
            Issue.record("a participant says that it leaves")
            return
        }
        coordinator.say(call) { ParticipantCodec.encodeTask(late, into: &$0, arena: &$1) }
        open.yield()
        var outcomes: [SagaID: AttemptOutcome] = [:]
        while outcomes.count < 2, case .said(_, .result(let result)) = await heard.next() {
            outcomes[result.attempt.task.saga] = result.outcome
            coordinator.say(call) {
                ParticipantCodec.encodeResultAck(result.attempt, .taken, into: &$0, arena: &$1)
            }
        }
        let output = Payload(contentType: Payload.json, bytes: Array(#"{"id":"1"}"#.utf8))
        #expect(outcomes[order.saga.id] == .succeeded(output))
        #expect(outcomes[late.saga.id] == .declined(.draining))
        guard case .closedItsSide = await heard.next() else {
            Issue.record("a drained participant leaves in order")
            return
        }
        try await running.value
        await coordinator.server.close()
    }

    @Test func comesBackWithItsResultAfterALostStream() async throws {
        let coordinator = try await ScriptedCoordinator.start()
        let participant = Self.participant(coordinator, handlers: [Self.charge])
        var heard = coordinator.heard.makeAsyncIterator()
        let running = Task { try await participant.run() }
        guard case .said(let call, .hello) = await heard.next() else {
            Issue.record("the first message is a Hello")
            return
        }
        let order = Self.taskOrder(1, handler: "payments.charge")
        let attempt = TaskAttempt(task: order.task, token: order.token)
        coordinator.say(call) { ParticipantCodec.encodeTask(order, into: &$0, arena: &$1) }
        _ = await heard.next()
        coordinator.finish(call, RPCStatus(.unavailable, "lost"))
        var again: ServerCallID?
        while again == nil, let next = await heard.next() {
            guard case .said(let call, .hello(let hello)) = next else { continue }
            #expect(hello.holdingResults == [attempt])
            again = call
        }
        guard case .said(_, .result(let result)) = await heard.next() else {
            Issue.record("the result is sent again")
            return
        }
        #expect(result.attempt == attempt)
        running.cancel()
        _ = try? await running.value
        await coordinator.server.close()
    }

    @Test func aHandlersProgressGoesAheadOfItsResult() async throws {
        let coordinator = try await ScriptedCoordinator.start()
        let slow = Handler("payments.slow") { (_: Order, context) in
            try context.heartbeat("first")
            try context.heartbeat("half")
            throw SagaRetry("busy")
        }
        let participant = Self.participant(coordinator, handlers: [slow])
        var heard = coordinator.heard.makeAsyncIterator()
        let running = Task { try await participant.run() }
        guard case .said(let call, .hello) = await heard.next() else {
            Issue.record("the first message is a Hello")
            return
        }
        let order = Self.taskOrder(1, handler: "payments.slow")
        coordinator.say(call) { ParticipantCodec.encodeTask(order, into: &$0, arena: &$1) }
        var progress: Payload?
        var result: TaskResult?
        while result == nil, case .said(_, let message) = await heard.next() {
            if case .heartbeat(let signs) = message { progress = signs.last?.progress ?? progress }
            if case .result(let given) = message { result = given }
        }
        #expect(
            progress == Payload(contentType: Payload.json, bytes: Array(#""half""#.utf8)))
        #expect(
            result?.outcome == .retry(Failure(code: "busy", message: ""), after: nil))
        running.cancel()
        _ = try? await running.value
        await coordinator.server.close()
    }

    @Test func cancelsAHandlerWithItsReason() async throws {
        let coordinator = try await ScriptedCoordinator.start()
        let (reasons, told) = AsyncStream.makeStream(of: CancellationReason?.self)
        let waiting = Handler("payments.wait") { (_: Order, context) in
            try? await Task.sleep(for: .seconds(60))
            told.yield(context.cancellationReason)
            throw SagaFailure("stopped")
        }
        let participant = Self.participant(coordinator, handlers: [waiting])
        var heard = coordinator.heard.makeAsyncIterator()
        let running = Task { try await participant.run() }
        guard case .said(let call, .hello) = await heard.next() else {
            Issue.record("the first message is a Hello")
            return
        }
        let order = Self.taskOrder(1, handler: "payments.wait")
        let attempt = TaskAttempt(task: order.task, token: order.token)
        coordinator.say(call) { ParticipantCodec.encodeTask(order, into: &$0, arena: &$1) }
        coordinator.say(call) {
            ParticipantCodec.encodeCancel(attempt, .goingBack, into: &$0, arena: &$1)
        }
        guard case .said(_, .result(let result)) = await heard.next() else {
            Issue.record("a cancelled handler still answers")
            return
        }
        #expect(result.outcome == .failed(Failure(code: "stopped", message: "")))
        #expect(await reasons.first { _ in true } == .goingBack)
        running.cancel()
        _ = try? await running.value
        await coordinator.server.close()
    }

    @Test func aFinalNoIsThrown() async throws {
        let coordinator = try await ScriptedCoordinator.start()
        let participant = Self.participant(coordinator, handlers: [Self.charge])
        var heard = coordinator.heard.makeAsyncIterator()
        let running = Task { try await participant.run() }
        guard case .said(let call, .hello) = await heard.next() else {
            Issue.record("the first message is a Hello")
            return
        }
        coordinator.finish(call, RPCStatus(.permissionDenied, "not you"))
        let error = await #expect(throws: SagaError.self) { try await running.value }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message == "not you")
        await coordinator.server.close()
    }

    @Test(arguments: [
        (Participant("p", coordinator: "nonsense", handlers: []), "ADDRESS"),
        (Participant("", coordinator: "localhost:1", handlers: []), "PARTICIPANT"),
        (Participant("p", coordinator: "localhost:1", slots: 0, handlers: []), "PARTICIPANT"),
        (Participant("p", coordinator: "localhost:1", slots: -1, handlers: []), "PARTICIPANT"),
        (
            Participant("p", coordinator: "localhost:1", handlers: [charge, charge]),
            "PARTICIPANT"
        ),
        (
            Participant(
                "p", coordinator: "localhost:1",
                handlers: [Handler("charge") { (_: Order, _) in }]), "PARTICIPANT"
        ),
    ])
    func aWrongParticipantSaysSo(participant: Participant, reason: String) async {
        let error = await #expect(throws: SagaError.self) { try await participant.run() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.reason == reason)
    }

    @Test(arguments: [
        Participant("p", coordinator: "localhost:1", slots: 10_001, handlers: []),
        Participant("p", coordinator: "localhost:1", slots: .max, handlers: []),
        Participant("p", coordinator: "localhost:1", undoSlots: 10_001, handlers: []),
    ])
    func moreSlotsThanACoordinatorTakesAreRefusedWithTheLimit(participant: Participant) async {
        let running = Task { try await participant.run() }
        // Without the refusal it would look for its coordinator for ever.
        let patience = Task {
            try await Task.sleep(for: .seconds(5))
            running.cancel()
        }
        let error = await #expect(throws: SagaError.self) { try await running.value }
        patience.cancel()
        #expect(error?.reason == "PARTICIPANT")
        #expect(error?.message.contains("at most 10000") == true)
    }
}
