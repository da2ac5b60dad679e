package import Logging
internal import SagaModel
internal import SagaSystem

/// Writes one line a fact to stderr, as logfmt or JSON: with the time unless journald adds it, and
/// with its priority there.
package struct LineLogHandler: LogHandler {
    /// How lines begin.
    package enum Style: Sendable {
        /// `time=.. level=.. msg=".."`, for files and terminals.
        case stamped
        /// `<N>level=..`, for journald, which reads the priority and adds the time (sd-daemon(3)).
        case journald
    }

    /// How lines are written.
    package enum Format: String, CaseIterable, Sendable {
        /// `level=notice msg="serving" epoch=17`.
        case logfmt
        /// `{"level":"notice","msg":"serving","epoch":"17"}`; all values are texts.
        case json
    }

    /// What every line of this logger says.
    package var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    private let repeated: RepeatedLines
    private let style: Style
    private let format: Format

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - threshold: what is less important is not written.
    ///   - repeated: which lines are left out; shared by all handlers of a program.
    package init(
        threshold: LogThreshold, repeated: RepeatedLines, style: Style, format: Format = .logfmt
    ) {
        self.threshold = threshold
        self.repeated = repeated
        self.style = style
        self.format = format
    }

    /// What is less important is not written.
    package var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    /// One entry of the lines' metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line, unless too many like it were written just now.
    package func log(event: LogEvent) {
        let message = event.message.description
        let now = MonotonicInstant.now().microseconds
        guard case .write(let leftOut) = repeated.take(message, atMicroseconds: now) else { return }
        var lines = ""
        if leftOut > 0 {
            lines = line(
                event.level, "lines like the next one were left out", [("count", "\(leftOut)")])
        }
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        lines += line(event.level, message, all)
        StandardStream.error.write(lines)
    }

    /// One line with its end.
    func line(
        _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: String)]
    ) -> String {
        let priority = style == .journald ? "<\(level.priority)>" : ""
        let time = style == .journald ? [] : [("time", Self.stamp())]
        switch format {
        case .logfmt:
            let begin = (time + [("level", level.word)]).map { "\($0.0)=\($0.1)" }
            let rest = metadata.map { "\($0.key)=\(Self.quoted($0.value, always: false))" }
            let words = begin + ["msg=\(Self.quoted(message, always: true))"] + rest
            return priority + words.joined(separator: " ") + "\n"
        case .json:
            // A fact's own word does not take the place of what every line has.
            let names: Set = ["time", "level", "msg"]
            let facts =
                time + [("level", level.word), ("msg", message)]
                + metadata.map { (names.contains($0.key) ? "\($0.key)_" : $0.key, $0.value) }
            let members = facts.map { "\(Self.json($0.0)):\(Self.json($0.1))" }
            return priority + "{" + members.joined(separator: ",") + "}\n"
        }
    }

    private static func stamp() -> String {
        Instant(microseconds: WallClock.microsecondsSince1970()).iso8601
    }

    /// A text of JSON: what is below a space is escaped, so that a line stays one.
    private static func json(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\0"..<" ":
                let digits = String(character.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(character)  // any other character of a text
            }
        }
        return quoted + "\""
    }

    /// Quotes what has a space, a quote or an equals sign in it, or nothing.
    private static func quoted(_ text: String, always: Bool) -> String {
        let needsQuotes =
            always || text.isEmpty
            || text.utf8.contains {
                $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=")
            }
        return needsQuotes ? json(text) : text
    }
}

extension Logger.Level {
    /// The level's word in the lines; trace counts as debug.
    fileprivate var word: String {
        switch self {
        case .trace, .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error, .critical: "error"
        }
    }

    /// The level as syslog and journald number it.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
