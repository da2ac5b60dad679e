/// Text in pieces that may have colours: measured without them, written with them.
///
/// What it is made of may come from anybody who can name a saga or fail a step, so whatever would
/// move the cursor, change the line or steer the terminal is shown as an escape.
struct StyledText: Equatable, Sendable {
    private struct Piece: Equatable, Sendable {
        let text: String
        let role: Role
    }

    private var pieces: [Piece] = []

    /// Makes a text of one piece.
    init(_ text: String, _ role: Role = .plain) {
        if !text.isEmpty { pieces = [Piece(text: Self.harmless(text), role: role)] }
    }

    /// A sign in its colour.
    init(_ sign: Sign, _ style: Style) {
        self.init(sign.text(style), sign.role)
    }

    /// How many columns it takes, every character counted as one.
    var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

    var isEmpty: Bool { pieces.isEmpty }

    /// The text with the colours of the style.
    func text(_ style: Style) -> String {
        pieces.map { style.paint($0.text, as: $0.role) }.joined()
    }

    static func + (left: StyledText, right: StyledText) -> StyledText {
        var sum = left
        sum.pieces += right.pieces
        return sum
    }

    static func + (left: StyledText, right: String) -> StyledText { left + StyledText(right) }

    /// The parts that are not empty, with the separator between them.
    static func joined(_ parts: [StyledText], by separator: String) -> StyledText {
        var result = StyledText("")
        for part in parts where !part.isEmpty {
            if !result.isEmpty { result = result + separator }
            result = result + part
        }
        return result
    }

    /// The text with escapes for control characters, line separators and what changes the direction
    /// of writing.
    static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar) {
                shown += scalar.escaped(asASCII: true)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: scalar.properties.isBidiControl
        default: false
        }
    }
}

extension StyledText: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self.init(text) }
}
