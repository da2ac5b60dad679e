internal import CSagaProtos
internal import SagaModel

/// Sagas as clients are shown them.
///
/// A client must be able to read what a later coordinator says, so values of enumerations that it
/// does not know are passed over where that tells nothing wrong.
extension MessageReader {
    /// A saga.
    ///
    /// - Parameter observedAt: when the coordinator looked, if the answer says so.
    static func saga(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>, observedAt: Instant?,
        _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaStatus {
        // SAFETY: the message and all it points to live in the arena.
        let definition = try unsafe required(message.pointee.definition, "saga.", "definition")
        let startedAt = try unsafe requiredInstant(
            message.pointee.created_at, "saga.", "created_at")
        let endedAt = try unsafe instant(message.pointee.ended_at, "saga.", "ended_at")
        let since = try unsafe instant(message.pointee.state_since, "saga.", "state_since")
        let labels = try unsafe pairs(
            message.pointee.labels, message.pointee.n_labels, "saga.labels")
        var failure: SagaFault?
        if let wentBack = unsafe message.pointee.went_back {
            failure = try unsafe fault(wentBack.pointee.failure, limits)
        }
        let undone = unsafe message.pointee.compensation_failure
        let output = unsafe message.pointee.output
        var saga = try unsafe SagaStatus(
            id: sagaID(message.pointee.saga_id, "saga.", "saga_id"),
            namespace: text(message.pointee.namespace_, "saga.", "namespace"),
            definition: text(definition.pointee.name, "saga.definition.", "name"),
            version: definition.pointee.version,
            key: text(message.pointee.key, "saga.", "key"), keyIsRandom: false,
            state: value(message.pointee.state, "saga.", "state"),
            attention: [], startedAt: startedAt, endedAt: endedAt,
            observedAt: observedAt ?? endedAt ?? since ?? startedAt,
            principal: principal(message.pointee.started_by, "saga.started_by."),
            labels: Dictionary(
                labels.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last }),
            steps: list(message.pointee.steps, message.pointee.n_steps, "saga.steps") {
                step throws(CodecFailure) in
                try unsafe self.step(step, limits)
            }, failure: failure,
            compensationFailure: undone == nil ? nil : fault(undone, limits),
            input: payload(message.pointee.input, "saga.", "input", limits),
            output: output == nil ? nil : payload(output, "saga.", "output", limits),
            stateSince: since, attentionDetails: attention(message, limits),
            digest: shownDigest(message.pointee.definition_digest),
            more: more(message, startedAt, limits))
        saga.omitted = try unsafe list(
            message.pointee.omitted, message.pointee.n_omitted, "saga.omitted", omitted
        ).compactMap(\.self)
        return saga
    }

    /// What was left out; nil if only a later release has such a part.
    private static func omitted(
        _ message: UnsafeMutablePointer<Saga__V1__OmittedPart>
    ) throws(CodecFailure) -> OmittedPart? {
        // SAFETY: the message and all it points to live in the arena.
        let number = unsafe message.pointee.part
        guard let part = SagaPart.wireCases.first(where: { $0.wireNumber == number }) else {
            return nil
        }
        return try unsafe OmittedPart(
            step: text(message.pointee.step, "saga.omitted.", "step"), part: part,
            bytes: Int(clamping: message.pointee.bytes),
            contentType: text(message.pointee.content_type, "saga.omitted.", "content_type"))
    }

    /// A digest; nil if none is said.
    private static func shownDigest(
        _ bytes: ProtobufCBinaryData
    ) throws(CodecFailure) -> Digest256? {
        // SAFETY: the bytes live in the arena.
        unsafe bytes.len == 0 ? nil : try digest(bytes, "saga.definition_digest")
    }

    /// A row of a list of sagas.
    static func row(
        _ message: UnsafeMutablePointer<Saga__V1__Saga>
    ) throws(CodecFailure) -> SagaRow {
        // SAFETY: the message and all it points to live in the arena.
        let definition = try unsafe required(message.pointee.definition, "", "definition")
        let current = try unsafe texts(
            message.pointee.current_steps, message.pointee.n_current_steps, "", "current_steps")
        return try unsafe SagaRow(
            id: sagaID(message.pointee.saga_id, "", "saga_id"),
            definition: text(definition.pointee.name, "definition.", "name"),
            version: definition.pointee.version, key: text(message.pointee.key, "", "key"),
            state: value(message.pointee.state, "", "state"),
            attention: attention(message, CodecLimits()), step: current.first ?? "",
            startedAt: requiredInstant(message.pointee.created_at, "", "created_at"),
            endedAt: instant(message.pointee.ended_at, "", "ended_at"),
            stateSince: instant(message.pointee.state_since, "", "state_since"),
            isSuspended: message.pointee.suspension != nil)
    }

    static func fault(
        _ message: UnsafeMutablePointer<Saga__V1__StepFailure>?, _ limits: CodecLimits
    ) throws(CodecFailure) -> SagaFault {
        // SAFETY: the message and all it points to live in the arena.
        let message = try unsafe required(message, "saga.", "failure")
        let token = unsafe message.pointee.token
        return try unsafe SagaFault(
            step: text(message.pointee.step, "saga.failure.", "step"),
            failure: failure(message.pointee.failure, "saga.failure.", "failure", limits),
            attempt: token?.pointee.number ?? 0,
            instance: participant(message.pointee.participant),
            at: requiredInstant(message.pointee.at, "saga.failure.", "at"))
    }

    /// What a saga runs by; nil if nobody says.
    static func definitionVersion(
        _ message: UnsafeMutablePointer<Saga__V1__DefinitionRef>?
    ) throws(CodecFailure) -> DefinitionVersion? {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return nil }
        return try unsafe DefinitionVersion(
            name: text(message.pointee.name, "definition.", "name"),
            version: message.pointee.version)
    }

    /// An instance by the name that the model has for it, `payments/p-1`; empty for none.
    static func participant(
        _ message: UnsafeMutablePointer<Saga__V1__ParticipantRef>?
    ) throws(CodecFailure) -> String {
        // SAFETY: the message and all it points to live in the arena.
        guard let message = unsafe message else { return "" }
        let name = try unsafe text(message.pointee.name, "participant.", "name")
        let instance = try unsafe text(message.pointee.instance, "participant.", "instance")
        return instance.isEmpty ? name : "\(name)/\(instance)"
    }
}
