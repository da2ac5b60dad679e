internal import SagaModel
internal import SagaSystem
internal import Yams

/// The file of `--config`: YAML, a mapping a section.
enum ConfigurationFile {
    /// The largest that is read; all settings with comments take a few KiB.
    private static let longestBytes = 1 << 20

    /// Reads a file: what it sets, by the flag.
    static func read(_ path: String) throws(Settings.Fault) -> [String: Settings.Value] {
        let bytes: [UInt8]
        do throws(SystemFailure) {
            bytes = try WholeFile.read(path, limit: longestBytes)
        } catch {
            throw Settings.Fault(["cannot read the configuration file: \(error)"])
        }
        guard bytes.count <= longestBytes, let text = String(validating: bytes, as: UTF8.self)
        else {
            throw Settings.Fault(["\(path): it is no configuration file: too large, or not UTF-8"])
        }
        return try parse(text, path)
    }

    /// Reads the text of a file.
    static func parse(
        _ text: String, _ path: String
    ) throws(Settings.Fault) -> [String: Settings.Value] {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Settings.Fault([Self.line(error, path)])
        }
        guard let root else { return [:] }
        var reader = Reader(path: path)
        switch root {
        case .mapping(let mapping): reader.read(mapping, [])
        case .scalar(let scalar) where scalar.string.isEmpty: break
        case .scalar, .sequence, .alias:
            reader.fault(root, "a mapping of settings is wanted, such as \"dataDir: DIR\"")
        }
        guard reader.faults.isEmpty else { throw Settings.Fault(reader.faults) }
        return reader.values
    }

    private static func line(_ error: any Error, _ path: String) -> String {
        guard let error = error as? YamlError else { return "\(path): \(error)" }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "\(path):\(mark.line):\(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.joined(separator: ", ")
            return "\(path):\(context.mark.line): \(names) is there twice"
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return "\(path): \(error)"
        }
    }

    private struct Reader {
        let path: String
        var values: [String: Settings.Value] = [:]
        var faults: [String] = []
        private let known = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.key, $0) })

        init(path: String) { self.path = path }

        mutating func fault(_ node: Node, _ text: String) {
            faults.append("\(path):\(node.mark?.line ?? 1): \(text)")
        }

        mutating func read(_ mapping: Node.Mapping, _ sections: [String]) {
            for (name, value) in mapping {
                let key = (sections + [name.string ?? ""]).joined(separator: ".")
                switch value {
                case .mapping(let inner):
                    // Sections have no sections in them.
                    if sections.isEmpty, known.keys.contains(where: { $0.hasPrefix(key + ".") }) {
                        read(inner, [key])
                    } else if known[key] != nil {
                        fault(value, "\(key) takes one value, and no mapping")
                    } else {
                        unknown(key, name)
                    }
                case .scalar(let scalar): set(key, name, [scalar.string])
                case .sequence(let items):
                    let texts = items.compactMap { item in
                        if case .scalar(let scalar) = item { scalar.string } else { nil }
                    }
                    if texts.count == items.count, known[key]?.isList ?? true {
                        set(key, name, texts)
                    } else {
                        fault(value, "\(key) takes one value, and no list")
                    }
                case .alias: fault(value, "\(key): aliases are not taken")
                }
            }
        }

        private mutating func set(_ key: String, _ name: Node, _ texts: [String]) {
            guard let setting = known[key] else {
                unknown(key, name)
                return
            }
            guard !texts.isEmpty, !texts.contains("") else {
                fault(name, "\(key) has no value; leave it out for its default")
                return
            }
            let source = Settings.Source.file(path, line: name.mark?.line ?? 1)
            values[setting.flag] = Settings.Value(texts: texts, source: source)
        }

        private mutating func unknown(_ key: String, _ name: Node) {
            let sections = known.keys.compactMap { $0.split(separator: ".").first.map(String.init) }
            let nearest = NearestName.candidate(
                for: key, among: Set(known.keys).union(sections).sorted())
            fault(
                name,
                "unknown key \(key)"
                    + (nearest.map { "; did you mean \($0)?" } ?? "; sagad config lists all"))
        }
    }
}
