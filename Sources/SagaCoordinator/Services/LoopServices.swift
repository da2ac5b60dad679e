internal import Logging
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// All services on one event loop: turns messages into inputs for the engine, and its effects into
/// messages.
///
/// It decides nothing. Called on its event loop only; what one read brings goes to the engine in
/// one batch.
final class LoopServices<Output: CallOutput>: ServiceHandler {
    let context: ServiceContext
    let writer: Output
    var calls: [ServerCallID: OpenCall] = [:]
    var batches: [CallID: BatchPlace] = [:]
    var openBatches: [ServerCallID: OpenBatch] = [:]
    var nextBatchCall: UInt64 = 0
    var decoding: DecodingArena
    var encoding = EncodingArena()
    let codecLimits: CodecLimits
    /// Memory that messages are packed into, one after the other.
    var bytes: [UInt8] = []
    private var inputs: [Input] = []

    init(_ context: ServiceContext, writer: Output) {
        self.context = context
        self.writer = writer
        decoding = DecodingArena(limit: context.limits.decodedBytes)
        var limits = CodecLimits()
        // Payloads have a status of their own for being too large, which names the limit.
        limits.payloadBytes = context.limits.messageBytes
        limits.starts = context.limits.startsInBatch
        codecLimits = limits
    }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
        let open = OpenCall(request: request)
        if let refusal = context.refusal(of: open.method) { return .refuse(refusal.status) }
        calls[call] = open
        return .accept
    }

    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        guard let open = calls[call] else { return }
        if open.method == .attach {
            sessionMessage(call, bytes)
            return
        }
        calls[call]?.isAsked = true
        do throws(CodecFailure) {
            try ask(open, call, bytes)
        } catch {
            refuse(call, error.refusal)
        }
    }

    func halfClosed(_ call: ServerCallID) {
        if calls[call]?.method == .attach { leave(call) }
    }

    func ended(_ call: ServerCallID, _ cause: CallEnd) {
        guard let open = calls.removeValue(forKey: call) else { return }
        if open.method == .attach {
            hand(.sessionEnded(SessionID(call)))
        } else if open.isAsked {
            abandon(call)
        }
    }

    /// Only a session lasts; whatever else is asked for is answered within the connection's grace.
    func draining(_ call: ServerCallID) {
        if calls[call]?.method == .attach { moveSession(call) }
    }

    /// What is written to a session is bounded by its slots, so nothing waits for room.
    func writable(_ call: ServerCallID) {}

    func turnEnded() {
        guard !inputs.isEmpty else { return }
        let isFull = context.inbox.push(&inputs, from: writer.loopIndex)
        if isFull { writer.setReading(false) }
    }

    /// Keeps an input for the end of the turn.
    func hand(_ input: Input) {
        inputs.append(input)
    }

    /// Does what the engine wants, now that it is durable.
    func receive(_ delivery: Outbox.Delivery) {
        if delivery.mayRead { writer.setReading(true) }
        for (call, answer) in delivery.archived { self.answer(call, answer) }
        for effect in delivery.effects {
            switch effect {
            case .reply(let call, let reply): answer(call, reply, delivery.journal)
            case .welcome(let session, let welcome): self.welcome(session, welcome)
            case .dispatch(let session, let order): dispatch(session, order)
            case .cancel(let session, let attempt, let cause): cancel(session, attempt, cause)
            case .acknowledge(let session, let attempt, let disposition):
                acknowledge(session, attempt, disposition)
            case .heartbeatAck(let session, let ack): answerHeartbeat(session, ack)
            case .endSession(let session, let refusal):
                end(ServerCallID(session), with: refusal)
            case .fact: preconditionFailure("facts go to the log, not to an event loop")
            }
        }
        turnEnded()
    }

    /// Tells everybody that the coordinator is about to end.
    func drain() {
        let status = Refusal(
            .unavailable, reason: "STOPPING", "the coordinator is stopping; connect again"
        ).status
        for (call, open) in calls {
            if open.method == .attach {
                sayDrain(
                    call, "the coordinator is stopping", reconnectAfter: .milliseconds(100))
            }
            writer.finish(call, status)
        }
        calls.removeAll()
    }

    // MARK: - Answers

    /// Packs a message into memory that is used again, and lends its bytes.
    func withPacked<Result>(
        _ encode: (inout [UInt8], inout EncodingArena) -> Void, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        var packed: [UInt8] = []
        swap(&packed, &bytes)
        packed.removeAll(keepingCapacity: true)
        encode(&packed, &encoding)
        let result = body(packed.span)
        swap(&packed, &bytes)
        return result
    }

    /// Answers a unary call.
    func respond(_ call: ServerCallID, _ encode: (inout [UInt8], inout EncodingArena) -> Void) {
        withPacked(encode) { writer.reply(call, $0) }
        calls[call] = nil
    }

    /// Answers a call with a no.
    func refuse(_ call: ServerCallID, _ refusal: Refusal) {
        context.countRejection(refusal)
        end(call, with: refusal)
    }

    private func end(_ call: ServerCallID, with refusal: Refusal) {
        writer.finish(call, refusal.status)
        calls[call] = nil
    }
}

/// A call that is not over.
struct OpenCall {
    let method: Method
    let request: CallRequest
    /// A unary call's message has come; a session has said Hello.
    var isAsked = false
    /// Heartbeats of a session that the engine has not answered.
    var waitingHeartbeats = 0
    /// The session goes to another connection, once the engine hands out nothing more to this one.
    var isMoving = false
    /// The namespace that it is about.
    var namespace = ""
    /// What the answer about a saga carries.
    var wish: AwaitWish?
    /// What of the saga the answer carries, if not all that was wished for.
    var excerpt = SagaExcerpt()
    /// What is looked for, also in the archive.
    var search: Search?
    /// What the engine said of it.
    var refusal: Refusal?
    /// What the list of definitions is narrowed to.
    var definitions: DefinitionMessage?
    /// What the list of participants is narrowed to.
    var participants: ParticipantsMessage?

    init(request: CallRequest) {
        self.request = request
        method = Method(request.method)
    }

    /// Who calls: the name in a certificate that was checked; else the one that the client sends of
    /// itself, or its address, both unverified.
    var principal: Principal {
        if let identity = request.identity {
            return Principal(name: identity.name, isVerified: true)
        }
        let name = request.metadata.text("saga-principal") ?? "unknown@\(request.peer)"
        return Principal(name: name, isVerified: false)
    }
}

extension CallID {
    init(_ call: ServerCallID) { self.init(call.rawValue) }
}

extension SessionID {
    init(_ call: ServerCallID) { self.init(call.rawValue) }
}

extension ServerCallID {
    init(_ session: SessionID) { self.init(rawValue: session.rawValue) }
    init(_ call: CallID) { self.init(rawValue: call.rawValue) }
}
