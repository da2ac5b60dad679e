internal import SagaModel

/// Where a value comes from: one reference, or an object of several; both can be written as
/// literals.
///
/// A reference is `input#POINTER` or `STEP#POINTER` with a JSON Pointer (RFC 6901), empty for the
/// whole. It is checked with the definition it stands in, so that all faults come at once.
public enum ValueSource: Hashable, Sendable {
    /// One place, e.g. `input#/customer`.
    case reference(String)
    /// An object with one member a name.
    case map([String: String])

    /// The model's form, and for each reference without a `#` the member it stands in (nil for the
    /// source itself).
    var parsed: (source: DataSource, withoutMark: [(member: String?, text: String)]) {
        switch self {
        case .reference(let text):
            let (reference, isWhole) = Self.parse(text)
            return (.reference(reference), isWhole ? [] : [(nil, text)])
        case .map(let members):
            var wrong: [(member: String?, text: String)] = []
            for (name, text) in members.sorted(by: { $0.key < $1.key })
            where Reference(text) == nil {
                wrong.append((name, text))
            }
            return (.map(members.mapValues { Self.parse($0).reference }), wrong)
        }
    }

    /// A reference, and whether the text is one; without a `#` the text stands for a whole source.
    static func parse(_ text: String) -> (reference: Reference, isWhole: Bool) {
        guard let reference = Reference(text) else {
            return (Reference(source: text, pointer: ""), false)
        }
        return (reference, true)
    }
}

extension ValueSource: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
    /// One reference.
    public init(stringLiteral text: String) {
        self = .reference(text)
    }

    /// Names and the references they get; of a name that is written twice the last one counts.
    public init(dictionaryLiteral members: (String, String)...) {
        self = .map(Dictionary(members, uniquingKeysWith: { _, last in last }))
    }
}
