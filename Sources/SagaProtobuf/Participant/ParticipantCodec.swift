internal import CSagaProtos
package import SagaModel

/// The messages of `ParticipantService.Attach`, both ways.
package enum ParticipantCodec {
    /// Appends what a participant says.
    package static func encode(
        _ message: borrowing ParticipantMessage, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { unsafe $0.attachRequest(message) }
    }

    /// Reads what a participant says.
    package static func decodeRequest(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> ParticipantMessage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__attach_request__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.attachRequest(message, limits)
        }
    }

    /// Reads what the coordinator says.
    package static func decodeResponse(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> CoordinatorMessage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__attach_response__unpack) {
            message throws(CodecFailure) in
            try unsafe MessageReader.attachResponse(message, limits)
        }
    }

    /// Appends a task for a participant.
    package static func encodeTask(
        _ order: borrowing TaskOrder, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back; with each
        // member of a union its case is set.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__attach_response__init)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_RESPONSE__MESSAGE_TASK
            unsafe message.pointee.task = arena.task(order)
            return unsafe message
        }
    }

    /// Appends the answer to a Hello.
    package static func encodeWelcome(
        _ welcome: Welcome, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: as `encodeTask`.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__attach_response__init)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_RESPONSE__MESSAGE_WELCOME
            unsafe message.pointee.welcome = arena.welcome(welcome)
            return unsafe message
        }
    }

    /// Appends word that an attempt need not go on.
    package static func encodeCancel(
        _ attempt: TaskAttempt, _ cause: CancelCause, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: as `encodeTask`.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__attach_response__init)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_RESPONSE__MESSAGE_CANCEL
            unsafe message.pointee.cancel = arena.cancel(attempt, cause)
            return unsafe message
        }
    }

    /// Appends what became of a result.
    package static func encodeResultAck(
        _ attempt: TaskAttempt, _ disposition: ResultDisposition, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: as `encodeTask`.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__attach_response__init)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_RESPONSE__MESSAGE_RESULT_ACK
            unsafe message.pointee.result_ack = arena.resultAck(attempt, disposition)
            return unsafe message
        }
    }

    /// Appends the answer to a heartbeat.
    package static func encodeHeartbeatAck(
        _ ack: HeartbeatAck, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: as `encodeTask`.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__attach_response__init)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_RESPONSE__MESSAGE_HEARTBEAT_ACK
            unsafe message.pointee.heartbeat_ack = arena.heartbeatAck(ack)
            return unsafe message
        }
    }

    /// Appends word that the coordinator is about to leave.
    package static func encodeDrain(
        reason: String, reconnectAfter: Duration?, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: as `encodeTask`.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__attach_response__init)
            unsafe message.pointee.message_case = SAGA__V1__ATTACH_RESPONSE__MESSAGE_DRAIN
            unsafe message.pointee.drain = arena.drain(reason, reconnectAfter)
            return unsafe message
        }
    }
}
