/// Words that some places must not have.
enum WordRules {
    /// Targets that hold C objects or talk to the kernel.
    static let unsafeTargets: Set = ["SagaCompression", "SagaHTTP2", "SagaProtobuf", "SagaSystem"]
    /// Files of other targets that do what the language has no safe word for: an executor runs its
    /// jobs by an unowned reference.
    static let unsafeFiles: Set = [
        "Sources/SagaTransport/Async/LoopExecutor.swift", "Sources/SagaTesting/TestExecutor.swift",
    ]
    /// Targets whose machines switch over enums of their own.
    static let machineTargets: Set = ["SagaEngine", "SagaRPC", "SagaHTTP2", "SagaJournal"]

    /// The word `unsafe` outside of the targets that may use it; there, without a `SAFETY:` comment
    /// in the lines above it that no blank line separates.
    static func unsafeFaults(
        in text: String, of target: String, path: String = ""
    ) -> [String] {
        let text = SwiftText(text)
        var faults: [String] = []
        for index in text.code.indices where words(of: text.code[index]).contains("unsafe") {
            guard unsafeTargets.contains(target) || unsafeFiles.contains(path) else {
                faults.append("\(index + 1): \(target) may not be unsafe")
                continue
            }
            let paragraph = text.lines[..<index].reversed().prefix { line in
                !line.allSatisfy(\.isWhitespace)
            }
            if !paragraph.contains(where: { $0.contains("// SAFETY: ") }) {
                faults.append("\(index + 1): unsafe without a // SAFETY: line above")
            }
        }
        return faults
    }

    /// A `default:` in a machine without a comment on its line that says why the set is open.
    static func defaultFaults(in text: String, of target: String) -> [String] {
        guard machineTargets.contains(target) else { return [] }
        let text = SwiftText(text)
        return text.code.indices.filter { index in
            let code = text.code[index].drop { $0 == " " }
            guard code.hasPrefix("default:") else { return false }
            let comment = text.lines[index].split(separator: "// ", maxSplits: 1).dropFirst().first
            return comment?.contains { $0.isLetter } != true
        }.map { "\($0 + 1): default: without a comment that says why" }
    }

    /// Whatever would make the engine depend on more than its inputs.
    static func engineFaults(in text: String) -> [String] {
        let words: Set = [
            "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", "async",
            "randomElement", "shuffle", "shuffled", "hashValue", "Hasher",
        ]
        return SwiftText(text).code.enumerated().flatMap { index, line in
            let used = Self.words(of: line).filter { words.contains($0) }
            let called = ["Date", "random"].filter { line.contains("\($0)(") }
            return (used + called).map { "\(index + 1): the engine may not use \($0)" }
        }
    }

    /// Marks of unfinished work.
    static func unfinishedFaults(in text: String) -> [String] {
        let marks: Set = ["TO" + "DO", "FIX" + "ME"]
        return SwiftText(text).lines.enumerated().flatMap { index, line in
            words(of: line).filter { marks.contains($0) }.map { "\(index + 1): \($0)" }
        }
    }

    /// File names that say the file has no home yet.
    static func nameFaults(of name: String) -> [String] {
        ["Utilities", "Helpers", "Manager"].filter { name.contains($0) }
            .map { "a file called \($0) has no home yet" }
    }

    static func words(of line: String) -> [String] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }
}
