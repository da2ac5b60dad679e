internal import ArgumentParser
internal import SagaModel
internal import SagaSimulator
internal import SagaSystem

/// `sagasim replay`: one world again.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one world again.",
        discussion: """
            With --trace, each event is a line: the microsecond of the world, what happened, the \
            number of the call, life or process, and more.
            """)

    @Argument(help: "The seed.")
    var seed: UInt64

    @Flag(help: "Print each event.")
    var trace = false

    @Option(help: .hidden)
    var plant: String?

    func validate() throws {
        guard let plant else { return }
        guard PlantedBug.areCompiledIn, PlantedBug(name: plant) != nil else {
            throw ValidationError("--plant \(plant): this build has no such bug")
        }
    }

    func run() throws {
        PlantedBug.plant(plant.flatMap { PlantedBug(name: $0) })
        let report = Simulation.run(
            seed: seed, tell: trace ? { StandardStream.output.write("\($0)\n") } : nil)
        StandardStream.output.write(
            """
            seed \(seed): \(report.events) events, \(report.sagas) sagas, \
            \(report.crashes) crashes, trace \(String(report.traceHash, radix: 16))

            """)
        for violation in report.violations {
            StandardStream.output.write("violated: \(violation)\n")
        }
        if !report.violations.isEmpty { throw ExitCode.failure }
    }
}
