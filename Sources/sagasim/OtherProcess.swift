internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// This program in another process.
enum OtherProcess {
    /// What it prints, and how it ends.
    static func run(_ arguments: [String]) throws -> (text: String, status: ChildProcess.Status) {
        let child = try ChildProcess(
            ChildProcess.Command(ThisProcess.sibling("sagasim"), arguments, output: .pipe))
        let text = try child.readOutput()
        return (text, try child.wait())
    }

    /// What `sagasim replay` prints of a seed, which names its trace.
    static func replay(_ seed: UInt64, _ bug: PlantedBug) throws -> String {
        let text = try run(["replay", "\(seed)", "--plant", bug.name]).text
        guard text.contains("trace") else { throw ValidationError("a replay says \"\(text)\"") }
        return text
    }
}
