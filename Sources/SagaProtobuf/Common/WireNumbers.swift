internal import CSagaProtos
internal import SagaModel

/// A value of the model that is an enumeration in the protocol: the one table of both directions.
protocol WireNumbered: Equatable {
    associatedtype Number: RawRepresentable<UInt32>
    /// What stands for it in the protocol.
    var wireNumber: Number { get }
    /// All values that may be read.
    static var wireCases: [Self] { get }
}

extension Direction: WireNumbered {
    static let wireCases: [Direction] = [.action, .compensation]
    var wireNumber: Saga__V1__Direction {
        switch self {
        case .action: SAGA__V1__DIRECTION__DIRECTION_ACTION
        case .compensation: SAGA__V1__DIRECTION__DIRECTION_COMPENSATION
        }
    }
}

extension SagaState: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__SagaState {
        switch self {
        case .pending: SAGA__V1__SAGA_STATE__SAGA_STATE_PENDING
        case .running: SAGA__V1__SAGA_STATE__SAGA_STATE_RUNNING
        case .compensating: SAGA__V1__SAGA_STATE__SAGA_STATE_COMPENSATING
        case .failed: SAGA__V1__SAGA_STATE__SAGA_STATE_FAILED
        case .completed: SAGA__V1__SAGA_STATE__SAGA_STATE_COMPLETED
        case .compensated: SAGA__V1__SAGA_STATE__SAGA_STATE_COMPENSATED
        case .abandoned: SAGA__V1__SAGA_STATE__SAGA_STATE_ABANDONED
        }
    }
}

extension StepState: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__StepState {
        switch self {
        case .pending: SAGA__V1__STEP_STATE__STEP_STATE_PENDING
        case .scheduled: SAGA__V1__STEP_STATE__STEP_STATE_SCHEDULED
        case .running: SAGA__V1__STEP_STATE__STEP_STATE_RUNNING
        case .succeeded: SAGA__V1__STEP_STATE__STEP_STATE_SUCCEEDED
        case .failed: SAGA__V1__STEP_STATE__STEP_STATE_FAILED
        case .skipped: SAGA__V1__STEP_STATE__STEP_STATE_SKIPPED
        case .compensating: SAGA__V1__STEP_STATE__STEP_STATE_COMPENSATING
        case .compensated: SAGA__V1__STEP_STATE__STEP_STATE_COMPENSATED
        case .compensationFailed: SAGA__V1__STEP_STATE__STEP_STATE_COMPENSATION_FAILED
        }
    }
}

extension UnknownCause: WireNumbered {
    static let wireCases: [UnknownCause] = [
        .timedOut, .sessionLost, .forgotten, .coordinatorRestarted, .scheduleToClose,
        .heartbeatMissed, .deferralOver, .cancelGraceOver, .childAbandoned,
    ]
    var wireNumber: Saga__V1__UnknownCause {
        switch self {
        case .timedOut: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_START_TO_CLOSE
        case .sessionLost: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_SESSION_LOST
        case .forgotten: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_NOT_NAMED
        case .coordinatorRestarted: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_EARLIER_LIFE
        case .scheduleToClose: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_SCHEDULE_TO_CLOSE
        case .heartbeatMissed: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_HEARTBEAT
        case .deferralOver: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_DEFERRAL
        case .cancelGraceOver: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_CANCEL_GRACE
        case .childAbandoned: SAGA__V1__UNKNOWN_CAUSE__UNKNOWN_CAUSE_CHILD_ABANDONED
        }
    }
}

extension DeclineReason: WireNumbered {
    static let wireCases: [DeclineReason] = [.draining, .noSlot, .handlerUnknown]
    var wireNumber: Saga__V1__DeclinedReason {
        switch self {
        case .draining: SAGA__V1__DECLINED_REASON__DECLINED_REASON_DRAINING
        case .noSlot: SAGA__V1__DECLINED_REASON__DECLINED_REASON_NO_SLOT
        case .handlerUnknown: SAGA__V1__DECLINED_REASON__DECLINED_REASON_HANDLER_UNKNOWN
        }
    }
}

extension ResultDisposition: WireNumbered {
    static let wireCases: [ResultDisposition] = [.taken, .stale, .noSuchTask]
    var wireNumber: Saga__V1__ResultDisposition {
        switch self {
        case .taken: SAGA__V1__RESULT_DISPOSITION__RESULT_DISPOSITION_TAKEN
        case .stale: SAGA__V1__RESULT_DISPOSITION__RESULT_DISPOSITION_STALE
        case .noSuchTask: SAGA__V1__RESULT_DISPOSITION__RESULT_DISPOSITION_NO_SUCH_TASK
        }
    }
}

extension UndoKnowledge: WireNumbered {
    static let wireCases: [UndoKnowledge] = [.nothing, .done, .inDoubt, .awaited]
    var wireNumber: Saga__Journal__V1__UndoKnowledge {
        switch self {
        case .nothing: SAGA__JOURNAL__V1__UNDO_KNOWLEDGE__UNDO_KNOWLEDGE_NOTHING
        case .done: SAGA__JOURNAL__V1__UNDO_KNOWLEDGE__UNDO_KNOWLEDGE_DONE
        case .inDoubt: SAGA__JOURNAL__V1__UNDO_KNOWLEDGE__UNDO_KNOWLEDGE_IN_DOUBT
        case .awaited: SAGA__JOURNAL__V1__UNDO_KNOWLEDGE__UNDO_KNOWLEDGE_AWAITED
        }
    }
}

extension BackCause: WireNumbered {
    static let wireCases: [BackCause] = [.cancelled, .timeout, .compensate, .parent]
    var wireNumber: Saga__Journal__V1__BackCause {
        switch self {
        case .cancelled: SAGA__JOURNAL__V1__BACK_CAUSE__BACK_CAUSE_CANCELLED
        case .timeout: SAGA__JOURNAL__V1__BACK_CAUSE__BACK_CAUSE_TIMEOUT
        case .compensate: SAGA__JOURNAL__V1__BACK_CAUSE__BACK_CAUSE_COMPENSATE
        case .parent: SAGA__JOURNAL__V1__BACK_CAUSE__BACK_CAUSE_PARENT
        }
    }
}

extension CompensationFailurePolicy: WireNumbered {
    static let wireCases: [CompensationFailurePolicy] = [.stop, .continue]
    var wireNumber: Saga__V1__CompensationFailureAction {
        switch self {
        case .stop: SAGA__V1__COMPENSATION_FAILURE_ACTION__COMPENSATION_FAILURE_ACTION_STOP
        case .continue:
            SAGA__V1__COMPENSATION_FAILURE_ACTION__COMPENSATION_FAILURE_ACTION_CONTINUE
        }
    }
}

extension StepFailurePolicy: WireNumbered {
    static let wireCases: [StepFailurePolicy] = [.compensate, .continue]
    var wireNumber: Saga__V1__FailureAction {
        switch self {
        case .compensate: SAGA__V1__FAILURE_ACTION__FAILURE_ACTION_COMPENSATE
        case .continue: SAGA__V1__FAILURE_ACTION__FAILURE_ACTION_CONTINUE
        }
    }
}

extension WaitReason: WireNumbered {
    static let wireCases: [WaitReason] = [.delay, .notYet, .hold]
    /// A backoff is what a wait is without a reason.
    var wireNumber: Saga__Journal__V1__WaitReason {
        switch self {
        case .backoff: SAGA__JOURNAL__V1__WAIT_REASON__WAIT_REASON_UNSPECIFIED
        case .delay: SAGA__JOURNAL__V1__WAIT_REASON__WAIT_REASON_DELAY
        case .notYet: SAGA__JOURNAL__V1__WAIT_REASON__WAIT_REASON_NOT_YET
        case .hold: SAGA__JOURNAL__V1__WAIT_REASON__WAIT_REASON_HOLD
        }
    }
}

extension ParkingReason: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__ParkingReason {
        switch self {
        case .compensationFailed:
            SAGA__V1__PARKING_REASON__PARKING_REASON_COMPENSATION_FAILED
        case .pastPivot: SAGA__V1__PARKING_REASON__PARKING_REASON_PAST_PIVOT
        case .pivotUndecided: SAGA__V1__PARKING_REASON__PARKING_REASON_PIVOT_UNDECIDED
        case .pivotOutputRefused: SAGA__V1__PARKING_REASON__PARKING_REASON_PIVOT_OUTPUT_REFUSED
        case .childAbandoned: SAGA__V1__PARKING_REASON__PARKING_REASON_CHILD_ABANDONED
        }
    }
}

extension Verb: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__Verb {
        switch self {
        case .cancel: SAGA__V1__VERB__VERB_CANCEL
        case .suspend: SAGA__V1__VERB__VERB_SUSPEND
        case .resume: SAGA__V1__VERB__VERB_RESUME
        case .retry: SAGA__V1__VERB__VERB_RETRY
        case .skip: SAGA__V1__VERB__VERB_SKIP
        case .markCompensated: SAGA__V1__VERB__VERB_MARK_COMPENSATED
        case .compensate: SAGA__V1__VERB__VERB_COMPENSATE
        case .abandon: SAGA__V1__VERB__VERB_ABANDON
        }
    }
}
