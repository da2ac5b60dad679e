internal import ArgumentParser
internal import SagaModel
internal import SagaSimulator
internal import SagaSystem

/// `sagasim hunt`: worlds with one bug, until one of them finds it. For `sagasim bugs`.
struct Hunt: ParsableCommand {
    static let configuration = CommandConfiguration(shouldDisplay: false)

    @Argument
    var bug: String

    @Option
    var seeds: UInt64

    func validate() throws {
        guard PlantedBug.areCompiledIn, PlantedBug(name: bug) != nil else {
            throw ValidationError("this build has no bug \(bug)")
        }
    }

    func run() {
        PlantedBug.plant(PlantedBug(name: bug))
        for seed in 1...max(seeds, 1) {
            StandardStream.output.write("seed \(seed)\n")
            if let violation = Simulation.run(seed: seed).violations.first {
                StandardStream.output.write("violated: \(violation)\n")
                return
            }
        }
    }
}
