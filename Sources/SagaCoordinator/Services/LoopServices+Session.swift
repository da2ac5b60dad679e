internal import Logging
internal import SagaEngine
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport

/// `ParticipantService.Attach`: one stream a session.
extension LoopServices {
    /// The version of the wire contract that is spoken.
    static var protocolVersion: UInt32 { 1 }

    func sessionMessage(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        let message: ParticipantMessage
        do throws(CodecFailure) {
            message = try ParticipantCodec.decodeRequest(
                bytes, limits: codecLimits, arena: &decoding)
        } catch {
            rejectSession(call, error.refusal)
            return
        }
        let isGreeted = calls[call]?.isAsked ?? false
        switch message {
        case .hello(let hello): self.hello(call, hello)
        case .result(let result) where isGreeted:
            hand(.result(SessionID(call), limited(result)))
        case .heartbeat(let signs) where isGreeted:
            heartbeat(call, signs)
        case .draining where isGreeted: hand(.draining(SessionID(call)))
        case .result, .heartbeat, .draining:
            rejectSession(
                call,
                Refusal(
                    .failedPrecondition, reason: "HELLO_EXPECTED",
                    "the first message of a session is a Hello"))
        }
    }

    private func hello(_ call: ServerCallID, _ hello: Hello) {
        guard hello.protocolVersion == Self.protocolVersion else {
            rejectSession(
                call,
                Refusal(
                    .failedPrecondition, reason: "PROTOCOL_VERSION",
                    "protocol version \(hello.protocolVersion) is not spoken here; this "
                        + "coordinator speaks version \(Self.protocolVersion)"))
            return
        }
        if let refusal = refusal(ofCapacities: hello) {
            rejectSession(call, refusal)
            return
        }
        calls[call]?.isAsked = true
        hand(.hello(SessionID(call), hello))
    }

    /// Why a session cannot have the capacities that it names; nil if it can. It could not name
    /// all that it runs in one message if it ran more, and what is written to a session that reads
    /// slowly is bounded by them.
    private func refusal(ofCapacities hello: Hello) -> Refusal? {
        let most = context.limits.sessionSlots
        var violations: [Refusal.Violation] = []
        if hello.slots == 0 {
            violations.append(.init(field: "hello.slots", description: "is 0; at least 1"))
        } else if hello.slots > most {
            violations.append(
                .init(field: "hello.slots", description: "is \(hello.slots); at most \(most)"))
        }
        if hello.undoSlots > most {
            violations.append(
                .init(
                    field: "hello.undo_slots",
                    description: "is \(hello.undoSlots); at most \(most)"))
        }
        guard !violations.isEmpty else { return nil }
        return Refusal(
            .invalidArgument, reason: "INVALID_ARGUMENT",
            violations.map { "\($0.field) \($0.description)" }.joined(separator: "; "),
            violations: violations)
    }

    /// An output that is larger than the limit counts as run, and refused.
    private func limited(_ result: TaskResult) -> TaskResult {
        guard case .succeeded(let output) = result.outcome,
            output.bytes.count > context.limits.payloadBytes
        else { return result }
        return TaskResult(
            attempt: result.attempt,
            outcome: .refused(
                OutputRefused(
                    reason: "too large", size: UInt64(output.bytes.count),
                    limit: UInt64(context.limits.payloadBytes))))
    }

    /// Ends a session that broke the contract; the others go on.
    private func rejectSession(_ call: ServerCallID, _ refusal: Refusal) {
        let peer = calls[call]?.request.peer ?? ""
        context.logger.warning(
            "session ended: its participant broke the contract",
            metadata: ["peer": "\(peer)", "reason": "\(refusal.message)"])
        if calls[call]?.isAsked == true { hand(.sessionEnded(SessionID(call))) }
        refuse(call, refusal)
    }

    /// A participant closed its side: it has left.
    func leave(_ call: ServerCallID) {
        hand(.sessionEnded(SessionID(call)))
        writer.finish(call, RPCStatus(.ok))
        calls[call] = nil
    }

    private func heartbeat(_ call: ServerCallID, _ signs: [AttemptSign]) {
        calls[call]?.waitingHeartbeats += 1
        hand(.heartbeat(SessionID(call), signs))
    }

    // MARK: - To another connection

    /// Sends a participant to another connection, without a task being lost on the way: what the
    /// engine has handed out already comes before the answer to a heartbeat that it gets behind
    /// the word that nothing more is wanted.
    func moveSession(_ call: ServerCallID) {
        guard let open = calls[call], !open.isMoving else { return }
        sayDrain(call, "the connection is as old as it may be", reconnectAfter: .zero)
        guard open.isAsked else {
            endMoved(call)
            return
        }
        calls[call]?.isMoving = true
        hand(.draining(SessionID(call)))
        heartbeat(call, [])
    }

    private func endMoved(_ call: ServerCallID) {
        if calls[call]?.isAsked == true { hand(.sessionEnded(SessionID(call))) }
        writer.finish(
            call,
            Refusal(
                .unavailable, reason: "MOVED",
                "the connection is as old as it may be; attach again on another"
            ).status)
        calls[call] = nil
    }

    // MARK: - What the engine says

    func welcome(_ session: SessionID, _ welcome: Welcome) {
        send(ServerCallID(session)) { bytes, arena in
            ParticipantCodec.encodeWelcome(welcome, into: &bytes, arena: &arena)
        }
    }

    func dispatch(_ session: SessionID, _ order: TaskOrder) {
        send(ServerCallID(session)) { bytes, arena in
            ParticipantCodec.encodeTask(order, into: &bytes, arena: &arena)
        }
    }

    func cancel(_ session: SessionID, _ attempt: TaskAttempt, _ cause: CancelCause) {
        send(ServerCallID(session)) { bytes, arena in
            ParticipantCodec.encodeCancel(attempt, cause, into: &bytes, arena: &arena)
        }
    }

    func acknowledge(
        _ session: SessionID, _ attempt: TaskAttempt, _ disposition: ResultDisposition
    ) {
        send(ServerCallID(session)) { bytes, arena in
            ParticipantCodec.encodeResultAck(attempt, disposition, into: &bytes, arena: &arena)
        }
    }

    func answerHeartbeat(_ session: SessionID, _ ack: HeartbeatAck) {
        let call = ServerCallID(session)
        send(call) { bytes, arena in
            ParticipantCodec.encodeHeartbeatAck(ack, into: &bytes, arena: &arena)
        }
        calls[call]?.waitingHeartbeats -= 1
        if let open = calls[call], open.isMoving, open.waitingHeartbeats == 0 { endMoved(call) }
    }

    func sayDrain(_ call: ServerCallID, _ reason: String, reconnectAfter wait: Duration) {
        send(call) { bytes, arena in
            ParticipantCodec.encodeDrain(
                reason: reason, reconnectAfter: wait, into: &bytes, arena: &arena)
        }
    }

    private func send(
        _ call: ServerCallID, _ encode: (inout [UInt8], inout EncodingArena) -> Void
    ) {
        withPacked(encode) { bytes in
            // A session that reads slowly gets no more than its slots hold.
            _ = writer.send(call, bytes)
        }
    }
}
