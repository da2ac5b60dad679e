/// Everything that is wrong with a definition file, in the order of the file.
public struct DefinitionFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Fault: Hashable, Sendable, CustomStringConvertible {
        /// The file as it was named by whoever read it.
        public let file: String
        /// Where in the file.
        public let location: SourceLocation
        /// What is wrong and what would be right, one line.
        public let message: String

        /// The line, from 1.
        public var line: Int { location.line }
        /// The column in Unicode scalars, from 1.
        public var column: Int { location.column }

        /// `order.yaml:7:56: error: step charge: unknown key maxAtempts; did you mean maxAttempts?`
        public var description: String { "\(file):\(location): error: \(message)" }
    }

    /// The faults, at least one, by line and column.
    public let faults: [Fault]

    init(file: String, _ faults: [LocatedFault]) {
        precondition(!faults.isEmpty, "an error without a fault")
        self.faults = faults.enumerated().sorted { left, right in
            (left.element.location, left.offset) < (right.element.location, right.offset)
        }.map { Fault(file: file, location: $0.element.location, message: $0.element.message) }
    }

    /// One line a fault.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// A fault whose file is not named yet.
struct LocatedFault: Error, Hashable {
    let location: SourceLocation
    let message: String
}
