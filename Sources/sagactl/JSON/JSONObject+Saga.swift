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
        set("key", saga.keyIsRandom ? "" : saga.key)
        set("state", ProtoNames.state(saga.state))
        set("stateSince", saga.stateSince)
        set("createdAt", saga.startedAt)
        set("startedAt", saga.state == .pending ? nil : saga.startedAt)
        set("endedAt", saga.endedAt)
        set("startedBy", JSONObject(saga.principal))
        set("labels", saga.labels)
        set("currentSteps", saga.steps.filter(\.isCurrent).map(\.name))
        set("attention", saga.attention.map { JSONObject($0) })
        set("wentBack", saga.failure.map { JSONObject(wentBack: $0) })
        set("compensationFailure", saga.compensationFailure.map { JSONObject($0) })
        if hasPayloads { set("input", JSONObject(saga.input)) }
        set("output", saga.output.map { JSONObject($0) })
        let steps = saga.steps.map {
            JSONObject($0, hasPayloads: hasPayloads)
        }
        set("steps", steps)
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
        set("attention", row.attention.map { JSONObject($0) })
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

    private init(_ reason: AttentionReason) {
        self.init()
        set("reason", ProtoNames.attention(reason))
    }

    private init(_ payload: Payload) {
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
    private init(_ fault: SagaFault) {
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

    /// `WentBack`; without a step the failure's code tells a cancellation from a timeout.
    private init(wentBack fault: SagaFault) {
        self.init()
        if !fault.step.isEmpty {
            set("cause", "WENT_BACK_CAUSE_STEP")
        } else if fault.failure.code == "timeout" {
            set("cause", "WENT_BACK_CAUSE_TIMEOUT")
        } else {
            set("cause", "WENT_BACK_CAUSE_CANCELLED")
        }
        set("failure", JSONObject(fault))
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

    private init(_ step: StepStatus, hasPayloads: Bool) {
        self.init()
        set("name", step.name)
        set("handler", step.handler)
        set("after", step.after)
        set("hasCompensation", step.isCompensated)
        set("state", ProtoNames.state(step.state))
        set("undoNeed", ProtoNames.need(step.undoKnowledge))
        if step.state != .pending {
            set("action", JSONObject(step.action, handler: step.handler))
        }
        set(
            "compensation", step.compensation.map { JSONObject($0, handler: step.handler) })
        if hasPayloads { set("output", step.output.map { JSONObject($0) }) }
    }

    /// `TaskView`.
    private init(_ task: TaskStatus, handler: String) {
        self.init()
        set("currentSince", task.dueAt)
        set("firstHandedOutAt", task.handedOutAt)
        set("endedAt", task.endedAt)
        set("attemptCount", task.attempts)
        set("failures", task.failures)
        set("lastFailure", task.lastFailure.map { JSONObject($0) })
        set("waiting", task.waiting.flatMap { Self.waiting($0, handler: handler) })
        set("participant", Self.participant(task.instance))
    }

    /// `Waiting`; nil while an attempt is in flight, as the message says it.
    private static func waiting(_ reason: WaitingReason, handler: String) -> JSONObject? {
        var object = JSONObject()
        switch reason {
        case .participant(let since, let lastSeen, let lostAt):
            object.set("reason", "WAITING_REASON_PARTICIPANT")
            object.set("since", since)
            object.set("handler", handler)
            object.set("lost", participant(lastSeen))
            object.set("lostAt", lostAt)
        case .compensationHandler(let since):
            object.set("reason", "WAITING_REASON_COMPENSATION")
            object.set("since", since)
            object.set("handler", handler)
        case .slot(let since):
            object.set("reason", "WAITING_REASON_SLOT")
            object.set("since", since)
            object.set("handler", handler)
        case .backoff(let until):
            object.set("reason", "WAITING_REASON_BACKOFF")
            object.set("until", until)
        case .recovery(let since):
            object.set("reason", "WAITING_REASON_RETURN")
            object.set("since", since)
        case .laterUndos: object.set("reason", "WAITING_REASON_STEPS")
        case .delay(let until):
            object.set("reason", "WAITING_REASON_DELAY")
            object.set("until", until)
        case .notYet(let until):
            object.set("reason", "WAITING_REASON_NOT_YET")
            object.set("until", until)
        case .deferred(let since, let until):
            object.set("reason", "WAITING_REASON_DEFERRED")
            object.set("since", since)
            object.set("until", until)
        case .child(let id, let state, let since):
            object.set("reason", "WAITING_REASON_CHILD")
            object.set("since", since)
            object.set("childSagaId", "\(id)")
            object.set("childState", ProtoNames.state(state))
        case .suspended(let since):
            object.set("reason", "WAITING_REASON_SUSPENDED")
            object.set("since", since)
        case .parked(let since):
            object.set("reason", "WAITING_REASON_PARKED")
            object.set("since", since)
        case .answer: return nil
        }
        return object
    }
}

extension StepStatus {
    /// Whether its saga is at this step, forward or back.
    var isCurrent: Bool {
        switch state {
        case .scheduled, .running, .compensating: true
        case .pending, .succeeded, .failed, .skipped, .compensated, .compensationFailed: false
        }
    }
}
