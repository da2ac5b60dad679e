/// How reports are written.
enum ReportFormat {
    /// Lines of a name and a value each, the values below each other; for people.
    static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
        }.joined()
    }

    /// One JSON object on a line of its own, of names and JSON texts; for programs.
    static func json(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}\n"
    }

    /// A number of bytes in units that people read.
    static func bytes(_ count: Int) -> String {
        let kibibytes = Double(count) / 1024
        return abs(kibibytes) < 1024
            ? "\(kibibytes.rounded(to: 1)) KiB" : "\((kibibytes / 1024).rounded(to: 1)) MiB"
    }
}

extension Double {
    /// The number with so many digits behind the point, and no point without any.
    func rounded(to digits: Int) -> String {
        guard isFinite else { return "0" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = (self * scale).rounded() / scale
        return digits == 0 ? "\(Int(whole))" : "\(whole)"
    }
}
