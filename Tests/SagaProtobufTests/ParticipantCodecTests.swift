import SagaModel
import SagaProtobuf
import Testing

@Suite struct ParticipantCodecTests {
    static let requests: [ParticipantMessage] =
        [
            .hello(Samples.hello),
            .hello(
                Hello(
                    participant: ParticipantName(namespace: "default", name: "p", instance: "i"),
                    protocolVersion: 0, sdkVersion: "", serviceVersion: "", handlers: [],
                    slots: 0, undoSlots: 0, running: [], holdingResults: [], epochsMet: [])),
            .heartbeat([]),
            .heartbeat([
                AttemptSign(Samples.attempt),
                AttemptSign(Samples.undoAttempt, progress: Samples.json),
            ]),
            .draining(within: nil), .draining(within: .seconds(5)),
        ]
        + Samples.outcomes.compactMap { outcome in
            if case .unknown = outcome { return nil }
            if case .succeeded(let output) = outcome, output.bytes.isEmpty, output != .empty {
                return nil
            }
            return .result(TaskResult(attempt: Samples.undoAttempt, outcome: outcome))
        }

    @Test(arguments: requests.indices)
    func whatAParticipantSaysReadsBack(place: Int) throws {
        let message = Self.requests[place]
        #expect(try Codecs.request(Codecs.bytes(message)) == message)
    }

    @Test func aTaskReadsBackAsItsReceiverSeesIt() throws {
        let bytes = Codecs.encode {
            ParticipantCodec.encodeTask(Samples.order, into: &$0, arena: &$1)
        }
        let expected = ReceivedTask(
            attempt: Samples.attempt, handler: "payments.charge", definition: "order", version: 3,
            idempotencyKey: Samples.task.idempotencyKey, input: Samples.json,
            startToClose: .seconds(30), heartbeatTimeout: nil, labels: Samples.labels,
            traceContext: Samples.started.traceContext, startPosition: JournalPosition(42),
            previousProgress: nil, undo: nil)
        #expect(try Codecs.response(bytes) == .task(expected))
    }

    @Test(arguments: [Samples.odd, .empty, nil])
    func anUndoIsToldWhatIsKnown(output: Payload?) throws {
        let order = TaskOrder(
            saga: Samples.facts, step: StepIndex(0), token: Samples.token, input: .empty,
            undo: UndoOrder(
                output: output,
                reason: BackReason(
                    step: output == nil ? nil : StepIndex(0), failure: Samples.failure)))
        let bytes = Codecs.encode { ParticipantCodec.encodeTask(order, into: &$0, arena: &$1) }
        guard case .task(let task) = try Codecs.response(bytes) else {
            Issue.record("no task")
            return
        }
        #expect(task.attempt == Samples.undoAttempt)
        #expect(task.idempotencyKey == Samples.undoTask.idempotencyKey)
        #expect(
            task.undo
                == ReceivedUndo(
                    output: output, actionIdempotencyKey: Samples.task.idempotencyKey,
                    causeStep: output == nil ? "" : "charge", causeCode: "card-declined",
                    causeMessage: Samples.failure.message))
    }

    static let welcome = Welcome(
        lineage: Samples.id, epoch: Epoch(17), life: 5, generation: 2,
        heartbeatInterval: .seconds(3), grace: .seconds(10), outputLimit: 1 << 20,
        endedBelow: JournalPosition(9), stillLive: [JournalPosition(3), JournalPosition(.max)])

    @Test func whatTheCoordinatorSaysReadsBack() throws {
        let welcome = Codecs.encode {
            ParticipantCodec.encodeWelcome(Self.welcome, into: &$0, arena: &$1)
        }
        #expect(try Codecs.response(welcome) == .welcome(Self.welcome))
        for cause in CancelCause.allCases {
            let bytes = Codecs.encode {
                ParticipantCodec.encodeCancel(Samples.attempt, cause, into: &$0, arena: &$1)
            }
            #expect(try Codecs.response(bytes) == .cancel(Samples.attempt, cause))
        }
        for disposition in [ResultDisposition.taken, .stale, .noSuchTask] {
            let bytes = Codecs.encode {
                ParticipantCodec.encodeResultAck(
                    Samples.undoAttempt, disposition, into: &$0, arena: &$1)
            }
            #expect(try Codecs.response(bytes) == .resultAck(Samples.undoAttempt, disposition))
        }
        let acks = [
            HeartbeatAck(endedBelow: .none, stillLive: [], waitingTasks: 0),
            HeartbeatAck(
                endedBelow: JournalPosition(4), stillLive: [JournalPosition(1)], waitingTasks: 7),
        ]
        for ack in acks {
            let bytes = Codecs.encode {
                ParticipantCodec.encodeHeartbeatAck(ack, into: &$0, arena: &$1)
            }
            #expect(try Codecs.response(bytes) == .heartbeatAck(ack))
        }
        for wait in [nil, Duration.zero, .seconds(2)] {
            let bytes = Codecs.encode {
                ParticipantCodec.encodeDrain(
                    reason: "stopping", reconnectAfter: wait, into: &$0, arena: &$1)
            }
            #expect(
                try Codecs.response(bytes) == .drain(reason: "stopping", reconnectAfter: wait))
        }
    }

    @Test func anOutcomeOfTheCoordinatorAloneIsRefused() {
        let bytes = Codecs.bytes(
            .result(TaskResult(attempt: Samples.attempt, outcome: .unknown(.timedOut))))
        #expect(throws: CodecFailure.self) { try Codecs.request(bytes) }
    }

    @Test func anEmptyMessageIsRefused() {
        #expect(throws: CodecFailure("message", .unset)) { try Codecs.request([]) }
        #expect(throws: CodecFailure("message", .unset)) { try Codecs.response([]) }
        #expect(throws: CodecFailure("result.outcome", .unset)) { try Codecs.request([0x12, 0]) }
        #expect(throws: CodecFailure("hello.participant", .unset)) {
            try Codecs.request([0x0A, 0])
        }
    }

    @Test func aPayloadWithoutAMediaTypeIsJSON() throws {
        let bare = Payload(contentType: "", bytes: [0x31])
        let bytes = Codecs.bytes(
            .result(TaskResult(attempt: Samples.attempt, outcome: .succeeded(bare))))
        guard case .result(let result) = try Codecs.request(bytes) else { return }
        #expect(
            result.outcome == .succeeded(Payload(contentType: "application/json", bytes: [0x31])))
    }
}
