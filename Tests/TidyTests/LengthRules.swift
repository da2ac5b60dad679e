/// Limits that say where a seam is missing: lines of a file and of a function, columns of a line.
enum LengthRules {
    static let fileLines = 500
    static let functionLines = 70
    static let lineColumns = 100

    /// Files that are too long.
    static func fileFaults(in text: String) -> [String] {
        let count = SwiftText(text).lines.count
        return count > fileLines ? ["\(count) lines; at most \(fileLines)"] : []
    }

    /// Lines that are too wide.
    static func lineFaults(in text: String) -> [String] {
        SwiftText(text).lines.enumerated().filter { $0.element.count > lineColumns }
            .map { "\($0.offset + 1): \($0.element.count) columns; at most \(lineColumns)" }
    }

    /// Functions, initializers, subscripts and computed properties that are too long, counted from
    /// the line of the keyword to that of the closing brace.
    static func functionFaults(in text: String) -> [String] {
        let code = SwiftText(text).code
        var faults: [String] = []
        for start in code.indices where declaresFunction(code[start]) {
            guard let end = endOfBody(in: code, from: start) else { continue }
            let count = end - start + 1
            if count > functionLines {
                faults.append("\(start + 1): function of \(count) lines; at most \(functionLines)")
            }
        }
        return faults
    }

    private static func declaresFunction(_ line: String) -> Bool {
        let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        guard
            let keyword = words.first(where: {
                ["func", "init", "deinit", "subscript", "var"].contains($0)
            })
        else { return false }
        // A stored property has no body; a computed one opens it on its line, without a `=`.
        return keyword != "var" || (line.contains("{") && !line.contains("="))
    }

    /// The line on which the body that begins after this declaration ends, nil for a requirement.
    private static func endOfBody(in code: [String], from start: Int) -> Int? {
        var (parentheses, braces) = (0, 0)
        for line in start..<code.count {
            if line > start, braces == 0, parentheses == 0, declaresFunction(code[line]) {
                return nil
            }
            for character in code[line] {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{" where parentheses == 0 || braces > 0: braces += 1
                case "}" where braces == 0 && parentheses == 0: return nil
                case "}" where braces > 0:
                    braces -= 1
                    if braces == 0 { return line }
                default: break
                }
            }
        }
        return nil
    }
}
