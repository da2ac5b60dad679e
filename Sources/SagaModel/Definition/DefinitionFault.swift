/// One thing that is wrong in a definition: where, what, and what would be right.
package struct DefinitionFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field.
    package let path: DefinitionPath
    /// Whose field it is, e.g. `step charge`; nil where the message says all.
    package let subject: String?
    /// What is wrong and what would be right, without the subject.
    package let message: String

    /// Names a fault.
    package init(path: DefinitionPath, subject: String? = nil, message: String) {
        self.path = path
        self.subject = subject
        self.message = message
    }

    /// How a step is called in a fault: by its name if that is one, else by its place from 1.
    package static func subject(stepNamed name: String?, at index: Int) -> String {
        guard let name, DefinitionNames.isName(name) else { return "step \(index + 1)" }
        return "step \(name)"
    }

    /// `step charge: startToClose is 0s; it must be longer than 0s`.
    package var description: String {
        guard let subject else { return message }
        return "\(subject): \(message)"
    }
}
