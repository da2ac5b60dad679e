internal import ArgumentParser
internal import Saga

/// One service of the order saga as a process, for tests that kill it.
@main
struct ChaosParticipant: AsyncParsableCommand {
    @Option(help: "The coordinator's address.")
    var coordinator: String

    @Option(help: "The service: inventory, payments or shipping.")
    var service: ChaosService

    @Option(help: "The file of its database.")
    var ledger: String

    func run() async throws {
        let participant = Participant(
            service.rawValue, coordinator: coordinator, instance: "\(service)-1",
            handlers: try ChaosLedger(path: ledger).handlers(of: [service]))
        try await participant.runService()
    }
}

extension ChaosService: ExpressibleByArgument {}
