import ArgumentParser
import Foundation
import Saga

/// Schedules announcements: some for a moment from now, and one for tomorrow that is cancelled.
@main
struct ContentPublishing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content-publishing", abstract: "Publishes on several platforms at a time.")

    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    var coordinator = "127.0.0.1:7242"

    @Option(help: ArgumentHelp("The publisher's SQLite file, made if missing.", valueName: "file"))
    var database: String

    func run() async throws {
        let publisher = try Publisher(path: database)
        let participant = Participant(
            "publisher", coordinator: coordinator, instance: "1", handlers: publisher.handlers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await participant.run() }
            // Whichever ends first: the announcements, or a participant that cannot be served.
            group.addTask { try await announcements(publisher) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func announcements(_ publisher: Publisher) async throws {
        try await withSagaClient(coordinator) { client in
            try await client.register(Publisher.definition())
            let announcements = [
                Announcement(title: "1.0", campaign: "launch"),
                Announcement(title: "1.1", campaign: "launch", down: ["social"]),
                Announcement(title: "1.2", campaign: "forgotten"),
            ]
            for announcement in announcements {
                let time = Instant(Date.now + 0.5)
                let handle = try await client.start(
                    Publisher.announcement, input: announcement, key: announcement.title,
                    startAt: time)
                let result = try await handle.result()
                try await show(announcement, result, publisher)
                // Nothing runs before its time, whatever else there is to do.
                let first = try await handle.status().steps[0].action
                if let begun = first.dueAt, begun < time { print("    too early") }
            }
            try await cancelled(client, publisher)
        }
    }

    /// What is scheduled can be called off, and has left nothing behind.
    private func cancelled(_ client: SagaClient, _ publisher: Publisher) async throws {
        let tomorrow = Announcement(title: "2.0", campaign: "launch")
        let handle = try await client.start(
            Publisher.announcement, input: tomorrow, key: tomorrow.title,
            startAt: Instant(Date.now + 86_400))
        print("2.0: \(try await handle.state().label), for tomorrow")
        try await handle.cancel(reason: "Not ready")
        try await show(tomorrow, try await handle.result(), publisher)
    }

    private func show(
        _ announcement: Announcement, _ result: SagaResult<Posts>, _ publisher: Publisher
    ) async throws {
        let end =
            switch result {
            case .completed(let posts):
                [posts.site, posts.newsletter, posts.social].compactMap(\.self)
                    .joined(separator: " ")
            case .compensated(let report):
                ([report.failure.message] + report.compensated.sorted().map { "\($0) undone" })
                    .joined(separator: "; ")
            case .failed(let report): "waits for a person: \(report.failure.message)"
            }
        print("\(announcement.title): \(end)")
        print("    \(try await publisher.shown())")
    }
}
