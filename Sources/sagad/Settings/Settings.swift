internal import SagaModel
internal import SagaSystem

/// What the daemon is told by people, from all places: flags before the environment, the
/// environment before the file, the file before what systemd hands over, and that before defaults.
///
/// apple/swift-configuration 1.4 layers such sources too, and was looked at: its snapshots of files
/// keep neither lines nor the keys that nobody reads, so that a fault could not be told where it
/// stands and a misspelt key not at all; and its reader would have declared types and defaults a
/// second time beside ArgumentParser. What is left to layer is below.
struct Settings: Sendable {
    /// What was set, by the flag.
    private(set) var values: [String: Value] = [:]

    /// The texts of a setting and where they come from.
    struct Value: Equatable, Sendable {
        /// One, or several of a list.
        var texts: [String]
        var source: Source
    }

    /// Where a value comes from.
    enum Source: Equatable, Sendable, CustomStringConvertible {
        case flag(String)
        case variable(String)
        case file(String, line: Int)
        /// A socket that systemd has opened.
        case socket

        var description: String {
            switch self {
            case .flag(let flag): "--\(flag)"
            case .variable(let name): name
            case .file(let path, let line): "\(path):\(line)"
            case .socket: "systemd socket"
            }
        }
    }

    /// What is wrong with what people wrote outside the command line, one line a fault.
    struct Fault: Error, Equatable {
        let lines: [String]

        init(_ lines: [String]) { self.lines = lines }
    }

    /// Nothing set.
    init() {}

    /// Reads all sources.
    ///
    /// - Parameters:
    ///   - arguments: the command line.
    ///   - environment: all variables.
    ///   - sockets: what systemd has opened: that named `metrics` is for metrics.
    init(
        _ arguments: [String], environment: [String: String],
        sockets: [ServiceEnvironment.Socket] = []
    ) throws(Fault) {
        let known = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.flag, $0) })
        readSockets(sockets)
        let given = CommandLineValues(arguments, known)
        if let path = given.configurationFile ?? environment[Self.fileVariable] {
            for (flag, value) in try ConfigurationFile.read(path) { values[flag] = value }
        }
        try readEnvironment(environment)
        for (flag, texts) in given.values {
            values[flag] = Value(texts: texts, source: .flag(flag))
        }
    }

    /// Names the file, as `--config` does.
    private static let fileVariable = Setting.variablePrefix + "CONFIG"

    private mutating func readSockets(_ sockets: [ServiceEnvironment.Socket]) {
        let metrics = sockets.filter { $0.name == "metrics" }
        let others = sockets.filter { $0.name != "metrics" }
        for (flag, sockets) in [("listen", others), ("metrics-listen", metrics)]
        where !sockets.isEmpty {
            values[flag] = Value(texts: sockets.map { "fd:\($0.descriptor)" }, source: .socket)
        }
    }

    private mutating func readEnvironment(_ environment: [String: String]) throws(Fault) {
        let known = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.variable, $0) })
        var faults: [String] = []
        let named = environment.keys.filter { $0.hasPrefix(Setting.variablePrefix) }.sorted()
        for name in named where name != Self.fileVariable {
            guard let setting = known[name] else {
                let nearest = NearestName.candidate(for: name, among: known.keys.sorted())
                faults.append(
                    "the environment variable \(name) is no setting"
                        + (nearest.map { "; did you mean \($0)?" } ?? "; see sagad config"))
                continue
            }
            let text = environment[name] ?? ""
            let texts = setting.isList ? text.split(separator: ",").map(String.init) : [text]
            values[setting.flag] = Value(texts: texts, source: .variable(name))
        }
        if !faults.isEmpty { throw Fault(faults) }
    }

    /// The command line with all that other places set in front, for the parser of command lines,
    /// which checks each value by its type.
    func arguments(before given: [String]) -> [String] {
        var result: [String] = []
        for setting in Setting.all {
            guard let value = values[setting.flag] else { continue }
            if case .flag = value.source { continue }
            // What is only checked is named by the command line alone.
            if setting.flag == "data-dir", given.contains(where: { $0.hasPrefix("--check") }) {
                continue
            }
            for text in value.texts {
                if !setting.isSwitch {
                    result.append("--\(setting.flag)=\(text)")
                } else if let isOn = Self.truth(text) {
                    result.append(isOn ? "--\(setting.flag)" : "--no-\(setting.flag)")
                } else {
                    // No flag has a value like this, so that the parser complains of this one.
                    result.append("--\(setting.flag)=\(text)")
                }
            }
        }
        return result + given
    }

    private static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil  // open set: what people write
        }
    }

    /// Where the settings come from that a complaint about flags names, but for those of the
    /// command line: whoever has to mend them must know where they stand.
    func places(namedIn complaint: String) -> [String] {
        let words = Set(complaint.split { !($0.isLetter || $0.isNumber || $0 == "-") })
        return Setting.all.compactMap { setting in
            guard words.contains("--\(setting.flag)"[...]), let value = values[setting.flag] else {
                return nil
            }
            switch value.source {
            case .flag: return nil
            case .variable(let name): return name
            case .file(let path, let line): return "\(path):\(line): \(setting.key)"
            case .socket: return nil
            }
        }
    }

    /// The keys whose values differ.
    func changes(to other: Settings) -> [String] {
        Setting.all.filter { values[$0.flag]?.texts != other.values[$0.flag]?.texts }.map(\.key)
    }
}

/// What a command line sets, so far as that can be told without knowing what is wrong with it.
private struct CommandLineValues {
    var values: [String: [String]] = [:]
    var configurationFile: String?

    init(_ arguments: [String], _ known: [String: Setting]) {
        var rest = arguments[...]
        while let argument = rest.popFirst(), argument != "--" {
            guard argument.hasPrefix("--") else { continue }
            let parts = argument.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if let setting = known[name], setting.isSwitch {
                values[name] = ["true"]
            } else if name.hasPrefix("no-"), known[String(name.dropFirst(3))]?.isSwitch == true {
                values[String(name.dropFirst(3))] = ["false"]
            } else if name == "config" || known[name] != nil {
                guard let text = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                    return
                }
                if name == "config" {
                    configurationFile = text
                } else if known[name]?.isList == true {
                    values[name, default: []].append(text)
                } else {
                    values[name] = [text]
                }
            }
        }
    }
}
