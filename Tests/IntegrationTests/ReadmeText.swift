import Foundation

/// What a page in Markdown asks its readers to copy.
struct ReadmeText {
    /// Text between two fences.
    struct Block {
        /// What the fence says the text is, such as `yaml`.
        let kind: String
        let text: String
        /// The last name in code style before the fence: where to save the text.
        let fileName: String?
    }

    private(set) var blocks: [Block] = []
    /// The lines that are indented by four spaces: commands for a shell.
    private(set) var commands: [String] = []
    /// Where the links lead to.
    let links: [String]

    init(_ text: String) {
        var fence: (kind: String, lines: [String])?
        var lastName: String?
        var links: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let (kind, lines) = fence {
                    let text = lines.map { $0 + "\n" }.joined()
                    blocks.append(Block(kind: kind, text: text, fileName: lastName))
                    fence = nil
                } else {
                    fence = (String(line.dropFirst(3)), [])
                }
            } else if fence != nil {
                fence?.lines.append(String(line))
            } else if line.hasPrefix("    ") {
                commands.append(String(line.dropFirst(4)))
            } else {
                links += line.matches(of: /\]\(([^)]+)\)/).map { String($0.output.1) }
                lastName =
                    line.matches(of: /`([a-z]+\.[a-z]+)`/).last.map { String($0.output.1) }
                    ?? lastName
            }
        }
        self.links = links
    }

    func blocks(_ kind: String) -> [Block] {
        blocks.filter { $0.kind == kind }
    }
}
