internal import SagaModel

/// Everything that is wrong with a definition, at once.
public struct DefinitionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Fault: Hashable, Sendable, CustomStringConvertible {
        /// The step, counted from 0; nil for a field of the definition itself.
        public let stepIndex: Int?
        /// The field's path, e.g. `steps[1].retry.maxAttempts`.
        public let field: String
        /// What is wrong and what would be right, with the step's name.
        public let message: String

        /// The message.
        public var description: String { message }
    }

    /// The faults: of the definition first, then step by step.
    public let faults: [Fault]

    init(_ faults: [DefinitionFault]) {
        self.faults = faults.map { fault in
            Fault(
                stepIndex: fault.path.stepIndex, field: fault.path.description,
                message: fault.description)
        }
    }

    /// One fault a line.
    public var description: String { faults.map(\.message).joined(separator: "\n") }
}
