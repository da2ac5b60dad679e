internal import CSagaProtos
internal import SagaModel

/// What the coordinator says to participants, but for tasks.
extension EncodingArena {
    /// The session is open.
    mutating func welcome(_ welcome: Welcome) -> UnsafeMutablePointer<Saga__V1__Welcome> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__welcome__init)
        unsafe message.pointee.lineage = text(welcome.lineage)
        unsafe message.pointee.epoch = welcome.epoch.rawValue
        unsafe message.pointee.life = welcome.life
        unsafe message.pointee.generation = welcome.generation
        unsafe message.pointee.heartbeat_interval = duration(welcome.heartbeatInterval)
        unsafe message.pointee.grace = duration(welcome.grace)
        unsafe message.pointee.output_limit = welcome.outputLimit
        unsafe message.pointee.ended_below = endedBelow(welcome.endedBelow, welcome.stillLive)
        unsafe message.pointee.protocol_version = 1
        return unsafe message
    }

    private mutating func endedBelow(
        _ position: JournalPosition, _ stillLive: [JournalPosition]
    ) -> UnsafeMutablePointer<Saga__V1__EndedBelow> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__ended_below__init)
        unsafe message.pointee.position = position.rawValue
        unsafe message.pointee.n_still_live = stillLive.count
        unsafe message.pointee.still_live = numbers(stillLive, \.rawValue)
        return unsafe message
    }

    /// An attempt need not go on.
    mutating func cancel(
        _ attempt: TaskAttempt, _ cause: CancelCause
    ) -> UnsafeMutablePointer<Saga__V1__Cancel> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__cancel__init)
        unsafe message.pointee.task = task(attempt.task)
        unsafe message.pointee.token = token(attempt.token)
        unsafe message.pointee.reason = cause.wireNumber
        return unsafe message
    }

    /// A result need not be kept any longer.
    mutating func resultAck(
        _ attempt: TaskAttempt, _ disposition: ResultDisposition
    ) -> UnsafeMutablePointer<Saga__V1__ResultAck> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__result_ack__init)
        unsafe message.pointee.task = task(attempt.task)
        unsafe message.pointee.token = token(attempt.token)
        unsafe message.pointee.disposition = disposition.wireNumber
        return unsafe message
    }

    /// The answer to a heartbeat.
    mutating func heartbeatAck(
        _ ack: HeartbeatAck
    ) -> UnsafeMutablePointer<Saga__V1__HeartbeatAck> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__heartbeat_ack__init)
        unsafe message.pointee.ended_below = endedBelow(ack.endedBelow, ack.stillLive)
        unsafe message.pointee.waiting_tasks = UInt64(ack.waitingTasks)
        return unsafe message
    }

    /// The coordinator is about to leave.
    mutating func drain(
        _ reason: String, _ reconnectAfter: Duration?
    ) -> UnsafeMutablePointer<Saga__V1__Drain> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__drain__init)
        unsafe message.pointee.reason = text(reason)
        unsafe message.pointee.reconnect_after = duration(reconnectAfter)
        return unsafe message
    }
}

extension CancelCause: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__CancelReason {
        switch self {
        case .goingBack: SAGA__V1__CANCEL_REASON__CANCEL_REASON_GOING_BACK
        case .timedOut: SAGA__V1__CANCEL_REASON__CANCEL_REASON_STEP_TIMEOUT
        case .stale: SAGA__V1__CANCEL_REASON__CANCEL_REASON_NOT_CURRENT
        case .sagaCancelled: SAGA__V1__CANCEL_REASON__CANCEL_REASON_SAGA_CANCELLED
        case .sagaTimedOut: SAGA__V1__CANCEL_REASON__CANCEL_REASON_SAGA_TIMEOUT
        case .heartbeatMissed: SAGA__V1__CANCEL_REASON__CANCEL_REASON_HEARTBEAT_MISSED
        case .sagaAbandoned: SAGA__V1__CANCEL_REASON__CANCEL_REASON_SAGA_ABANDONED
        case .settledByHand: SAGA__V1__CANCEL_REASON__CANCEL_REASON_SETTLED_BY_HAND
        }
    }
}
