/// Swift source as lines, once as written and once with comments and the insides of strings made
/// blank, so that a rule about code does not stumble over prose.
struct SwiftText {
    let lines: [String]
    let code: [String]

    init(_ text: String) {
        lines = Self.split(text)
        var blanker = Blanker(text)
        code = Self.split(blanker.blanked())
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// Walks over comments and strings. An interpolation is blanked with its string.
private struct Blanker {
    private let input: [Character]
    private var position = 0
    private var output = ""

    init(_ text: String) {
        input = Array(text)
    }

    mutating func blanked() -> String {
        while position < input.count {
            if starts("//") {
                while position < input.count, input[position] != "\n" { blank() }
            } else if starts("/*") {
                comment()
            } else if input[position] == "\"" || (input[position] == "#" && opensRawString()) {
                string()
            } else {
                output.append(input[position])
                position += 1
            }
        }
        return output
    }

    private func starts(_ text: String) -> Bool {
        var index = position
        for character in text {
            guard index < input.count, input[index] == character else { return false }
            index += 1
        }
        return true
    }

    private func opensRawString() -> Bool {
        input[position...].first { $0 != "#" } == "\""
    }

    private mutating func blank() {
        output.append(input[position] == "\n" ? "\n" : " ")
        position += 1
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where position < input.count { blank() }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if starts("/*") { depth += 1 } else if starts("*/") { depth -= 1 }
            blank(starts("/*") || starts("*/") ? 2 : 1)
        } while depth > 0 && position < input.count
    }

    private mutating func string() {
        var pounds = ""
        while position < input.count, input[position] == "#" {
            pounds.append("#")
            blank()
        }
        let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
        let (end, escape) = (quotes + pounds, "\\" + pounds)
        blank(quotes.count)
        while position < input.count, !starts(end) {
            if starts(escape + "(") {
                blank(escape.count)
                interpolation()
            } else {
                blank(starts(escape) ? escape.count + 1 : 1)
            }
        }
        blank(end.count)
    }

    private mutating func interpolation() {
        var depth = 0
        repeat {
            switch input[position] {
            case "\"": string()
            case "(":
                depth += 1
                blank()
            case ")":
                depth -= 1
                blank()
            default: blank()
            }
        } while depth > 0 && position < input.count
    }
}
