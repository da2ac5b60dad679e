internal import CSagaProtos
internal import SagaModel

extension SagaPart: WireNumbered {
    static let wireCases = allCases
    var wireNumber: Saga__V1__SagaPart {
        switch self {
        case .input: SAGA__V1__SAGA_PART__SAGA_PART_INPUT
        case .output: SAGA__V1__SAGA_PART__SAGA_PART_OUTPUT
        case .failureDetails: SAGA__V1__SAGA_PART__SAGA_PART_FAILURE_DETAILS
        case .compensationFailureDetails:
            SAGA__V1__SAGA_PART__SAGA_PART_COMPENSATION_FAILURE_DETAILS
        case .parkingDetails: SAGA__V1__SAGA_PART__SAGA_PART_PARKING_DETAILS
        case .relations: SAGA__V1__SAGA_PART__SAGA_PART_RELATIONS
        case .attentionErrors: SAGA__V1__SAGA_PART__SAGA_PART_ATTENTION_ERRORS
        case .verbs: SAGA__V1__SAGA_PART__SAGA_PART_VERBS
        case .stepInput: SAGA__V1__SAGA_PART__SAGA_PART_STEP_INPUT
        case .stepOutput: SAGA__V1__SAGA_PART__SAGA_PART_STEP_OUTPUT
        case .actionError: SAGA__V1__SAGA_PART__SAGA_PART_ACTION_ERROR
        case .actionDetails: SAGA__V1__SAGA_PART__SAGA_PART_ACTION_DETAILS
        case .actionProgress: SAGA__V1__SAGA_PART__SAGA_PART_ACTION_PROGRESS
        case .actionAttempts: SAGA__V1__SAGA_PART__SAGA_PART_ACTION_ATTEMPTS
        case .undoError: SAGA__V1__SAGA_PART__SAGA_PART_UNDO_ERROR
        case .undoDetails: SAGA__V1__SAGA_PART__SAGA_PART_UNDO_DETAILS
        case .undoProgress: SAGA__V1__SAGA_PART__SAGA_PART_UNDO_PROGRESS
        case .undoAttempts: SAGA__V1__SAGA_PART__SAGA_PART_UNDO_ATTEMPTS
        case .step: SAGA__V1__SAGA_PART__SAGA_PART_STEP
        case .children: SAGA__V1__SAGA_PART__SAGA_PART_CHILDREN
        }
    }
}
