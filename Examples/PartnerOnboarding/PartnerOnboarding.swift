import ArgumentParser

/// Both services of the onboarding, each a process of its own.
@main
struct PartnerOnboarding: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partner-onboarding", abstract: "Takes partners in, or does not.",
        subcommands: [DirectoryService.self, ComplianceService.self])
}

/// The flags of both services.
struct ServiceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    var coordinator = "127.0.0.1:7242"

    @Option(
        help: ArgumentHelp("The service's own SQLite file, made if missing.", valueName: "file"))
    var database: String
}

/// Who wants to be a partner: the input of the saga, and so of every step.
struct Partner: Codable, Sendable {
    var id: String
    var country: String
}

/// What the compliance service finds.
struct Approval: Codable, Sendable {
    var reviewer: String
}

/// A partner that is taken in: what the saga gives back.
struct Account: Codable, Sendable {
    var id: String
    var state: String
}
