internal import SagaModel

/// The names that the protocol's enumerations have.
enum ProtoNames {
    static func state(_ state: SagaState) -> String { "SAGA_STATE_\(state.label)" }

    static func state(_ state: StepState) -> String {
        switch state {
        case .pending: "STEP_STATE_PENDING"
        case .scheduled: "STEP_STATE_SCHEDULED"
        case .running: "STEP_STATE_RUNNING"
        case .succeeded: "STEP_STATE_SUCCEEDED"
        case .failed: "STEP_STATE_FAILED"
        case .skipped: "STEP_STATE_SKIPPED"
        case .compensating: "STEP_STATE_COMPENSATING"
        case .compensated: "STEP_STATE_COMPENSATED"
        case .compensationFailed: "STEP_STATE_COMPENSATION_FAILED"
        }
    }

    /// What a step needs; awaited ones are not decided, so as empty as the default.
    static func need(_ knowledge: UndoKnowledge?) -> String {
        switch knowledge {
        case .nothing: "UNDO_NEED_NONE"
        case .done: "UNDO_NEED_KNOWN"
        case .inDoubt: "UNDO_NEED_IN_DOUBT"
        case .awaited, nil: ""
        }
    }

    static func part(_ part: SagaPart) -> String { "SAGA_PART_\(upper(part.label))" }

    static func kind(_ kind: EventKind) -> String { "EVENT_KIND_\(upper(kind.label))" }

    static func attention(_ reason: AttentionReason) -> String {
        switch reason {
        case .parked: "ATTENTION_REASON_PARKED"
        case .undoFailing: "ATTENTION_REASON_UNDO_FAILING"
        case .noParticipant: "ATTENTION_REASON_NO_PARTICIPANT"
        case .pastPivotFailing: "ATTENTION_REASON_PAST_PIVOT_FAILING"
        case .held: "ATTENTION_REASON_HOLD"
        case .timeoutPastPivot: "ATTENTION_REASON_TIMEOUT_PAST_PIVOT"
        }
    }

    static func space(_ level: SpaceLevel) -> String {
        switch level {
        case .ample: "JOURNAL_SPACE_AMPLE"
        case .low: "JOURNAL_SPACE_SHORT"
        case .spare: "JOURNAL_SPACE_SPARE"
        case .reserve, .last: "JOURNAL_SPACE_EXHAUSTED"
        }
    }

    static func direction(_ direction: Direction) -> String {
        switch direction {
        case .action: "DIRECTION_ACTION"
        case .compensation: "DIRECTION_COMPENSATION"
        }
    }

    static func parking(_ reason: ParkingReason) -> String {
        "PARKING_REASON_\(upper(reason.label))"
    }

    static func verb(_ verb: SagaModel.Verb) -> String { "VERB_\(upper(verb.label))" }

    static func pivot(_ mark: PivotMark) -> String { "PIVOT_STATE_\(upper(mark.label))" }

    static func attempt(_ state: AttemptStatus.State) -> String {
        switch state {
        case .open: "ATTEMPT_STATE_OPEN"
        case .handedOut: "ATTEMPT_STATE_HANDED_OUT"
        case .earlierLife: "ATTEMPT_STATE_EARLIER_LIFE"
        case .deferred: "ATTEMPT_STATE_DEFERRED"
        case .ended: "ATTEMPT_STATE_ENDED"
        }
    }

    static func unknown(_ cause: UnknownCause) -> String {
        switch cause {
        case .timedOut: "UNKNOWN_CAUSE_START_TO_CLOSE"
        case .scheduleToClose: "UNKNOWN_CAUSE_SCHEDULE_TO_CLOSE"
        case .heartbeatMissed: "UNKNOWN_CAUSE_HEARTBEAT"
        case .sessionLost: "UNKNOWN_CAUSE_SESSION_LOST"
        case .forgotten: "UNKNOWN_CAUSE_NOT_NAMED"
        case .coordinatorRestarted: "UNKNOWN_CAUSE_EARLIER_LIFE"
        case .deferralOver: "UNKNOWN_CAUSE_DEFERRAL"
        case .cancelGraceOver: "UNKNOWN_CAUSE_CANCEL_GRACE"
        case .childAbandoned: "UNKNOWN_CAUSE_CHILD_ABANDONED"
        }
    }

    static func declined(_ reason: DeclineReason) -> String {
        switch reason {
        case .draining: "DECLINED_REASON_DRAINING"
        case .noSlot: "DECLINED_REASON_NO_SLOT"
        case .handlerUnknown: "DECLINED_REASON_HANDLER_UNKNOWN"
        }
    }

    /// The kind of refusal that its text begins with.
    static func refused(_ reason: String) -> String {
        if reason.hasPrefix("too large") { return "REFUSED_REASON_TOO_LARGE" }
        return reason.hasPrefix("not JSON")
            ? "REFUSED_REASON_NOT_JSON" : "REFUSED_REASON_NOT_ENCODABLE"
    }

    /// `STEP_FAILED` for `step-failed`.
    private static func upper(_ label: String) -> String {
        String(label.uppercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
    }
}
