/// A part of a saga that an answer has no room for where all parts together would be larger than a
/// message may be.
public enum SagaPart: UInt8, Hashable, Sendable, CaseIterable {
    /// The saga's input.
    case input
    /// The saga's output.
    case output
    /// The details of the failure that sent it back.
    case failureDetails
    /// The details of the undo's failure.
    case compensationFailureDetails
    /// The details of the failure that parked it.
    case parkingDetails
    /// What the steps wait for, and their conditions.
    case relations
    /// The errors of its reasons for attention.
    case attentionErrors
    /// What people told it.
    case verbs
    /// The input of a step.
    case stepInput
    /// The output of a step.
    case stepOutput
    /// The message of an action's last error, and why a person passed over the step.
    case actionError
    /// The details of an action's last error.
    case actionDetails
    /// The progress of an action.
    case actionProgress
    /// The attempts of an action.
    case actionAttempts
    /// The message of an undo's last error, and why a person took it as done.
    case undoError
    /// The details of an undo's last error.
    case undoDetails
    /// The progress of an undo.
    case undoProgress
    /// The attempts of an undo.
    case undoAttempts
    /// The ids of a step's child sagas.
    case children
    /// A step as a whole; left out only where names are very long.
    case step

    /// The part as people and programs write it.
    public var label: String {
        switch self {
        case .input: "input"
        case .output: "output"
        case .failureDetails: "failure-details"
        case .compensationFailureDetails: "compensation-failure-details"
        case .parkingDetails: "parking-details"
        case .relations: "relations"
        case .attentionErrors: "attention-errors"
        case .verbs: "verbs"
        case .stepInput: "step-input"
        case .stepOutput: "step-output"
        case .actionError: "action-error"
        case .actionDetails: "action-details"
        case .actionProgress: "action-progress"
        case .actionAttempts: "action-attempts"
        case .undoError: "undo-error"
        case .undoDetails: "undo-details"
        case .undoProgress: "undo-progress"
        case .undoAttempts: "undo-attempts"
        case .children: "children"
        case .step: "step"
        }
    }

    /// Whether each step has one of its own.
    package var isStepwise: Bool {
        switch self {
        case .input, .output, .failureDetails, .compensationFailureDetails, .parkingDetails,
            .relations, .attentionErrors, .verbs:
            false
        case .stepInput, .stepOutput, .actionError, .actionDetails, .actionProgress,
            .actionAttempts, .undoError, .undoDetails, .undoProgress, .undoAttempts, .children,
            .step:
            true
        }
    }

    /// What has to be asked for to get it.
    package var view: SagaView {
        var view = SagaView(output: false, steps: isStepwise || self == .relations)
        switch self {
        case .output: view.output = true
        case .input, .stepInput, .stepOutput, .actionProgress, .undoProgress: view.payloads = true
        case .verbs, .actionAttempts, .undoAttempts: view.history = true
        case .failureDetails, .compensationFailureDetails, .parkingDetails, .relations,
            .attentionErrors, .actionError, .actionDetails, .undoError, .undoDetails, .children,
            .step:
            break
        }
        return view
    }

    /// All of them, what people need first in front.
    static let byNeed: [SagaPart] = [
        .output, .input, .failureDetails, .compensationFailureDetails, .parkingDetails, .relations,
        .actionError, .undoError, .attentionErrors, .stepOutput, .stepInput, .actionDetails,
        .undoDetails, .actionProgress, .undoProgress, .verbs, .actionAttempts, .undoAttempts,
        .children,
    ]
}

/// What an answer has left out for want of room.
public struct OmittedPart: Hashable, Sendable {
    /// The step; empty for the saga as a whole.
    public var step: String
    /// Which part of it; of attempts, verbs and children only the older ones may be meant.
    public var part: SagaPart
    /// How large it is: of a payload its own bytes, of all else about the bytes it would take.
    public var bytes: Int
    /// The media type, if it is a payload; empty if it is longer than 64 bytes.
    public var contentType: String

    /// States the facts.
    package init(step: String, part: SagaPart, bytes: Int, contentType: String = "") {
        self.step = step
        self.part = part
        self.bytes = bytes
        self.contentType = contentType
    }
}

/// What of a saga is wanted where not all of it is.
package struct SagaExcerpt: Hashable, Sendable {
    /// The names of these steps; empty for all.
    package var steps: [String]
    /// Only this one of all parts that may be left out; nil for those of the view.
    package var part: SagaPart?

    /// Everything, unless narrowed.
    package init(steps: [String] = [], part: SagaPart? = nil) {
        self.steps = steps
        self.part = part
    }
}
