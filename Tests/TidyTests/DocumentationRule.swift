/// Every `public` and `package` declaration has a doc comment.
enum DocumentationRule {
    static func faults(in text: String) -> [String] {
        let text = SwiftText(text)
        var faults: [String] = []
        for index in text.code.indices where isVisibleDeclaration(text.code[index]) {
            var above = index - 1
            while above >= 0, isAttributeOrCondition(text.code[above]) { above -= 1 }
            let hasComment = above >= 0 && text.lines[above].drop { $0 == " " }.hasPrefix("///")
            if !hasComment {
                let line = text.lines[index].drop { $0 == " " }
                faults.append("\(index + 1): no doc comment: \(line)")
            }
        }
        return faults
    }

    private static func isVisibleDeclaration(_ code: String) -> Bool {
        let modifiers: Set = [
            "static", "final", "mutating", "nonmutating", "consuming", "borrowing", "indirect",
            "nonisolated", "private(set)", "fileprivate(set)", "internal(set)", "lazy", "weak",
            "override", "required", "convenience",
        ]
        var words = withoutAttributes(code).split(separator: " ").map(String.init)[...]
        words = words.drop { modifiers.contains($0) }
        guard let level = words.popFirst(), ["public", "package", "open"].contains(level) else {
            return false
        }
        return !words.contains("import") && words.first != "extension"
    }

    /// What follows the attributes of a line; their arguments may hold spaces.
    private static func withoutAttributes(_ code: String) -> Substring {
        var rest = code.drop { $0 == " " }
        while rest.hasPrefix("@") {
            rest = rest.dropFirst().drop { $0.isLetter || $0.isNumber || $0 == "_" }
            if rest.hasPrefix("(") {
                var depth = 0
                rest = rest.drop { character in
                    if character == "(" { depth += 1 } else if character == ")" { depth -= 1 }
                    return depth > 0
                }
                rest = rest.dropFirst()
            }
            rest = rest.drop { $0 == " " }
        }
        return rest
    }

    private static func isAttributeOrCondition(_ code: String) -> Bool {
        let code = code.drop { $0 == " " }
        return code.hasPrefix("@") && !isVisibleDeclaration(String(code)) || code.hasPrefix("#if")
    }
}
