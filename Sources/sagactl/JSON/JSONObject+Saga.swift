internal import SagaModel

// `saga.v1.Saga` and what is in it.

extension JSONObject {
    /// A whole saga.
    ///
    /// - Parameter hasPayloads: whether the parts of the view `payloads` are in it.
    init(_ saga: SagaStatus, hasPayloads: Bool) {
        self.init()
        set("sagaId", saga.id.description)
        set("namespace", saga.namespace)
        set("definition", JSONObject(definition: saga.definition, saga.version))
        if let digest = saga.digest { set("definitionDigest", digest.bytes) }
        set("key", saga.keyIsRandom ? "" : saga.key)
        set("state", ProtoNames.state(saga.state))
        set("stateSince", saga.stateSince)
        set("createdAt", saga.startedAt)
        let more = saga.more
        set("startAt", more.startAt)
        set("startedAt", saga.state == .pending ? nil : more.runningSince ?? saga.startedAt)
        set("deadline", more.deadline)
        set("endedAt", saga.endedAt)
        set("startedBy", JSONObject(saga.principal))
        set("labels", saga.labels)
        set("currentSteps", saga.steps.filter(\.isCurrent).map(\.name))
        set("suspension", more.suspension.map { JSONObject($0) })
        set("attention", saga.attentionDetails.map { JSONObject($0, of: saga.id) })
        set("wentBack", saga.failure.map { JSONObject(wentBack: $0, more.sentBackBy) })
        set("compensationFailure", saga.compensationFailure.map { JSONObject($0) })
        set("parking", more.parking.map { JSONObject($0) })
        set("cancelRequest", more.cancelRequest.map { JSONObject($0) })
        set("abandonment", Self.abandonment(more))
        set("parent", more.parent.map { JSONObject($0) })
        set("replaces", more.replaces.map { "\($0)" } ?? "")
        set("replacedBy", more.replacedBy.map { "\($0)" } ?? "")
        if hasPayloads { set("input", JSONObject(saga.input)) }
        set("output", saga.output.map { JSONObject($0) })
        let steps = saga.steps.map {
            JSONObject($0, hasPayloads: hasPayloads)
        }
        set("steps", steps)
        set("verbs", more.verbs.map { JSONObject($0) })
        set("omitted", saga.omitted.map { JSONObject($0) })
    }

    private init(_ omitted: OmittedPart) {
        self.init()
        set("step", omitted.step)
        set("part", ProtoNames.part(omitted.part))
        set("bytes", UInt64(omitted.bytes))
        set("contentType", omitted.contentType)
    }

    /// A row of a list: the summary of a saga.
    init(_ row: SagaRow) {
        self.init()
        set("sagaId", row.id.description)
        set("definition", JSONObject(definition: row.definition, row.version))
        set("key", row.key)
        set("state", ProtoNames.state(row.state))
        set("stateSince", row.stateSince)
        set("createdAt", row.startedAt)
        set("startedAt", row.state == .pending ? nil : row.startedAt)
        set("endedAt", row.endedAt)
        set("currentSteps", row.step.isEmpty ? [] : [row.step])
        if row.isSuspended { set("suspension", JSONObject()) }
        set("attention", row.attention.map { JSONObject($0, of: row.id) })
    }

    init(definition name: String, _ version: UInt32) {
        self.init()
        set("name", name)
        set("version", version)
    }

    init(_ principal: Principal) {
        self.init()
        set("name", principal.name)
        set("verified", principal.isVerified)
    }

    private init(_ attention: Attention, of saga: SagaID) {
        self.init()
        set("reason", ProtoNames.attention(attention.reason))
        if !attention.step.isEmpty {
            var task = JSONObject()
            task.set("sagaId", "\(saga)")
            task.set("step", attention.step)
            task.set("direction", ProtoNames.direction(attention.direction))
            set("task", task)
        }
        set("since", attention.since)
        set("lastFailure", attention.lastFailure.map { JSONObject($0) })
        set("nextAttemptAt", attention.nextAttemptAt)
        set("failures", attention.failures)
        set("handler", attention.handler)
    }

    init(_ payload: Payload) {
        self.init()
        set("contentType", payload.contentType)
        set("data", payload.bytes)
    }

    init(_ failure: Failure) {
        self.init()
        set("code", failure.code)
        set("message", failure.message)
        set("details", failure.details.map { JSONObject($0) })
    }

    /// `StepFailure`; of the token only the number is known here.
    init(_ fault: SagaFault) {
        self.init()
        set("step", fault.step)
        set("failure", JSONObject(fault.failure))
        if fault.attempt > 0 {
            var token = JSONObject()
            token.set("number", fault.attempt)
            set("token", token)
        }
        set("participant", Self.participant(fault.instance))
        set("at", fault.at)
    }

    /// `WentBack`; without a step the failure's code tells what made it.
    private init(wentBack fault: SagaFault, _ entry: VerbEntry?) {
        self.init()
        set("cause", fault.step.isEmpty ? Self.cause(fault.failure.code) : Self.stepCause)
        set("failure", JSONObject(fault))
        set("verb", entry.map { JSONObject($0) })
    }

    private static let stepCause = "WENT_BACK_CAUSE_STEP"

    private static func cause(_ code: String) -> String {
        switch code {
        case "timeout": "WENT_BACK_CAUSE_TIMEOUT"
        case "compensate": "WENT_BACK_CAUSE_OPERATOR"
        case "parent": "WENT_BACK_CAUSE_PARENT"
        default: "WENT_BACK_CAUSE_CANCELLED"  // and what is unknown
        }
    }

    /// `ParticipantRef` of `payments/p-1`; nil for nobody.
    static func participant(_ name: String) -> JSONObject? {
        guard !name.isEmpty else { return nil }
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        var object = JSONObject()
        object.set("name", parts[0])
        object.set("instance", parts.count > 1 ? parts[1] : "")
        return object
    }
}
