internal import SagaModel

/// A JSON value written as a Swift literal, for conditions: `true`, `7`, `"gold"`, `nil`.
///
/// Values that need more are given as text: a number keeps the digits it is written with, so money
/// and 64-bit ids are compared as they stand.
public struct JSONLiteral: Hashable, Sendable {
    /// The value as JSON text.
    public let text: String

    /// Takes JSON text as it stands; it is checked with the definition it stands in.
    public init(text: String) {
        self.text = text
    }
}

extension JSONLiteral: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral
{
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { text = value ? "true" : "false" }

    /// A whole number.
    public init(integerLiteral value: Int64) { text = "\(value)" }

    /// A number with a fraction, in the shortest form that reads back as the same.
    public init(floatLiteral value: Double) { text = "\(value)" }

    /// A string.
    public init(stringLiteral value: String) { text = Self.quoted(value) }

    /// `null`.
    public init(nilLiteral: ()) { text = "null" }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
