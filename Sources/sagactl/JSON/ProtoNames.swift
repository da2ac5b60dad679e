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

    static func kind(_ kind: EventKind) -> String { "EVENT_KIND_\(constant(kind.label))" }

    static func verb(_ verb: SagaModel.Verb) -> String { "VERB_\(constant(verb.label))" }

    static func direction(_ direction: Direction) -> String {
        switch direction {
        case .action: "DIRECTION_ACTION"
        case .compensation: "DIRECTION_COMPENSATION"
        }
    }

    /// `STEP_FAILED` for `step-failed`.
    private static func constant(_ label: String) -> String {
        label.uppercased().replacing("-", with: "_")
    }

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
}
