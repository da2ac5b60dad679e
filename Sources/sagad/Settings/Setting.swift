internal import ArgumentParser
internal import FoundationEssentials

/// A setting of the daemon: a flag, with the names that it has in the environment and in a file.
///
/// There is no second table of them: they are what the command line declares.
struct Setting: Hashable, Sendable {
    /// The flag without its dashes, `connection-header-block`.
    let flag: String
    /// Whether it is on or off, and has no value.
    let isSwitch: Bool
    /// Whether it may be given several times.
    let isList: Bool
    /// What is in force if nobody sets it; nil for nothing.
    let standard: String?

    /// The first words that make a mapping of their own in a file.
    private static let sections = [
        "archive", "connection", "events", "http2", "journal", "log", "metrics", "tls",
    ]

    /// Flags that say what one start is to do, and are no settings.
    private static let onceOnly: Set<String> = [
        "help", "help-hidden", "version", "check", "config", "restored", "allow-volatile",
        "fdatasync-delay",
    ]

    /// Its name in a file, a dot for each mapping: `connection.headerBlock`.
    var key: String {
        for section in Self.sections where flag.hasPrefix(section + "-") {
            return section + "." + Self.camelCase(flag.dropFirst(section.count + 1))
        }
        return Self.camelCase(flag[...])
    }

    /// Its name in the environment: `SAGAD_CONNECTION_HEADER_BLOCK`.
    var variable: String {
        Self.variablePrefix + flag.uppercased().split(separator: "-").joined(separator: "_")
    }

    /// What all names in the environment begin with.
    static let variablePrefix = "SAGAD_"

    private static func camelCase(_ words: Substring) -> String {
        let words = words.split(separator: "-")
        let capitalized = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return (words.prefix(1).map(String.init) + capitalized).joined()
    }

    /// All settings, by their keys.
    static let all: [Setting] = {
        guard
            let tool = try? JSONDecoder().decode(Tool.self, from: Data(Sagad._dumpHelp().utf8))
        else { preconditionFailure("the command line does not describe itself") }
        return tool.command.arguments.compactMap(Setting.init).sorted { $0.key < $1.key }
    }()

    private init?(_ argument: Tool.Argument) {
        guard let name = argument.names?.first(where: { $0.kind == "long" })?.name,
            !Self.onceOnly.contains(name), !name.hasPrefix("no-")
        else { return nil }
        flag = name
        isSwitch = argument.kind == "flag"
        isList = argument.isRepeating
        standard = isSwitch ? "true" : argument.defaultValue
    }

    /// What ArgumentParser writes of a command line, as far as it is needed here.
    private struct Tool: Decodable {
        let command: Command

        struct Command: Decodable { let arguments: [Argument] }

        struct Argument: Decodable {
            let kind: String
            let isRepeating: Bool
            let names: [Name]?
            let defaultValue: String?
        }

        struct Name: Decodable {
            let kind: String
            let name: String
        }
    }
}
