internal import FoundationEssentials

/// What `sagad config` prints.
extension Settings {
    /// One line a setting: what is in force, and where it comes from.
    func lines() -> [String] {
        let rows = Setting.all.map { setting in
            let value = values[setting.flag]
            return (
                setting.key, (value?.texts.joined(separator: ",") ?? setting.standard) ?? "-",
                value?.source.description ?? "default"
            )
        }
        let keyWidth = rows.map(\.0.count).max() ?? 0
        let valueWidth = min(rows.map(\.1.count).max() ?? 0, 32)
        return rows.map { key, value, source in
            key + String(repeating: " ", count: keyWidth - key.count + 2)
                + value + String(repeating: " ", count: max(0, valueWidth - value.count) + 2)
                + source
        }
    }

    /// The same for programs: one object a line.
    func objects() -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Setting.all.compactMap { setting in
            let value = values[setting.flag]
            let texts = value?.texts ?? setting.standard.map { [$0] } ?? []
            var row = Row(
                key: setting.key, flag: "--\(setting.flag)", variable: setting.variable,
                values: texts, source: "default")
            switch value?.source {
            case nil: break
            case .flag: row.source = "flag"
            case .variable: row.source = "environment"
            case .socket: row.source = "socket"
            case .file(let path, let line):
                row.source = "file"
                row.file = path
                row.line = line
            }
            return (try? encoder.encode(row)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private struct Row: Encodable {
        var key: String
        var flag: String
        var variable: String
        var values: [String]
        var source: String
        var file: String?
        var line: Int?
    }
}
