internal import SagaModel

// Steps and what is in them.

extension JSONObject {
    /// `Step`.
    init(_ step: StepStatus, hasPayloads: Bool) {
        self.init()
        set("name", step.name)
        let more = step.more
        if let version = more.childVersion {
            set("saga", JSONObject(definition: step.handler, version))
        } else {
            set("handler", step.handler)
        }
        set("after", step.after)
        set("pivot", more.pivot != nil)
        set("optional", more.isOptional)
        set("hasCompensation", step.isCompensated)
        set("when", more.condition.map { JSONObject($0) })
        set("state", ProtoNames.state(step.state))
        set("inDoubt", more.isLeftInDoubt)
        set("skip", more.skip.map { JSONObject($0) })
        set("undoNeed", ProtoNames.need(step.undoKnowledge))
        if step.state != .pending {
            var entry: VerbEntry?
            if case .person(let given) = more.skip { entry = given }
            set("action", JSONObject(step.action, handler: step.handler, entry))
        }
        set(
            "compensation",
            step.compensation.map { JSONObject($0, handler: step.handler, more.undoneBy) })
        if hasPayloads {
            set("input", more.input.map { JSONObject($0) })
            set("output", step.output.map { JSONObject($0) })
        }
        set("childSagaIds", more.children.map { "\($0)" })
        set("pivotState", more.pivot.map { ProtoNames.pivot($0) } ?? "")
    }

    /// `Condition`.
    private init(_ condition: Condition) {
        self.init()
        set("reference", condition.reference.description)
        switch condition.test {
        case .equals(let json): set("equals", json)
        case .notEquals(let json): set("notEquals", json)
        case .exists(let isThere): setAlways("exists", isThere)
        }
    }

    /// `Skip`.
    private init(_ skip: StepSkip) {
        self.init()
        switch skip {
        case .condition(let found):
            set("reason", "SKIP_REASON_CONDITION")
            set("found", found)
        case .person(let entry):
            set("reason", "SKIP_REASON_OPERATOR")
            set("verb", entry.map { JSONObject($0) })
        }
    }

    /// `TaskView`.
    private init(_ task: TaskStatus, handler: String, _ entry: VerbEntry?) {
        self.init()
        set("currentSince", task.dueAt)
        set("firstHandedOutAt", task.attempts == 1 ? task.handedOutAt : nil)
        set("endedAt", task.endedAt)
        set("attemptCount", task.attempts)
        set("failures", task.failures)
        set("maxAttempts", task.maxAttempts)
        set("lastFailure", task.lastFailure.map { JSONObject($0) })
        set("waiting", task.waiting.flatMap { Self.waiting($0, handler: handler) })
        set("participant", Self.participant(task.instance))
        set("progress", task.progress.map { JSONObject($0) })
        set("lastHeartbeat", task.lastHeartbeatAt)
        set("attempts", task.history.map { JSONObject($0) })
        set("settledBy", entry.map { JSONObject($0) })
        set("lastHandedOutAt", task.handedOutAt)
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
        case .room(let since):
            object.set("reason", "WAITING_REASON_DISK")
            object.set("since", since)
        case .backoff(let until):
            object.set("reason", "WAITING_REASON_BACKOFF")
            object.set("until", until)
        case .recovery(let since):
            object.set("reason", "WAITING_REASON_RETURN")
            object.set("since", since)
        case .comeback(let instance, let lostAt, let until):
            object.set("reason", "WAITING_REASON_RETURN")
            object.set("since", lostAt)
            object.set("until", until)
            object.set("lost", participant(instance))
            object.set("lostAt", lostAt)
        case .cancelAnswer(let since, let until):
            object.set("reason", "WAITING_REASON_CANCEL_ANSWER")
            object.set("since", since)
            object.set("until", until)
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
