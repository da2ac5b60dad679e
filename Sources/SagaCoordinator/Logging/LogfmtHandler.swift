package import Logging
internal import SagaModel
internal import SagaSystem

/// Writes one line a fact to stderr: logfmt, with the time unless journald adds it, and with its
/// priority there.
package struct LogfmtHandler: LogHandler {
    /// How lines begin.
    package enum Style: Sendable {
        /// `time=.. level=.. msg=".."`, for files and terminals.
        case stamped
        /// `<N>level=..`, for journald, which reads the priority and adds the time (sd-daemon(3)).
        case journald
    }

    /// What every line of this logger says.
    package var metadata: Logger.Metadata = [:]
    /// What is less important is not written.
    package var logLevel: Logger.Level
    private let style: Style

    /// Makes a handler.
    package init(level: Logger.Level, style: Style) {
        logLevel = level
        self.style = style
    }

    /// One entry of the lines' metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line.
    package func log(event: LogEvent) {
        var line = style == .journald ? "<\(event.level.priority)>" : "time=\(Self.stamp()) "
        line +=
            "level=\(event.level.word) msg=\(Self.quoted(event.message.description, always: true))"
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(Self.quoted(value.description, always: false))"
        }
        line += "\n"
        StandardStream.error.write(line)
    }

    private static func stamp() -> String {
        Instant(microseconds: WallClock.microsecondsSince1970()).iso8601
    }

    /// Quotes what has a space, a quote or an equals sign in it, or nothing.
    private static func quoted(_ text: String, always: Bool) -> String {
        let needsQuotes =
            always || text.isEmpty
            || text.utf8.contains {
                $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=")
            }
        guard needsQuotes else { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(character)  // any other character of a text
            }
        }
        return quoted + "\""
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
