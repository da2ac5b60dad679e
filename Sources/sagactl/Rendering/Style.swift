/// How text is shown: with colours or not, with signs beyond ASCII or not.
struct Style: Equatable, Sendable {
    /// Whether escape sequences for colours are written.
    var hasColor: Bool
    /// Whether signs may be other than ASCII.
    var isUTF8: Bool

    /// Nothing but text, for programs and tests.
    static let plain = Style(hasColor: false, isUTF8: true)

    /// The text in the colour of what it says; a sign or word beside it always says the same.
    func paint(_ text: String, as role: Role) -> String {
        guard hasColor, !text.isEmpty, let code = role.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// What a piece of text is, so that it has a colour.
enum Role: Equatable, Sendable {
    /// Nothing of the others.
    case plain
    /// The name of something; bold.
    case name
    /// Ids and times; dim.
    case dim
    /// What went well; green.
    case done
    /// What is undone, waits, or may be wrong; yellow.
    case waiting
    /// What failed; red.
    case failed

    /// The number of the escape sequence (ECMA-48, SGR).
    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .name: "1"
        case .dim: "2"
        case .done: "32"
        case .waiting: "33"
        case .failed: "31"
        }
    }
}

/// The sign before a step.
enum Sign: Equatable, Sendable, CaseIterable {
    case done, waits, later, attention, failed, undone, passedOver

    func text(_ style: Style) -> String {
        style.isUTF8 ? symbols.utf8 : symbols.ascii
    }

    private var symbols: (utf8: String, ascii: String) {
        switch self {
        case .done: ("✓", "+")
        case .waits: ("…", "~")
        case .later: ("○", "o")
        case .attention: ("!", "!")
        case .failed: ("✗", "x")
        case .undone: ("↩", "<")
        case .passedOver: ("-", "-")
        }
    }

    var role: Role {
        switch self {
        case .done: .done
        case .waits, .undone: .waiting
        case .later, .passedOver: .dim
        case .attention, .failed: .failed
        }
    }
}
