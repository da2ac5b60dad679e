import ArgumentParser
import Foundation
import GRDB
import Logging
import Saga
import ServiceLifecycle
import UnixSignals

/// Serves `compliance.review`: the handler puts the partner into a queue, and a reviewer in the
/// same process, who has opening hours, answers when it is the partner's turn.
struct ComplianceService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compliance", abstract: "Reviews partners, in its own time.")

    @OptionGroup var options: ServiceOptions

    @Option(
        help: ArgumentHelp("While this file exists, nobody reviews anything.", valueName: "file"))
    var closed: String?

    func run() async throws {
        let queue = try ReviewQueue(path: options.database)
        let client = SagaClient(options.coordinator)
        let participant = Participant(
            "compliance", coordinator: options.coordinator, instance: "1",
            handlers: [queue.handler])
        let reviewer = Reviewer(queue: queue, client: client, closed: closed)
        // Ended in reverse order: the client last.
        let services: [any Service] = [client, reviewer, participant]
        try await ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "compliance")
        ).run()
    }
}

/// The partners that wait for a review, in SQLite: a restart of the process forgets none.
struct ReviewQueue: Sendable {
    static let review = HandlerName<Partner, Approval>("compliance.review")

    /// One that waits.
    struct Entry: Sendable {
        let key: String
        let token: TaskToken
        let partner: Partner
    }

    private let database: DatabaseQueue

    init(path: String) throws {
        database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS waiting (
                        key TEXT PRIMARY KEY, token TEXT NOT NULL,
                        partner TEXT NOT NULL, country TEXT NOT NULL)
                    """)
        }
    }

    /// Puts the partner into the queue, and is done: the answer comes later, from elsewhere.
    ///
    /// Asked again it waits once, with the token of the newest attempt. Of a late attempt that
    /// comes after the undo an entry may be left; its answer is stale, and it goes then.
    var handler: Handler {
        Handler(Self.review) { [database] partner, context -> Approval in
            try await database.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?)",
                    arguments: [
                        context.idempotencyKey, context.taskToken.description, partner.id,
                        partner.country,
                    ])
            }
            throw SagaDeferred(within: .seconds(3_600))
        } compensation: { [database] review, _ in
            try await database.write { db in
                try db.execute(
                    sql: "DELETE FROM waiting WHERE key = ?",
                    arguments: [review.actionIdempotencyKey])
            }
        }
    }

    /// The one that has waited longest.
    func first() async throws -> Entry? {
        try await database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM waiting ORDER BY rowid LIMIT 1").map {
                Entry(
                    key: $0["key"], token: TaskToken($0["token"]),
                    partner: Partner(id: $0["partner"], country: $0["country"]))
            }
        }
    }

    /// Takes one out that was answered, unless a newer attempt has asked meanwhile.
    func remove(_ entry: Entry) async throws {
        try await database.write { db in
            try db.execute(
                sql: "DELETE FROM waiting WHERE key = ? AND token = ?",
                arguments: [entry.key, entry.token.description])
        }
    }
}

/// Works through the queue.
struct Reviewer: Service {
    let queue: ReviewQueue
    let client: SagaClient
    let closed: String?

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isOpen = closed.map { !FileManager.default.fileExists(atPath: $0) } ?? true
                guard isOpen, let entry = try await queue.first() else {
                    try? await Task.sleep(for: .milliseconds(20))
                    continue
                }
                try await answer(entry)
            }
        }
    }

    /// The answer first, then the entry: after a crash in between it is given again, as stale.
    private func answer(_ entry: ReviewQueue.Entry) async throws {
        do throws(SagaError) {
            if entry.partner.country == "Atlantis" {
                try await client.complete(
                    entry.token,
                    throwing: SagaFailure("embargo", "No business with \(entry.partner.country)"))
            } else {
                try await client.complete(entry.token, returning: Approval(reviewer: "Dana"))
            }
        } catch {
            switch error.reason {
            case "STALE", "TASK_UNKNOWN": break  // Answered already, or the saga went on without.
            default: return print("compliance: \(error.message); trying again")
            }
        }
        try await queue.remove(entry)
    }
}
