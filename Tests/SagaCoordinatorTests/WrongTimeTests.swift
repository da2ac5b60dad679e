import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Testing

@testable import SagaCoordinator

/// What comes at the wrong time: the status and the reason that it gets over the wire, that it
/// changes nothing, and that it is counted.
@Suite struct WrongTimeTests {
    /// One call and what it must be answered with.
    private struct Row {
        let what: String
        let code: Refusal.Code
        let reason: String
        let call: (Wire, TaskAttempt) async -> Refusal?
    }

    private static func verb(
        _ method: String, step: String = "", _ code: Refusal.Code, _ reason: String
    ) -> Row {
        Row(what: method, code: code, reason: reason) { wire, attempt in
            await wire.refusal(
                ofVerb: method,
                VerbMessage(
                    namespace: "default", saga: .id(attempt.task.saga), step: step, reason: "test"))
        }
    }

    private static func completion(
        _ what: String, _ code: Refusal.Code, _ reason: String,
        _ change: @escaping (TaskAttempt) -> TaskAttempt
    ) -> Row {
        Row(what: what, code: code, reason: reason) { wire, attempt in
            await wire.refusal(ofCompleting: change(attempt))
        }
    }

    private static func key(_ what: String, input: String, version: UInt32? = nil) -> Row {
        Row(what: what, code: .alreadyExists, reason: "KEY_TAKEN") { wire, _ in
            var message = wire.message(
                "order", key: "K",
                input: Payload(contentType: Payload.json, bytes: Array(input.utf8)))
            message.version = version
            guard case .refused(let refusal)? = try? await wire.start([message]).first else {
                return nil
            }
            return refusal
        }
    }

    /// While the saga runs and its only step is in flight.
    private static var running: [Row] {
        [
            verb("ResumeSaga", .failedPrecondition, "WRONG_STATE"),
            verb("RetrySaga", .failedPrecondition, "WRONG_STATE"),
            verb("SkipStep", .invalidArgument, "INVALID_ARGUMENT"),
            verb("SkipStep", step: "none", .notFound, "STEP_UNKNOWN"),
            verb("MarkStepCompensated", step: "reserve", .failedPrecondition, "WRONG_STATE"),
            completion("an older attempt", .failedPrecondition, "STALE") {
                TaskAttempt(
                    task: $0.task, token: Token(epoch: $0.token.epoch, number: $0.token.number + 1))
            },
            completion("another life's", .failedPrecondition, "STALE") {
                TaskAttempt(
                    task: $0.task, token: Token(epoch: $0.token.epoch.next, number: $0.token.number)
                )
            },
            completion("the undo", .failedPrecondition, "STALE") {
                TaskAttempt(
                    task: TaskRef(saga: $0.task.saga, step: $0.task.step, direction: .compensation),
                    token: $0.token)
            },
            completion("no step", .notFound, "TASK_UNKNOWN") {
                TaskAttempt(
                    task: TaskRef(saga: $0.task.saga, step: "none", direction: .action),
                    token: $0.token)
            },
            completion("no saga", .notFound, "TASK_UNKNOWN") {
                TaskAttempt(
                    task: TaskRef(
                        saga: SagaID(high: 1, low: 1), step: $0.task.step, direction: .action),
                    token: $0.token)
            },
            key("another input", input: #"{"x":2}"#),
            key("a version where none was sent", input: "{}", version: 1),
        ]
    }

    /// Once it has ended.
    private static var ended: [Row] {
        [
            "SuspendSaga", "ResumeSaga", "RetrySaga", "SkipStep", "MarkStepCompensated",
            "CompensateSaga", "AbandonSaga", "CancelSaga",
        ].map { verb($0, step: "reserve", .failedPrecondition, "SAGA_ENDED") }
            + [
                completion("answered already", .failedPrecondition, "STALE") { $0 },
                key("another input", input: #"{"x":2}"#),
            ]
    }

    @Test func callsAreRefusedAndCounted() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("i")))
            _ = try await wire.start([wire.message("order", key: "K")])
            let attempt = try await session.task()
            try await expect(Self.running, wire, attempt)
            session.say(.result(TaskResult(attempt: attempt, outcome: .succeeded(.empty))))
            #expect(try await session.disposition() == .taken)
            try await expect(Self.ended, wire, attempt)
            session.leave()
        }
    }

    private func expect(_ rows: [Row], _ wire: Wire, _ attempt: TaskAttempt) async throws {
        for row in rows {
            let (before, saga) = (try await wire.status(), try await wire.saga("K"))
            let refusal = await row.call(wire, attempt)
            #expect(refusal?.code == row.code, "\(row.what)")
            #expect(refusal?.reason == row.reason, "\(row.what)")
            let after = try await wire.status()
            #expect(after.rejectedRequests == before.rejectedRequests + 1, "\(row.what)")
            let isStale = row.reason == "STALE"
            #expect(after.engine.staleResults == before.engine.staleResults + (isStale ? 1 : 0))
            let isUnknown = row.reason == "TASK_UNKNOWN"
            #expect(
                after.engine.resultsWithoutTask
                    == before.engine.resultsWithoutTask + (isUnknown ? 1 : 0))
            #expect(after.journal.records == before.journal.records, "\(row.what) is recorded")
            #expect(try await wire.saga("K") == saga, "\(row.what) changes something")
        }
    }

    /// Results and signs of life in a session: each is answered so that its sender can drop it.
    @Test func resultsAndSignsAreAnsweredAndCounted() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let session = TestSession(wire.channel)
            session.say(.hello(TestSession.hello("i")))
            _ = try await wire.start([wire.message("order", key: "K")])
            let attempt = try await session.task()
            let other = TaskAttempt(
                task: attempt.task, token: Token(epoch: attempt.token.epoch, number: 9))
            let nowhere = TaskAttempt(
                task: TaskRef(saga: SagaID(high: 1, low: 1), step: "x", direction: .action),
                token: attempt.token)
            let outcomes: [AttemptOutcome] = [
                .succeeded(.empty), .failed(Failure(code: "no", message: "")),
                .retry(Failure(code: "no", message: ""), after: nil),
                .notYet(after: .seconds(1)), .deferred(within: .seconds(1)), .hold(reason: "x"),
                .declined(.noSlot),
            ]
            for outcome in outcomes {
                let saga = try await wire.saga("K")
                session.say(.result(TaskResult(attempt: other, outcome: outcome)))
                #expect(try await session.disposition() == .stale)
                session.say(.result(TaskResult(attempt: nowhere, outcome: outcome)))
                #expect(try await session.disposition() == .noSuchTask)
                #expect(try await wire.saga("K") == saga)
            }
            session.say(.heartbeat([AttemptSign(other), AttemptSign(attempt)]))
            guard case .cancel(other, .stale) = try await session.message() else {
                Issue.record("who runs what is not current is told to stop")
                return
            }
            let status = try await wire.status()
            #expect(status.engine.staleResults == 8)
            #expect(status.engine.resultsWithoutTask == 7)
            session.leave()
        }
    }
}

extension TestSession {
    /// The next attempt that is handed out.
    func task() async throws -> TaskAttempt {
        while true {
            if case .task(let task) = try await message() { return task.attempt }
        }
    }

    /// What became of the next result.
    func disposition() async throws -> ResultDisposition {
        while true {
            if case .resultAck(_, let disposition) = try await message() { return disposition }
        }
    }
}

extension Wire {
    func status() async throws -> CoordinatorStatus {
        var request: [UInt8] = []
        var encoding = EncodingArena()
        AdminServiceCodec.encodeGetStatusRequest(into: &request, arena: &encoding)
        let answer = try await channel.unary(
            "/saga.v1.AdminService/GetStatus", request, deadline: .seconds(20))
        var arena = DecodingArena(limit: 1 << 20)
        return try AdminServiceCodec.decodeGetStatusResponse(answer.span, arena: &arena)
    }

    /// A saga as it stands, at a moment that does not count.
    func saga(_ key: String) async throws -> SagaStatus {
        var saga = try await self.await(message("order", key: key), within: .zero).saga
        saga.observedAt = saga.startedAt
        return saga
    }

    func refusal(ofVerb method: String, _ message: VerbMessage) async -> Refusal? {
        guard method != "CancelSaga" else {
            return await refusal(of: "/saga.v1.SagaService/CancelSaga") { bytes, arena in
                SagaServiceCodec.encodeCancelSagaRequest(
                    CancelMessage(
                        namespace: message.namespace, saga: message.saga, reason: message.reason),
                    into: &bytes, arena: &arena)
            }
        }
        return await refusal(of: "/saga.v1.AdminService/\(method)") { bytes, arena in
            AdminServiceCodec.encodeVerbRequest(message, into: &bytes, arena: &arena)
        }
    }

    func refusal(ofCompleting attempt: TaskAttempt) async -> Refusal? {
        await refusal(of: "/saga.v1.ParticipantService/CompleteTask") { bytes, arena in
            let token = ParticipantCodec.taskToken(attempt, namespace: "default", arena: &arena)
            ParticipantCodec.encodeCompleteTaskRequest(
                taskToken: token, .succeeded(.empty), into: &bytes, arena: &arena)
        }
    }

    private func refusal(
        of path: String, _ encode: (inout [UInt8], inout EncodingArena) -> Void
    ) async -> Refusal? {
        var request: [UInt8] = []
        var encoding = EncodingArena()
        encode(&request, &encoding)
        do throws(RPCFailure) {
            _ = try await channel.unary(path, request, metadata: .init(), deadline: .seconds(20))
            return nil
        } catch {
            var arena = DecodingArena(limit: 1 << 20)
            return try? StatusCodec.decode(error.details.span, arena: &arena)
        }
    }
}
