package import SagaModel

/// Bytes that are no message of the expected kind, or say what cannot be taken: a peer's fault, or
/// damage.
package struct CodecFailure: Error, Equatable, Sendable {
    /// What is wrong with a field.
    package enum Reason: Equatable, Sendable {
        /// The bytes are no message of this type.
        case malformed
        /// Unpacked, the message takes more memory than one may.
        case tooLarge
        /// A text has a NUL in it.
        case hasNUL
        /// A text is not UTF-8.
        case notUTF8
        /// It must be there and is not.
        case unset
        /// An enumeration has no such value, or none that is allowed here.
        case unknownValue(UInt32)
        /// A record of a type that this release does not know.
        case unknownType(UInt16)
        /// The value cannot be; the text says what would be right.
        case wrong(String)
        /// Something of the protocol that this release does not do.
        case notServed
        /// More bytes than it may have.
        case tooLong(limit: Int)
        /// More entries than it may have.
        case tooMany(limit: Int)
    }

    /// One field that is wrong.
    package struct Fault: Equatable, Sendable {
        /// The path of the field in the protocol's names, such as `start.labels[2].value`; empty
        /// for the message.
        package var field: String
        /// What is wrong with it.
        package var reason: Reason
    }

    /// All that was found wrong, at least one.
    package private(set) var faults: [Fault]

    /// The field of the first fault.
    package var field: String { faults[0].field }
    /// What is wrong with the first field.
    package var reason: Reason { faults[0].reason }

    /// Names one wrong field.
    package init(_ field: String, _ reason: Reason) {
        faults = [Fault(field: field, reason: reason)]
    }

    /// Names several wrong fields; nil if there are none.
    package init?(_ faults: [Fault]) {
        if faults.isEmpty { return nil }
        self.faults = faults
    }

    /// The same of a message that is itself a field.
    func inside(_ field: String) -> CodecFailure {
        var outer = self
        for place in outer.faults.indices {
            let inner = outer.faults[place].field
            outer.faults[place].field = inner.isEmpty ? field : "\(field).\(inner)"
        }
        return outer
    }
}

extension CodecFailure.Reason: CustomStringConvertible {
    /// What is wrong and what would be right, to be read after the field's name.
    package var description: String {
        switch self {
        case .malformed: "is not a message of this type"
        case .tooLarge: "takes more memory than one message may"
        case .hasNUL: "must not contain NUL"
        case .notUTF8: "is not UTF-8"
        case .unset: "is required"
        case .unknownValue(let number): "has the value \(number), which is not known here"
        case .unknownType(let number): "is a record of type \(number), which is not known"
        case .wrong(let right): right
        case .notServed: "is not served by this release"
        case .tooLong(let limit): "has more than \(limit) bytes"
        case .tooMany(let limit): "has more than \(limit) entries"
        }
    }
}

extension CodecFailure {
    /// The same as the answer to the peer that sent it: INVALID_ARGUMENT with every field named,
    /// or UNIMPLEMENTED for what a later release may do.
    package var refusal: Refusal {
        let named = faults.map { fault in
            Refusal.Violation(
                field: fault.field, description: fault.reason.description)
        }
        let first = named[0].field.isEmpty ? "the message" : named[0].field
        let isServed = faults.allSatisfy { $0.reason != .notServed }
        return Refusal(
            isServed ? .invalidArgument : .unimplemented,
            reason: isServed ? "INVALID_ARGUMENT" : "NOT_SERVED",
            "\(first) \(named[0].description)",
            violations: named)
    }
}
