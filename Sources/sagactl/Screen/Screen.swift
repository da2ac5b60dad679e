internal import SagaSystem

/// Where results and all else go, and how they look.
struct Screen: Sendable {
    /// Takes results.
    var output: @Sendable (_ text: String) throws(Complaint) -> Void
    /// Takes all else: errors, warnings, progress.
    var error: @Sendable (_ text: String) -> Void
    /// Asks a question and gives the line that is typed; nil where nobody can be asked.
    var ask: @Sendable (_ question: String) -> String?
    /// How results look.
    var style: Style
    /// How all else looks.
    var errorStyle: Style
    /// Whether results are JSON.
    var isJSON: Bool
    /// Whether a person looks at both streams, so that progress may be shown and wiped out again.
    var showsProgress: Bool

    /// Writes lines of results.
    func show(_ lines: [String]) throws(Complaint) {
        guard !lines.isEmpty else { return }
        try output(lines.map { $0 + "\n" }.joined())
    }

    /// Writes one object a line.
    func show(_ objects: [JSONObject]) throws(Complaint) {
        try show(objects.map(\.text))
    }

    /// Writes `warning: ...`.
    func warn(_ message: String) {
        error(errorStyle.paint("warning:", as: .waiting) + " \(StyledText.harmless(message))\n")
    }

    /// Writes a line that is neither result nor error.
    func note(_ message: String) {
        error(StyledText.harmless(message) + "\n")
    }

    /// Shows a line in the place of the one before; an empty one wipes it out.
    func progress(_ line: String) {
        guard showsProgress else { return }
        error("\r\u{1B}[K\(line)")
    }

    /// The two streams of this process.
    static func standard(_ color: ColorChoice, isJSON: Bool) -> Screen {
        let isTerminal = StandardStream.output.isTerminal && StandardStream.error.isTerminal
        return Screen(
            output: { text throws(Complaint) in
                do throws(SystemFailure) {
                    try StandardStream.output.writeAll(Array(text.utf8))
                } catch {
                    // Whoever read has had enough (`sagactl list | head`) and need not be told.
                    if error.code == .brokenPipe { throw Complaint(lines: [], exit: .cannotCreate) }
                    throw Complaint("cannot write the output: \(error.code)", exit: .cannotCreate)
                }
            },
            error: { StandardStream.error.write($0) },
            ask: { question in
                guard StandardStream.inputIsTerminal, StandardStream.error.isTerminal else {
                    return nil
                }
                StandardStream.error.write(question)
                return readLine() ?? ""
            },
            style: style(of: .output, color), errorStyle: style(of: .error, color),
            isJSON: isJSON, showsProgress: isTerminal && !isJSON)
    }

    /// How one of the two streams looks.
    static func style(of stream: StandardStream, _ color: ColorChoice) -> Style {
        Style(
            hasColor: color.isOn(
                isTerminal: stream.isTerminal, environment: ThisProcess.environment),
            isUTF8: Locale.isUTF8(ThisProcess.environment))
    }
}

/// What `--color` says.
enum ColorChoice: String, Sendable, CaseIterable {
    case auto, always, never

    /// Whether colours are written.
    ///
    /// `NO_COLOR` with any value but the empty one turns them off (no-color.org); what is written
    /// on the command line is stronger.
    func isOn(isTerminal: Bool, environment: (String) -> String?) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto:
            isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
        }
    }
}

/// What the environment says of characters.
enum Locale {
    /// Whether they are UTF-8: the first of the three variables that is set and not empty decides
    /// (POSIX, Environment Variables, 8.2).
    static func isUTF8(_ environment: (String) -> String?) -> Bool {
        let values = ["LC_ALL", "LC_CTYPE", "LANG"].map { environment($0) ?? "" }
        let value = (values.first { !$0.isEmpty } ?? "").lowercased()
        return value.contains("utf-8") || value.contains("utf8")
    }
}
