internal import SagaModel
internal import Yams

extension DefinitionReader {
    /// How many values one JSON value may have in it; references to anchors could make it endless.
    private static let maximumValues = 1_000

    /// The JSON text of a value in canonical form: numbers as written, all else as YAML 1.2 and
    /// JSON both read it.
    mutating func json(_ node: Node, at path: DefinitionPath) -> String? {
        var text = ""
        var left = Self.maximumValues
        guard append(node, to: &text, left: &left, depth: 0, at: path) else { return nil }
        guard let canonical = try? JSONCanonical.canonicalize(Array(text.utf8).span) else {
            fault(node, at: path, "\(path.label) cannot be written as JSON")
            return nil
        }
        return String(decoding: canonical, as: UTF8.self)
    }

    private mutating func append(
        _ node: Node, to text: inout String, left: inout Int, depth: Int, at path: DefinitionPath
    ) -> Bool {
        left -= 1
        guard left >= 0, depth <= JSONScanner.maximumDepth else {
            fault(
                node, at: path,
                "\(path.label) is too large; at most \(Self.maximumValues) values "
                    + "in \(JSONScanner.maximumDepth) levels")
            return false
        }
        switch node {
        case .scalar(let scalar):
            return append(scalar, of: node, to: &text, at: path)
        case .sequence(let sequence) where node.isOfItsKind:
            text += "["
            for (index, element) in sequence.enumerated() {
                if index > 0 { text += "," }
                guard append(element, to: &text, left: &left, depth: depth + 1, at: path) else {
                    return false
                }
            }
            text += "]"
            return true
        case .mapping(let mapping) where node.isOfItsKind:
            text += "{"
            for (index, member) in members(mapping).enumerated() {
                if index > 0 { text += "," }
                text += "\(Self.quoted(member.name)):"
                guard append(member.value, to: &text, left: &left, depth: depth + 1, at: path)
                else { return false }
            }
            text += "}"
            return true
        case .sequence, .mapping, .alias:
            fault(node, at: path, "\(path.label) has a tag; write a JSON value")
            return false
        }
    }

    private mutating func append(
        _ scalar: Node.Scalar, of node: Node, to text: inout String, at path: DefinitionPath
    ) -> Bool {
        let written = ShownText.word(scalar.string)
        switch scalar.kind(taggedAs: node.tagName) {
        case .text:
            text += Self.quoted(scalar.string)
            return true
        case .boolean:
            text += scalar.string
            return true
        case .number where Self.isJSONNumber(scalar.string):
            text += scalar.string
            return true
        case .number:
            fault(
                node, at: path,
                "\(path.label) \(written) is a number to YAML and not to JSON; write it plainly, "
                    + "or in quotes for text")
            return false
        case .null where scalar.string == "null":
            text += "null"
            return true
        case .oldBoolean:
            fault(
                node, at: path,
                "\(path.label) is \(written); write true or false, or \"\(scalar.string)\" for text"
            )
            return false
        case .null:
            fault(node, at: path, "\(path.label) is \(written); write null, or quotes for text")
            return false
        case .other:
            fault(
                node, at: path,
                "\(path.label) \(written) is neither text nor number; write it in quotes")
            return false
        }
    }

    /// A JSON string with an escape for all that JSON wants escaped.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                quoted += "\\\(scalar)"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:  // open set: every other character
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
