internal import CSagaProtos
package import SagaModel

/// Answers to deferred attempts, and the opaque token that names one.
extension ParticipantCodec {
    /// The token that a handler gets: namespace, task and token in base64url, without padding.
    package static func taskToken(
        _ attempt: TaskAttempt, namespace: String, arena: inout EncodingArena
    ) -> String {
        var bytes: [UInt8] = []
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__task_token__init)
            unsafe message.pointee.namespace_ = arena.text(namespace)
            unsafe message.pointee.task = arena.task(attempt.task)
            unsafe message.pointee.token = arena.token(attempt.token)
            return unsafe message
        }
        return Base64URL.encode(bytes)
    }

    /// Appends a CompleteTaskRequest.
    package static func encodeCompleteTaskRequest(
        taskToken: String, _ outcome: AttemptOutcome, into bytes: inout [UInt8],
        arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__complete_task_request__init)
            unsafe message.pointee.task_token = arena.text(taskToken)
            unsafe message.pointee.outcome = arena.outcome(outcome)
            return unsafe message
        }
    }

    /// Reads a CompleteTaskRequest: only succeeded, failed and retry can be given.
    package static func decodeCompleteTask(
        _ bytes: Span<UInt8>, limits: CodecLimits, arena: inout DecodingArena
    ) throws(CodecFailure) -> CompleteRequest {
        // SAFETY: the message is read before anything of the arena is taken back.
        let (given, text, outcome) = try unsafe arena.unpack(
            bytes, with: saga__v1__complete_task_request__unpack
        ) { message throws(CodecFailure) -> (String, String, AttemptOutcome) in
            let outcome = try unsafe MessageReader.required(
                message.pointee.outcome, "", "outcome")
            return try unsafe (
                MessageReader.text(
                    message.pointee.namespace_, "", "namespace", limit: limits.nameBytes),
                MessageReader.requiredText(
                    message.pointee.task_token, "", "task_token",
                    limit: limits.failureMessageBytes),
                MessageReader.outcome(outcome, "outcome.", limits)
            )
        }
        switch outcome {
        case .succeeded, .failed, .retry: break
        case .notYet, .deferred, .hold, .refused, .unknown, .declined:
            throw CodecFailure(
                "outcome.kind", .wrong("must be succeeded, failed or retry in CompleteTask"))
        }
        let noToken = CodecFailure("task_token", .wrong("is not the token of a task"))
        guard let packed = Base64URL.decode(text) else { throw noToken }
        let (namespace, attempt): (String, TaskAttempt)
        do throws(CodecFailure) {
            // SAFETY: as above.
            (namespace, attempt) = try unsafe arena.unpack(
                packed.span, with: saga__v1__task_token__unpack
            ) { message throws(CodecFailure) -> (String, TaskAttempt) in
                try unsafe (
                    MessageReader.namespace(message.pointee.namespace_, limits),
                    TaskAttempt(
                        task: MessageReader.task(message.pointee.task, ""),
                        token: MessageReader.token(message.pointee.token, ""))
                )
            }
        } catch {
            throw noToken
        }
        guard given.isEmpty || given == namespace else {
            throw CodecFailure("namespace", .wrong("is not that of the task token"))
        }
        return CompleteRequest(namespace: namespace, attempt: attempt, outcome: outcome)
    }

    /// Appends a CompleteTaskResponse.
    package static func encodeCompleteTask(
        into bytes: inout [UInt8], arena: inout EncodingArena
    ) {
        // SAFETY: the message is packed before anything of the arena is taken back.
        unsafe arena.pack(into: &bytes) { arena in
            let message = unsafe arena.make(saga__v1__complete_task_response__init)
            unsafe message.pointee.disposition = ResultDisposition.taken.wireNumber
            return unsafe message
        }
    }
}
