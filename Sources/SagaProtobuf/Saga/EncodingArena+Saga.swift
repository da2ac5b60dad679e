internal import CSagaProtos
internal import SagaModel

/// Sagas as they are shown.
extension EncodingArena {
    /// A saga with the parts that were asked for.
    mutating func saga(
        _ status: SagaStatus, _ view: SagaView
    ) -> UnsafeMutablePointer<Saga__V1__Saga> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__saga__init)
        unsafe message.pointee.saga_id = text(status.id)
        unsafe message.pointee.namespace_ = text(status.namespace)
        unsafe message.pointee.definition = definitionRef(status.definition, status.version)
        unsafe message.pointee.key = text(status.keyIsRandom ? "" : status.key)
        unsafe message.pointee.state = status.state.wireNumber
        unsafe message.pointee.state_since = instant(status.stateSince)
        unsafe message.pointee.created_at = instant(status.startedAt)
        unsafe message.pointee.started_at = instant(
            status.state == .pending ? nil : status.more.runningSince ?? status.startedAt)
        unsafe message.pointee.ended_at = instant(status.endedAt)
        unsafe message.pointee.started_by = principal(status.principal)
        let labels = status.labels.map { Label(name: $0.key, value: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        unsafe message.pointee.n_labels = labels.count
        unsafe message.pointee.labels = pairs(labels, saga__v1__saga__labels_entry__init)
        let current = status.steps.filter(\.isCurrent).map(\.name)
        unsafe message.pointee.n_current_steps = current.count
        unsafe message.pointee.current_steps = texts(current)
        unsafe message.pointee.n_attention = status.attentionDetails.count
        let id = status.id
        unsafe message.pointee.attention = list(status.attentionDetails) {
            unsafe $0.attention($1, of: id)
        }
        if let fault = status.failure {
            unsafe message.pointee.went_back = wentBack(fault, status.more.sentBackBy)
        }
        if let fault = status.compensationFailure {
            unsafe message.pointee.compensation_failure = stepFailure(fault)
        }
        if let digest = status.digest {
            unsafe message.pointee.definition_digest = self.digest(digest)
        }
        unsafe set(status.more, view, in: message)
        if view.payloads { unsafe message.pointee.input = payload(status.input) }
        if view.output, let output = status.output {
            unsafe message.pointee.output = presentPayload(output)
        }
        if view.steps {
            unsafe message.pointee.n_steps = status.steps.count
            unsafe message.pointee.steps = list(status.steps) {
                unsafe $0.step($1, view)
            }
        }
        unsafe message.pointee.n_omitted = status.omitted.count
        unsafe message.pointee.omitted = list(status.omitted) { unsafe $0.omitted($1) }
        return unsafe message
    }

    private mutating func omitted(
        _ part: OmittedPart
    ) -> UnsafeMutablePointer<Saga__V1__OmittedPart> {
        // SAFETY: the message lives in this arena until the next reset.
        let message = unsafe make(saga__v1__omitted_part__init)
        unsafe message.pointee.step = text(part.step)
        unsafe message.pointee.part = part.part.wireNumber
        unsafe message.pointee.bytes = UInt64(clamping: part.bytes)
        unsafe message.pointee.content_type = text(part.contentType)
        return unsafe message
    }

    /// A row of a list of sagas, which is a saga without most of its summary.
    mutating func saga(
        _ row: SagaRow, namespace: String
    ) -> UnsafeMutablePointer<Saga__V1__Saga> {
        // SAFETY: the messages live in this arena until the next reset.
        let message = unsafe make(saga__v1__saga__init)
        unsafe message.pointee.saga_id = text(row.id)
        unsafe message.pointee.namespace_ = text(namespace)
        unsafe message.pointee.definition = definitionRef(row.definition, row.version)
        unsafe message.pointee.key = text(row.key)
        unsafe message.pointee.state = row.state.wireNumber
        unsafe message.pointee.state_since = instant(row.stateSince)
        unsafe message.pointee.created_at = instant(row.startedAt)
        unsafe message.pointee.started_at = instant(row.startedAt)
        unsafe message.pointee.ended_at = instant(row.endedAt)
        let current = row.step.isEmpty ? [] : [row.step]
        unsafe message.pointee.n_current_steps = current.count
        unsafe message.pointee.current_steps = texts(current)
        if row.isSuspended {
            unsafe message.pointee.suspension = make(saga__v1__suspension__init)
        }
        unsafe message.pointee.n_attention = row.attention.count
        unsafe message.pointee.attention = list(row.attention) {
            unsafe $0.attention($1, of: row.id)
        }
        return unsafe message
    }
}

extension StepStatus {
    /// Whether the saga is at this step, forward or back.
    fileprivate var isCurrent: Bool {
        switch state {
        case .scheduled, .running, .compensating: true
        case .pending, .succeeded, .failed, .skipped, .compensated, .compensationFailed: false
        }
    }
}
