import ArgumentParser
import LanguageModel
import Saga

/// Has three articles written: one is published, one has a title that is taken, one is kept
/// without being published.
@main
struct ContentGeneration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content-generation", abstract: "Has a model write articles, and keeps them.")

    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    var coordinator = "127.0.0.1:7242"

    @Option(help: ArgumentHelp("The newsroom's SQLite file, made if missing.", valueName: "file"))
    var database: String

    func run() async throws {
        let standIn = StandIn { prompt in "Nobody wrote this: \(prompt)" }
        let model: any LanguageModel = ChatServer() ?? standIn
        print("Articles by \(model.name)")
        let newsroom = try Newsroom(path: database, model: model)
        let participant = Participant(
            "newsroom", coordinator: coordinator, instance: "1", handlers: newsroom.handlers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await participant.run() }
            // Whichever ends first: the articles, or a participant that cannot be served.
            group.addTask { try await articles(newsroom) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func articles(_ newsroom: Newsroom) async throws {
        try await withSagaClient(coordinator) { client in
            try await client.register(Newsroom.definition())
            for (index, topic) in ["Tea", "Tea", "Secret teas"].enumerated() {
                let result = try await client.execute(
                    Newsroom.article, input: Brief(topic: topic, audience: "beginners"),
                    key: "A-\(index + 1)")
                let end =
                    switch result {
                    case .completed(let publication):
                        publication.url.map { "published at \($0)" } ?? "kept, not published"
                    case .compensated(let report):
                        ([report.failure.message] + report.compensated.map { "\($0) undone" })
                            .joined(separator: "; ")
                    case .failed(let report): "waits for a person: \(report.failure.message)"
                    }
                print("\(topic): \(end)")
                let counts = try await newsroom.counts()
                print("    " + counts.map { "\($0.name) \($0.count)" }.joined(separator: "  "))
            }
        }
    }
}
