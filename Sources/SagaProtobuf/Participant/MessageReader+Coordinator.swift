internal import CSagaProtos
internal import SagaModel

/// What the coordinator says to participants.
extension MessageReader {
    /// One message on a participant's stream.
    static func attachResponse(
        _ message: UnsafeMutablePointer<Saga__V1__AttachResponse>, _ limits: CodecLimits
    ) throws(CodecFailure) -> CoordinatorMessage {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        switch unsafe message.pointee.message_case {
        case SAGA__V1__ATTACH_RESPONSE__MESSAGE_WELCOME:
            return .welcome(
                try unsafe welcome(required(message.pointee.welcome, "", "welcome")))
        case SAGA__V1__ATTACH_RESPONSE__MESSAGE_TASK:
            return .task(
                try unsafe receivedTask(required(message.pointee.task, "", "task"), limits))
        case SAGA__V1__ATTACH_RESPONSE__MESSAGE_CANCEL:
            let cancel = try unsafe required(message.pointee.cancel, "", "cancel")
            return try unsafe .cancel(
                TaskAttempt(
                    task: task(cancel.pointee.task, "cancel."),
                    token: token(cancel.pointee.token, "cancel.")),
                value(cancel.pointee.reason, "cancel.", "reason"))
        case SAGA__V1__ATTACH_RESPONSE__MESSAGE_RESULT_ACK:
            let ack = try unsafe required(message.pointee.result_ack, "", "result_ack")
            return try unsafe .resultAck(
                TaskAttempt(
                    task: task(ack.pointee.task, "result_ack."),
                    token: token(ack.pointee.token, "result_ack.")),
                value(ack.pointee.disposition, "result_ack.", "disposition"))
        case SAGA__V1__ATTACH_RESPONSE__MESSAGE_HEARTBEAT_ACK:
            let ack = try unsafe required(message.pointee.heartbeat_ack, "", "heartbeat_ack")
            let (position, stillLive) = unsafe endedBelow(ack.pointee.ended_below)
            return unsafe .heartbeatAck(
                HeartbeatAck(
                    endedBelow: position, stillLive: stillLive,
                    waitingTasks: UInt32(clamping: ack.pointee.waiting_tasks)))
        case SAGA__V1__ATTACH_RESPONSE__MESSAGE_DRAIN:
            let drain = try unsafe required(message.pointee.drain, "", "drain")
            return try unsafe .drain(
                reason: text(drain.pointee.reason, "drain.", "reason"),
                reconnectAfter: wait(drain.pointee.reconnect_after, "drain.", "reconnect_after"))
        default:  // no member of the oneof is set, or one of a later release
            throw CodecFailure("message", .unset)
        }
    }

    private static func welcome(
        _ message: UnsafeMutablePointer<Saga__V1__Welcome>
    ) throws(CodecFailure) -> Welcome {
        // SAFETY: the message and all it points to live in the arena.
        guard
            let interval = try unsafe wait(
                message.pointee.heartbeat_interval, "welcome.", "heartbeat_interval"),
            interval > .zero
        else { throw CodecFailure("welcome.heartbeat_interval", .unset) }
        let (position, stillLive) = unsafe endedBelow(message.pointee.ended_below)
        return try unsafe Welcome(
            lineage: sagaID(message.pointee.lineage, "welcome.", "lineage"),
            epoch: Epoch(message.pointee.epoch), life: message.pointee.life,
            generation: message.pointee.generation, heartbeatInterval: interval,
            grace: wait(message.pointee.grace, "welcome.", "grace") ?? .zero,
            outputLimit: message.pointee.output_limit, endedBelow: position,
            stillLive: stillLive)
    }

    /// The bound and what still lives below it; left out, which is "unchanged", it is the lowest
    /// bound.
    private static func endedBelow(
        _ message: UnsafeMutablePointer<Saga__V1__EndedBelow>?
    ) -> (JournalPosition, [JournalPosition]) {
        // SAFETY: the message lives in the arena, and as many numbers are there as are counted.
        guard let message = unsafe message else { return (.none, []) }
        let stillLive = unsafe UnsafeBufferPointer(
            start: message.pointee.still_live, count: message.pointee.n_still_live)
        return unsafe (
            JournalPosition(message.pointee.position), stillLive.map(JournalPosition.init)
        )
    }
}
