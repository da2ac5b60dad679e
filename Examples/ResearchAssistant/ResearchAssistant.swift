import ArgumentParser
import LanguageModel
import Saga

/// Has two topics researched: one comes to a report, one comes to nothing and is undone.
@main
struct ResearchAssistant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "research-assistant", abstract: "Researches topics with a model.")

    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    var coordinator = "127.0.0.1:7242"

    @Option(help: ArgumentHelp("The assistant's SQLite file, made if missing.", valueName: "file"))
    var database: String

    func run() async throws {
        let standIn = StandIn(busy: .milliseconds(50), answer: Self.answer)
        let model: any LanguageModel = ChatServer() ?? standIn
        print("Research by \(model.name)")
        let assistant = try Assistant(path: database, model: model)
        let participant = Participant(
            "assistant", coordinator: coordinator, instance: "1", handlers: assistant.handlers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await participant.run() }
            // Whichever ends first: the research, or a participant that cannot be served.
            group.addTask { try await research(assistant) }
            try await group.next()
            group.cancelAll()
        }
        let calls = await standIn.calls
        if calls > 0 { print("The stand-in was asked \(calls) times") }
    }

    /// What the stand-in answers: three questions, a sentence on each, and a report on most.
    private static let answer: @Sendable (String) -> String = { prompt in
        if prompt.hasPrefix("Which questions") {
            return "What is it?\nWho needs it?\nWhat does it cost?"
        }
        if prompt.hasPrefix("Sum this up") {
            return prompt.contains("Perpetual motion") ? "NO." : "It is as one would think."
        }
        return "\(prompt) That depends."
    }

    private func research(_ assistant: Assistant) async throws {
        try await withSagaClient(coordinator) { client in
            try await client.register(Assistant.definition())
            for topic in ["Sagas", "Perpetual motion"] {
                let handle = try await client.start(
                    Assistant.research, input: Question(topic: topic), key: topic)
                let end =
                    switch try await handle.result() {
                    case .completed(let report): report.text
                    case .compensated(let report):
                        ([report.failure.message] + report.compensated.map { "\($0) undone" })
                            .joined(separator: "; ")
                    case .failed(let report): "waits for a person: \(report.failure.message)"
                    }
                print("\(topic): \(end)")
                let attempts = try await handle.status().steps
                    .map { "\($0.name) \($0.action.attempts)" }
                print("    attempts: \(attempts.joined(separator: ", "))")
                let kept = try await assistant.drafts(of: handle.id)
                print("    kept: \(kept.joined(separator: ", "))")
            }
        }
    }
}
