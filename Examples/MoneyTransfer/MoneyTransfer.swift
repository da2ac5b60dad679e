import ArgumentParser
import Saga

/// Runs a bank, and sends it three transfers: one works, one asks for too much, one goes nowhere.
/// Then two batches of three: one works, one stops at its second transfer.
@main
struct MoneyTransfer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "money-transfer", abstract: "Moves money between accounts, or does not.")

    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    var coordinator = "127.0.0.1:7242"

    @Option(help: ArgumentHelp("The bank's SQLite file, made if missing.", valueName: "file"))
    var database: String

    func run() async throws {
        let bank = try Bank(path: database)
        let participant = Participant(
            "bank", coordinator: coordinator, instance: "1", handlers: bank.handlers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await participant.run() }
            // Whichever ends first: the transfers, or a participant that cannot be served.
            group.addTask { try await transfers(bank) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func transfers(_ bank: Bank) async throws {
        try await withSagaClient(coordinator) { client in
            try await client.register(Bank.definition())
            try await show(bank)
            let transfers = [
                Transfer(from: "Alice", to: "Bob", amount: 150),
                Transfer(from: "Bob", to: "Charlie", amount: 1000),
                Transfer(from: "Charlie", to: "Dave", amount: 200),
            ]
            for (index, transfer) in transfers.enumerated() {
                let result = try await client.execute(
                    Bank.transfer, input: transfer, key: "T-\(index + 1)")
                print("\(shown(transfer)): \(shown(result))")
                try await show(bank)
            }
            try await batches(bank, client)
        }
    }

    /// All transfers of a batch, or none of them.
    private func batches(_ bank: Bank, _ client: SagaClient) async throws {
        let batches = [
            [
                Transfer(from: "Alice", to: "Bob", amount: 100),
                Transfer(from: "Bob", to: "Charlie", amount: 50),
                Transfer(from: "Charlie", to: "Alice", amount: 200),
            ],
            [
                Transfer(from: "Alice", to: "Bob", amount: 300),
                Transfer(from: "Charlie", to: "Bob", amount: 1000),
                Transfer(from: "Bob", to: "Alice", amount: 100),
            ],
        ]
        for (index, transfers) in batches.enumerated() {
            let batch = try Bank.batch(of: transfers.count)
            try await client.register(batch.definition)
            let result = try await client.execute(
                batch.name, input: Batch(transfers: transfers), key: "B-\(index + 1)")
            print("batch \(transfers.map(shown).joined(separator: ", ")): \(shown(result))")
            try await show(bank)
        }
    }

    private func shown(_ transfer: Transfer) -> String {
        "\(transfer.amount) from \(transfer.from) to \(transfer.to)"
    }

    private func shown(_ result: SagaResult<Booking>) -> String {
        switch result {
        case .completed: "done"
        case .compensated(let report):
            ([report.failure.message] + report.compensated.map { "\($0) undone" })
                .joined(separator: "; ")
        case .failed(let report): "waits for a person: \(report.failure.message)"
        }
    }

    private func show(_ bank: Bank) async throws {
        let accounts = try await bank.balances()
        let shown = accounts.map { "\($0.name) \($0.balance)" }.joined(separator: "  ")
        print("    \(shown)   sum \(accounts.reduce(0) { $0 + $1.balance })")
    }
}
