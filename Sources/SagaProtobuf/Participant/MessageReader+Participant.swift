internal import CSagaProtos
internal import SagaModel

/// What participants say.
extension MessageReader {
    /// One message on a participant's stream.
    static func attachRequest(
        _ message: UnsafeMutablePointer<Saga__V1__AttachRequest>, _ limits: CodecLimits
    ) throws(CodecFailure) -> ParticipantMessage {
        // SAFETY: the case says which member of the union is set; what it points to lives in the
        // arena.
        switch unsafe message.pointee.message_case {
        case SAGA__V1__ATTACH_REQUEST__MESSAGE_HELLO:
            return .hello(
                try unsafe hello(required(message.pointee.hello, "", "hello"), limits))
        case SAGA__V1__ATTACH_REQUEST__MESSAGE_RESULT:
            let result = try unsafe required(message.pointee.result, "", "result")
            let outcome = try unsafe required(result.pointee.outcome, "result.", "outcome")
            return try unsafe .result(
                TaskResult(
                    attempt: TaskAttempt(
                        task: task(result.pointee.task, "result."),
                        token: token(result.pointee.token, "result.")),
                    outcome: self.outcome(outcome, "result.outcome.", limits)))
        case SAGA__V1__ATTACH_REQUEST__MESSAGE_HEARTBEAT:
            let heartbeat = try unsafe required(message.pointee.heartbeat, "", "heartbeat")
            if unsafe heartbeat.pointee.n_attempts > limits.attempts {
                throw CodecFailure("heartbeat.attempts", .tooMany(limit: limits.attempts))
            }
            let attempts = try unsafe list(
                heartbeat.pointee.attempts, heartbeat.pointee.n_attempts, "heartbeat.attempts"
            ) { sign throws(CodecFailure) in
                // SAFETY: the message and all it points to live in the arena.
                try unsafe AttemptSign(
                    TaskAttempt(
                        task: task(sign.pointee.task, ""), token: token(sign.pointee.token, "")),
                    progress: optionalPayload(sign.pointee.progress, "", "progress", limits))
            }
            return .heartbeat(attempts)
        case SAGA__V1__ATTACH_REQUEST__MESSAGE_DRAINING:
            let draining = try unsafe required(message.pointee.draining, "", "draining")
            return .draining(
                within: try unsafe wait(draining.pointee.within, "draining.", "within"))
        default:  // no member of the oneof is set, or one of a later release
            throw CodecFailure("message", .unset)
        }
    }

    private static func hello(
        _ message: UnsafeMutablePointer<Saga__V1__Hello>, _ limits: CodecLimits
    ) throws(CodecFailure) -> Hello {
        // SAFETY: the message and all it points to live in the arena.
        if unsafe message.pointee.n_handlers > limits.handlers {
            throw CodecFailure("hello.handlers", .tooMany(limit: limits.handlers))
        }
        if unsafe message.pointee.n_running + message.pointee.n_finished > limits.attempts {
            throw CodecFailure("hello.running", .tooMany(limit: limits.attempts))
        }
        if unsafe message.pointee.n_known_lives > limits.attempts {
            throw CodecFailure("hello.known_lives", .tooMany(limit: limits.attempts))
        }
        let participant = try unsafe ParticipantName(
            namespace: namespace(message.pointee.namespace_, limits, "hello."),
            name: requiredText(
                message.pointee.participant, "hello.", "participant", limit: limits.nameBytes),
            instance: requiredText(
                message.pointee.instance, "hello.", "instance", limit: limits.nameBytes))
        return try unsafe Hello(
            participant: participant, protocolVersion: message.pointee.protocol_version,
            sdkVersion: text(message.pointee.sdk, "hello.", "sdk", limit: limits.nameBytes),
            serviceVersion: text(
                message.pointee.service_version, "hello.", "service_version",
                limit: limits.nameBytes),
            handlers: list(
                message.pointee.handlers, message.pointee.n_handlers, "hello.handlers"
            ) { offer throws(CodecFailure) in
                try unsafe self.offer(offer, limits)
            },
            slots: message.pointee.slots, undoSlots: message.pointee.undo_slots,
            running: list(
                message.pointee.running, message.pointee.n_running, "hello.running", attempt),
            holdingResults: list(
                message.pointee.finished, message.pointee.n_finished, "hello.finished", attempt),
            epochsMet: list(
                message.pointee.known_lives, message.pointee.n_known_lives, "hello.known_lives",
                knownLife))
    }

    private static func offer(
        _ message: UnsafeMutablePointer<Saga__V1__HandlerOffer>, _ limits: CodecLimits
    ) throws(CodecFailure) -> HandlerOffer {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe HandlerOffer(
            name: requiredText(message.pointee.handler, "", "handler", limit: limits.nameBytes),
            hasCompensation: message.pointee.has_compensation != 0)
    }

    private static func attempt(
        _ message: UnsafeMutablePointer<Saga__V1__AttemptRef>
    ) throws(CodecFailure) -> TaskAttempt {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe TaskAttempt(
            task: task(message.pointee.task, ""), token: token(message.pointee.token, ""))
    }

    private static func knownLife(
        _ message: UnsafeMutablePointer<Saga__V1__KnownLife>
    ) throws(CodecFailure) -> EpochMet {
        // SAFETY: the message and all it points to live in the arena.
        try unsafe EpochMet(
            lineage: sagaID(message.pointee.lineage, "", "lineage"),
            epoch: Epoch(message.pointee.epoch), life: message.pointee.life)
    }
}
