internal import SagaModel

/// When a step runs at all: a test of the value at a reference. A false one skips the step.
public struct StepCondition: Hashable, Sendable {
    /// The place that is looked at, as written.
    let reference: String
    /// What must hold there.
    let test: Condition.Test

    /// The value is there and equals this one, compared in canonical form.
    public static func equals(_ reference: String, _ value: JSONLiteral) -> StepCondition {
        StepCondition(reference: reference, test: .equals(value.text))
    }

    /// The value is missing or does not equal this one.
    public static func notEquals(_ reference: String, _ value: JSONLiteral) -> StepCondition {
        StepCondition(reference: reference, test: .notEquals(value.text))
    }

    /// There is a value, or there is none.
    public static func exists(_ reference: String, _ exists: Bool = true) -> StepCondition {
        StepCondition(reference: reference, test: .exists(exists))
    }
}
