/// The page on a contract names all that its protos have.
enum ContractRules {
    /// Fields and members of enums that the page has neither as code nor in a heading, each as
    /// `Message.field`. Members are named without what they repeat of their enum; the one that says
    /// nothing need not be named.
    static func unnamed(in protos: [String], by page: String) -> [String] {
        let named = names(in: page)
        return protos.flatMap { proto in
            var scope = ""
            var prefix: String?
            return proto.split(separator: "\n").compactMap { line -> String? in
                let words = WordRules.words(of: String(line.prefix { $0 != "/" }))
                switch words.first {
                case "message":
                    (scope, prefix) = (words[1], nil)
                    return nil
                case "enum":
                    (scope, prefix) = (words[1], upperSnake(words[1]) + "_")
                    return nil
                case "rpc", "service", "syntax", "package", "import", "oneof", nil: return nil
                default: break
                }
                // `type name = number`, or `NAME = number` in an enum.
                guard line.contains(" = "), words.count >= 2 else { return nil }
                let name = words[words.count - 2]
                guard let prefix else { return named.contains(name) ? nil : "\(scope).\(name)" }
                let member = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
                guard member != "UNSPECIFIED", !named.contains(member) else { return nil }
                return "\(scope).\(member)"
            }
        }
    }

    private static func names(in page: String) -> Set<String> {
        var names: Set<String> = []
        for line in page.split(separator: "\n") {
            if line.hasPrefix("#") { names.formUnion(WordRules.words(of: String(line))) }
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            for index in pieces.indices where !index.isMultiple(of: 2) {
                names.formUnion(WordRules.words(of: String(pieces[index])))
            }
        }
        return names
    }

    private static func upperSnake(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase, !text.isEmpty { text.append("_") }
            text.append(contentsOf: character.uppercased())
        }
    }
}
