/// Collects the steps of a definition; `if` and `for` make those of a dynamic saga.
@resultBuilder
public enum StepBuilder {
    /// One step.
    public static func buildExpression(_ step: Step) -> [Step] { [step] }

    /// Steps made elsewhere.
    public static func buildExpression(_ steps: [Step]) -> [Step] { steps }

    /// One after the other.
    public static func buildBlock(_ parts: [Step]...) -> [Step] { parts.flatMap(\.self) }

    /// An `if` without an `else`.
    public static func buildOptional(_ steps: [Step]?) -> [Step] { steps ?? [] }

    /// The first branch of an `if` or `switch`.
    public static func buildEither(first steps: [Step]) -> [Step] { steps }

    /// The second branch of an `if` or `switch`.
    public static func buildEither(second steps: [Step]) -> [Step] { steps }

    /// A `for`.
    public static func buildArray(_ rounds: [[Step]]) -> [Step] { rounds.flatMap(\.self) }
}
