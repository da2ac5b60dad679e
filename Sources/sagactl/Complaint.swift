internal import SagaModel
internal import SagaSystem

/// Why there is no result: lines for people and a number for programs.
struct Complaint: Error, Equatable {
    /// The exit statuses of the admin client (those above 2 are from sysexits.h).
    enum Exit: Int32 {
        /// All went well.
        case done = 0
        /// The answer is no: undone under `--wait`, no such saga, refused.
        case no = 1
        /// The saga waits for a person, or was given up.
        case parked = 2
        /// Wrong flags.
        case usage = 64
        /// A definition or an input that is wrong.
        case dataError = 65
        /// No coordinator.
        case unavailable = 69
        /// Any other error.
        case software = 70
        /// The output cannot be written.
        case cannotCreate = 73
        /// The coordinator does not let us.
        case noPermission = 77
        /// A file of certificates or keys is wrong.
        case configuration = 78
    }

    /// How the error and what helps are told, one line each; only the first is marked as an error,
    /// unless the lines say themselves where an error is.
    let lines: [String]
    /// Whether the first line is to be marked.
    let isMarked: Bool
    let exit: Exit

    /// Something that is wrong, with lines that help.
    init(_ message: String, hints: [String] = [], exit: Exit) {
        lines = [message] + hints
        isMarked = true
        self.exit = exit
    }

    /// Lines that say themselves where an error is.
    init(lines: [String], exit: Exit) {
        self.lines = lines
        isMarked = false
        self.exit = exit
    }

    /// A file that cannot be read.
    static func unreadable(_ file: String, _ failure: SystemFailure) -> Complaint {
        Complaint("cannot read \(file): \(failure.code)", exit: .dataError)
    }

    /// What is written to stderr.
    func text(_ style: Style) -> String {
        var lines = lines.map { StyledText.harmless($0) }
        if isMarked { lines[0] = style.paint("error:", as: .failed) + " " + lines[0] }
        return lines.map { $0 + "\n" }.joined()
    }
}
