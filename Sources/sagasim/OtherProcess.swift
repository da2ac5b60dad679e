internal import SagaModel
internal import SagaSystem

/// The same world in another process.
enum OtherProcess {
    /// What `sagasim replay` prints of a seed, which names its trace; nil if it cannot be run.
    static func replay(_ seed: UInt64, _ bug: PlantedBug) -> String? {
        let command = ChildProcess.Command(
            ThisProcess.sibling("sagasim"), ["replay", "\(seed)", "--plant", bug.rawValue],
            output: .pipe)
        guard let child = try? ChildProcess(command), let text = try? child.readOutput(),
            (try? child.wait()) != nil
        else { return nil }
        return text
    }
}
