/// A place in a saga's data, with its parts looked up.
package struct ResolvedReference: Hashable, Sendable {
    /// The step whose output it is in; nil for the saga's input.
    package let step: StepIndex?
    /// The way to it.
    package let pointer: JSONPointer
    /// As it was written, for people.
    package let written: Reference

    /// Looks a reference up; nil if it names no step or is no pointer, which validation keeps from
    /// being registered.
    init?(_ reference: Reference, _ indices: [String: StepIndex]) {
        guard let pointer = try? JSONPointer(parsing: reference.pointer) else { return nil }
        if reference.source == DefinitionNames.reserved {
            step = nil
        } else {
            guard let index = indices[reference.source] else { return nil }
            step = index
        }
        self.pointer = pointer
        written = reference
    }

    /// Whether it means the whole of its source.
    package var isWhole: Bool { pointer.components.isEmpty }
}

/// Where a handler's input or a saga's output comes from, with its parts looked up.
package enum ResolvedSource: Hashable, Sendable {
    /// One place.
    case reference(ResolvedReference)
    /// An object of several, sorted by the UTF-8 bytes of their names, each name as JSON text.
    case map([Member])

    /// One member of an object.
    package struct Member: Hashable, Sendable {
        /// The name as JSON text, quotes included.
        package let name: [UInt8]
        /// Where its value comes from.
        package let reference: ResolvedReference
    }

    init?(_ source: DataSource, _ indices: [String: StepIndex]) {
        switch source {
        case .reference(let reference):
            guard let found = ResolvedReference(reference, indices) else { return nil }
            self = .reference(found)
        case .map(let members):
            var found: [Member] = []
            for (name, reference) in members.sorted(by: {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }) {
                guard let reference = ResolvedReference(reference, indices) else { return nil }
                found.append(Member(name: JSONText.quoted(name), reference: reference))
            }
            self = .map(found)
        }
    }
}

/// When a step runs, with its parts looked up.
package struct ResolvedCondition: Hashable, Sendable {
    /// The place that is looked at.
    package let reference: ResolvedReference
    /// What must hold there.
    package let test: Test

    /// What must hold at a place; values in canonical form.
    package enum Test: Hashable, Sendable {
        /// The value is this one.
        case equals([UInt8])
        /// The value is not this one, or there is none.
        case notEquals([UInt8])
        /// There is a value, or there is none.
        case exists(Bool)
    }

    init?(_ condition: Condition, _ indices: [String: StepIndex]) {
        guard let reference = ResolvedReference(condition.reference, indices) else { return nil }
        self.reference = reference
        switch condition.test {
        case .equals(let text):
            guard let value = try? JSONCanonical.canonicalize(Array(text.utf8).span) else {
                return nil
            }
            test = .equals(value)
        case .notEquals(let text):
            guard let value = try? JSONCanonical.canonicalize(Array(text.utf8).span) else {
                return nil
            }
            test = .notEquals(value)
        case .exists(let wanted): test = .exists(wanted)
        }
    }
}
