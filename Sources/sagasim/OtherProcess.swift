internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// The same world in another process.
enum OtherProcess {
    /// What `sagasim replay` prints of a seed, which names its trace.
    static func replay(_ seed: UInt64, _ bug: PlantedBug?) throws -> String {
        let plant = bug.map { ["--plant", $0.rawValue] } ?? []
        let command = ChildProcess.Command(
            ThisProcess.sibling("sagasim"), ["replay", "\(seed)"] + plant, output: .pipe)
        let child = try ChildProcess(command)
        let text = try child.readOutput()
        _ = try child.wait()
        guard text.contains("trace") else { throw ValidationError("a replay says \"\(text)\"") }
        return text
    }
}
