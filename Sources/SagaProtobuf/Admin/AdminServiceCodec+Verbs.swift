internal import CSagaProtos
package import SagaModel

/// The verbs over sagas.
///
/// Their requests are all made of the fields of that of `SkipStep` under the same numbers, and
/// their answers of those of `AbandonSaga`, but for that of `CompensateSaga`; so one form serves
/// all of them.
extension AdminServiceCodec {
    /// Appends the request of a verb.
    package static func encodeVerbRequest(
        _ request: VerbMessage, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__skip_step_request__init)
            unsafe message.pointee.namespace_ = arena.text(request.namespace)
            unsafe message.pointee.saga = arena.sagaRef(request.saga)
            unsafe message.pointee.reason = arena.text(request.reason)
            unsafe message.pointee.step = arena.text(request.step)
            if let output = request.output {
                unsafe message.pointee.output = arena.presentPayload(output)
            }
            return unsafe message
        }
    }

    /// Reads the request of a verb.
    package static func decodeVerb(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> VerbMessage {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__skip_step_request__unpack) {
            message throws(CodecFailure) in
            let output = unsafe message.pointee.output
            return try unsafe VerbMessage(
                namespace: MessageReader.namespace(message.pointee.namespace_, limits),
                saga: MessageReader.saga(message.pointee.saga, limits),
                step: MessageReader.text(
                    message.pointee.step, "", "step", limit: limits.nameBytes),
                output: output == nil
                    ? nil : MessageReader.payload(output, "", "output", limits),
                reason: MessageReader.text(
                    message.pointee.reason, "", "reason", limit: limits.reasonBytes))
        }
    }

    /// Appends the answer to a verb.
    package static func encodeVerb(
        _ answer: VerbAnswer, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__abandon_saga_response__init)
            unsafe message.pointee.saga_id = arena.text(answer.saga)
            unsafe message.pointee.state = answer.state.wireNumber
            unsafe message.pointee.n_left = answer.left.count
            unsafe message.pointee.left = arena.list(answer.left) { arena, effect in
                // SAFETY: the message lives in the arena until the next reset.
                let left = unsafe arena.make(saga__v1__left_effect__init)
                unsafe left.pointee.step = arena.text(effect.step)
                unsafe left.pointee.undo_need =
                    effect.isKnown
                    ? SAGA__V1__UNDO_NEED__UNDO_NEED_KNOWN
                    : SAGA__V1__UNDO_NEED__UNDO_NEED_IN_DOUBT
                return unsafe left
            }
            return unsafe message
        }
    }

    /// Appends a CompensateSagaResponse.
    package static func encodeCompensateSaga(
        _ answer: VerbAnswer, into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__compensate_saga_response__init)
            unsafe message.pointee.saga_id = arena.text(answer.saga)
            unsafe message.pointee.state = answer.state.wireNumber
            unsafe message.pointee.no_effect = answer.hadEffect ? 0 : 1
            return unsafe message
        }
    }

    /// Reads the answer to a verb other than `CompensateSaga`.
    package static func decodeVerbResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> VerbAnswer {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__abandon_saga_response__unpack) {
            message throws(CodecFailure) in
            let left = try unsafe MessageReader.list(
                message.pointee.left, message.pointee.n_left, "left"
            ) { effect throws(CodecFailure) in
                try unsafe LeftEffect(
                    step: MessageReader.text(effect.pointee.step, "", "step"),
                    isKnown: effect.pointee.undo_need == SAGA__V1__UNDO_NEED__UNDO_NEED_KNOWN)
            }
            return try unsafe VerbAnswer(
                saga: MessageReader.sagaID(message.pointee.saga_id, "", "saga_id"),
                state: MessageReader.value(message.pointee.state, "", "state"), hadEffect: true,
                waitsForPivot: false, isSuspended: false, left: left)
        }
    }

    /// Reads a CompensateSagaResponse.
    package static func decodeCompensateSagaResponse(
        _ bytes: Span<UInt8>, arena: inout DecodingArena
    ) throws(CodecFailure) -> VerbAnswer {
        // SAFETY: the message is read before anything of the arena is taken back.
        try unsafe arena.unpack(bytes, with: saga__v1__compensate_saga_response__unpack) {
            message throws(CodecFailure) in
            try unsafe VerbAnswer(
                saga: MessageReader.sagaID(message.pointee.saga_id, "", "saga_id"),
                state: MessageReader.value(message.pointee.state, "", "state"),
                hadEffect: message.pointee.no_effect == 0, waitsForPivot: false,
                isSuspended: false, left: [])
        }
    }
}
