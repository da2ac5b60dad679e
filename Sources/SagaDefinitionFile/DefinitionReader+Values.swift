internal import SagaModel
internal import Yams

/// What a scalar is before it is known what it should be.
enum ScalarKind {
    /// In quotes, or nothing else.
    case text
    /// A number as YAML 1.1 knows them, also such as JSON does not.
    case number
    /// `true` or `false`.
    case boolean
    /// Other words that YAML 1.1 takes for true or false.
    case oldBoolean
    /// `null`, `~` or nothing.
    case null
    /// A date, or what a tag makes of it.
    case other
}

extension Node.Scalar {
    /// A plain scalar is what YAML 1.1 takes it for, quotes make it text.
    func kind(taggedAs tag: Tag.Name) -> ScalarKind {
        if style != .plain { return tag == .str ? .text : .other }
        switch tag {
        case .str:
            return ["y", "Y", "n", "N"].contains(string) ? .oldBoolean : .text
        case .bool:
            return string == "true" || string == "false" ? .boolean : .oldBoolean
        case .int, .float:
            return .number
        case .null:
            return .null
        default:  // open set: tags
            return .other
        }
    }
}

extension DefinitionReader {
    /// A text; what YAML takes for something else needs quotes.
    mutating func text(_ node: Node, at path: DefinitionPath) -> String? {
        text(node, named: path.label, at: path)
    }

    /// - Parameter path: nil for a key.
    mutating func text(_ node: Node, named label: String, at path: DefinitionPath?) -> String? {
        let message: String
        if let scalar = node.scalar {
            let word = ShownText.word(scalar.string)
            switch scalar.kind(taggedAs: node.tagName) {
            case .text: return scalar.string
            case .number: message = "\(label) is the number \(word); write \"\(scalar.string)\""
            case .boolean, .oldBoolean:
                message = "\(label) is \(word), true or false to YAML; write \"\(scalar.string)\""
            case .null: message = "\(label) has no value"
            case .other: message = "\(label) \(word) is not text to YAML; write it in quotes"
            }
        } else {
            message = "\(label) must be text"
        }
        if let path { fault(node, at: path, message) } else { fault(node.location, message) }
        return nil
    }

    mutating func duration(_ node: Node, at path: DefinitionPath) -> Duration? {
        guard let scalar = node.scalar else {
            fault(node, at: path, "\(path.label) must be a duration; write e.g. 10s (ms s m h d)")
            return nil
        }
        if let duration = DurationText.parse(scalar.string) { return duration }
        fault(
            node, at: path,
            "\(path.label) \(ShownText.quoted(scalar.string)) is not a duration; write "
                + "\(Self.likelyDuration(scalar.string)) (ms s m h d)")
        return nil
    }

    /// What somebody meant by `10 sec` or `30`, or else an example.
    private static func likelyDuration(_ text: String) -> String {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(number.count).filter { $0 != " " }.lowercased()
        let known = [
            "ms": "ms", "msec": "ms", "millis": "ms", "milliseconds": "ms", "": "s", "s": "s",
            "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "m", "min": "m",
            "mins": "m", "minute": "m", "minutes": "m", "h": "h", "hr": "h", "hour": "h",
            "hours": "h", "d": "d", "day": "d", "days": "d",
        ]
        guard !number.isEmpty, let name = known[unit],
            DurationText.parse("\(number)\(name)") != nil
        else { return "e.g. 10s" }
        return "\(number)\(name)"
    }

    mutating func boolean(_ node: Node, at path: DefinitionPath) -> Bool? {
        if let scalar = node.scalar, scalar.kind(taggedAs: node.tagName) == .boolean {
            return scalar.string == "true"
        }
        let shown = node.scalar.map { " is \(ShownText.word($0.string));" } ?? " must be a boolean;"
        fault(node, at: path, "\(path.label)\(shown) write true or false")
        return nil
    }

    mutating func wholeNumber(_ node: Node, at path: DefinitionPath) -> UInt32? {
        if let scalar = node.scalar, scalar.kind(taggedAs: node.tagName) == .number,
            let number = Self.wholeNumber(scalar.string)
        {
            return number
        }
        fault(
            node, at: path,
            "\(described(node, at: path)) is not a whole number from 0 to \(UInt32.max)")
        return nil
    }

    /// Decimal digits without a leading zero: with one it would be octal in YAML 1.1.
    static func wholeNumber(_ text: String) -> UInt32? {
        guard text == "0" || text.first != "0",
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return UInt32(text)
    }

    mutating func number(_ node: Node, at path: DefinitionPath) -> Double? {
        if let scalar = node.scalar, scalar.kind(taggedAs: node.tagName) == .number,
            Self.isJSONNumber(scalar.string), let number = Double(scalar.string)
        {
            return number
        }
        fault(node, at: path, "\(described(node, at: path)) is not a number; write e.g. 2 or 0.5")
        return nil
    }

    /// One of a few words.
    mutating func choice<Value>(
        _ node: Node, at path: DefinitionPath, _ choices: [(name: String, value: Value)]
    ) -> Value? {
        let names = choices.map(\.name).joined(separator: " or ")
        guard let scalar = node.scalar else {
            fault(node, at: path, "\(path.label) must be \(names)")
            return nil
        }
        if let choice = choices.first(where: { $0.name == scalar.string }) { return choice.value }
        fault(node, at: path, "\(path.label) is \(ShownText.word(scalar.string)); write \(names)")
        return nil
    }

    mutating func list(
        _ node: Node, at path: DefinitionPath, of contents: String
    ) -> [Node]? {
        note(node.location, at: path)
        guard case .sequence(let sequence) = node, node.isOfItsKind else {
            fault(node, at: path, "\(path.label) must be a list of \(contents)")
            return nil
        }
        return Array(sequence)
    }

    /// A list of texts; those that cannot be read are left out.
    mutating func texts(_ node: Node, at path: DefinitionPath) -> [String]? {
        let contents = path.components.last == .field(.after) ? "names" : "codes"
        guard let nodes = list(node, at: path, of: "\(contents), e.g. [a, b]") else { return nil }
        var texts: [String] = []
        for node in nodes {
            guard let text = text(node, at: path) else { continue }
            note(node.location, at: path.index(texts.count))
            texts.append(text)
        }
        return texts
    }

    private func described(_ node: Node, at path: DefinitionPath) -> String {
        guard let scalar = node.scalar else { return path.label }
        return "\(path.label) \(ShownText.quoted(scalar.string))"
    }

    static func isJSONNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        guard case .number(0..<bytes.count) = try? scanner.next(in: bytes.span) else {
            return false
        }
        return true
    }
}
