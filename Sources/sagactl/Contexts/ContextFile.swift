internal import SagaModel
internal import SagaSystem
internal import Yams

/// The file of a user's contexts: YAML, read and written as a whole.
///
/// `$XDG_CONFIG_HOME/sagactl/contexts.yaml`, or in `~/.config` where that is not set (XDG Base
/// Directory Specification 0.8).
struct ContextFile: Sendable {
    let path: String

    /// The place for this user; nil for one without a home.
    init?(_ environment: (String) -> String?) {
        func directory(_ name: String) -> String? {
            // A relative path is to be taken for none (XDG, Environment variables).
            environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        guard
            let base = directory("XDG_CONFIG_HOME") ?? directory("HOME").map({ "\($0)/.config" })
        else { return nil }
        path = "\(base)/sagactl/contexts.yaml"
    }

    init(path: String) { self.path = path }

    /// What the file says; nothing if there is none.
    func read() throws(Complaint) -> Contexts {
        let bytes: [UInt8]
        do throws(SystemFailure) {
            bytes = try WholeFile.read(path)
        } catch {
            if error.code == .notFound { return Contexts() }
            throw Complaint("cannot read \(path): \(error.code)", exit: .configuration)
        }
        return try parse(String(decoding: bytes, as: UTF8.self))
    }

    /// Puts contexts in the place of what the file says; only its owner can read it.
    func write(_ contexts: Contexts) throws(Complaint) {
        do throws(SystemFailure) {
            ThisProcess.keepNewFilesPrivate()
            try Self.makeDirectories(path)
            try WholeFile.write(Array(Self.text(contexts).utf8), to: path)
        } catch {
            throw Complaint("cannot write \(path): \(error.code)", exit: .cannotCreate)
        }
    }

    private static func makeDirectories(_ path: String) throws(SystemFailure) {
        let parts = path.split(separator: "/").dropLast()
        var directory = ""
        for part in parts {
            directory += "/\(part)"
            do throws(SystemFailure) {
                try Directory.make(directory)
            } catch {
                guard error.code == .exists else { throw error }
            }
        }
    }

    /// Values are quoted as JSON, which YAML takes (YAML 1.2, 1.3).
    static func text(_ contexts: Contexts) -> String {
        func quoted(_ text: String) -> String {
            String(decoding: JSONText.quoted(text), as: UTF8.self)
        }
        var lines = ["# Contexts of sagactl; see: sagactl context --help"]
        if let current = contexts.current { lines.append("current: \(quoted(current))") }
        lines.append(contexts.all.isEmpty ? "contexts: {}" : "contexts:")
        for (name, context) in contexts.all {
            let values = Context.textKeys.compactMap { key in
                context[keyPath: key.path].map { "    \(key.name): \(quoted($0))" }
            }
            let more = context.tls ? ["    \(Context.tlsKey): true"] : []
            let isEmpty = values.isEmpty && more.isEmpty
            lines.append("  \(quoted(name)):" + (isEmpty ? " {}" : ""))
            lines += values + more
        }
        return lines.map { $0 + "\n" }.joined()
    }

    func parse(_ text: String) throws(Complaint) -> Contexts {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Complaint(
                lines: ["\(path)\(Self.place(of: error)): error: this is not YAML"],
                exit: .configuration)
        }
        guard let root else { return Contexts() }
        var contexts = Contexts()
        for (key, value) in try members(root, "the file") {
            switch key.text {
            case "current": contexts.current = try string(value, "current")
            case "contexts":
                for (name, node) in try members(value, "contexts") {
                    contexts[name.text] = try context(node, name.text)
                }
            default:  // any text
                throw unknown(key, among: ["current", "contexts"], in: "the file")
            }
        }
        return contexts
    }

    private func context(_ node: Node, _ name: String) throws(Complaint) -> Context {
        var context = Context()
        for (key, value) in try members(node, "context \(name)") {
            if key.text == Context.tlsKey {
                guard let isOn = value.bool else {
                    throw fault(value, "context \(name): tls is true or false")
                }
                context.tls = isOn
            } else if let known = Context.textKeys.first(where: { $0.name == key.text }) {
                context[keyPath: known.path] = try string(value, key.text)
            } else {
                let names = Context.textKeys.map(\.name) + [Context.tlsKey]
                throw unknown(key, among: names, in: "context \(name)")
            }
        }
        return context
    }

    private struct Key {
        let text: String
        let node: Node
    }

    private func members(
        _ node: Node, _ what: String
    ) throws(Complaint) -> [(key: Key, value: Node)] {
        guard let mapping = node.mapping else {
            throw fault(node, "\(what) must be a mapping of names to values")
        }
        var members: [(key: Key, value: Node)] = []
        for (key, value) in mapping {
            guard let text = key.string else { throw fault(key, "\(what): a key is not a text") }
            members.append((Key(text: text, node: key), value))
        }
        return members
    }

    private func string(_ node: Node, _ key: String) throws(Complaint) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw fault(node, "\(key) must be a text that is not empty")
        }
        return text
    }

    private func unknown(_ key: Key, among names: [String], in place: String) -> Complaint {
        let near = NearestName.candidate(for: key.text, among: names)
        let meant = near.map { "did you mean \($0)?" } ?? "it has \(names.joined(separator: ", "))"
        return fault(key.node, "\(place): unknown key \(ShownText.word(key.text)); \(meant)")
    }

    private func fault(_ node: Node, _ message: String) -> Complaint {
        let place = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
        return Complaint(lines: ["\(path)\(place): error: \(message)"], exit: .configuration)
    }

    private static func place(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            ":\(mark.line):\(mark.column)"
        default: ""  // the library's other reasons name no place
        }
    }
}
