internal import ArgumentParser

/// Measures what a coordinator does on this machine.
@main
struct Sagabench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sagabench",
        abstract: "Measures a saga coordinator on this machine.",
        discussion: """
            Build it in release: a debug build is many times slower.

              swift build -c release --scratch-path .build-release
              .build-release/release/sagabench saga --concurrency 256 --duration 20

            Machines are noisy: take the median of several runs, and ratios within one run.
            """,
        subcommands: [
            SagaCommand.self, JournalCommand.self, StartCommand.self, EngineCommand.self,
            ArchiveCommand.self, TransportCommand.self,
        ])
}
