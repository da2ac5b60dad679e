internal import ArgumentParser
internal import SagaSimulator

@main
struct Sagasim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sagasim",
        abstract: "Runs the coordinator in simulated worlds and looks for broken promises.",
        discussion: """
            A world has the daemon's own engine, journal and services, the SDK's own sessions, a \
            disk that loses what was not synced, a network that breaks, clocks that are wrong, and \
            processes that end at any moment. Everything in it follows from one seed.

            Exit status: 0 when all promises were kept, 1 when one was broken, 64 for wrong flags.
            """,
        subcommands: [Run.self, Replay.self, Bugs.self, Hunt.self])
}
