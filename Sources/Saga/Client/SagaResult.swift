public import SagaModel

/// How a saga ended, or that it is parked. An undone saga is an answer and not an error.
public enum SagaResult<Output> {
    /// All steps are done.
    case completed(Output)
    /// What was done is undone.
    case compensated(CompensatedReport)
    /// It is parked for a person, or was abandoned by one.
    case failed(FailedReport)
}

extension SagaResult: Sendable where Output: Sendable {}

/// What there is to say of a saga that was undone.
public struct CompensatedReport: Sendable {
    /// The saga.
    public let sagaID: SagaID
    /// The step because of which it went back; empty if none is the cause, e.g. for a cancel.
    public let step: String
    /// Why it went back.
    public let failure: Failure
    /// The steps that were undone, in the order of their undoing.
    public let compensated: [String]
    /// All that the coordinator knows of it.
    public let status: SagaStatus

    init(_ status: SagaStatus) {
        let fault = status.failure
        sagaID = status.id
        step = fault?.step ?? ""
        failure = fault?.failure ?? Failure(code: "unknown", message: "")
        compensated = status.undoneSteps
        self.status = status
    }
}

/// What there is to say of a saga that is parked or was abandoned.
public struct FailedReport: Sendable {
    /// The saga.
    public let sagaID: SagaID
    /// The step that stands in the way; empty if none does.
    public let step: String
    /// Why: what the undo of the step last said if it is an undo that failed, else the step's
    /// action.
    public let failure: Failure
    /// Why the saga went back, if it was on its way back.
    public let wentBackFor: Failure?
    /// The steps that are undone, in the order of their undoing.
    public let compensated: [String]
    /// Whether a person gave it up; then what may have run is not undone.
    public let abandoned: Bool
    /// All that the coordinator knows of it.
    public let status: SagaStatus

    init(_ status: SagaStatus) {
        let fault = status.compensationFailure ?? status.failure
        sagaID = status.id
        step = fault?.step ?? ""
        failure = fault?.failure ?? Failure(code: "unknown", message: "")
        wentBackFor = status.compensationFailure == nil ? nil : status.failure?.failure
        compensated = status.undoneSteps
        abandoned = status.state == .abandoned
        self.status = status
    }
}

extension SagaStatus {
    /// The names of the steps whose undo is done, first undone first; of two in the same instant
    /// the later one of the definition was first.
    var undoneSteps: [String] {
        steps.enumerated().filter { $0.element.state == .compensated }.sorted { left, right in
            let leftEnd = left.element.compensation?.endedAt ?? Instant(microseconds: .max)
            let rightEnd = right.element.compensation?.endedAt ?? Instant(microseconds: .max)
            return (leftEnd, right.offset) < (rightEnd, left.offset)
        }.map(\.element.name)
    }
}
