import GRDB
import Saga
import SagaGRDB

/// What is to be announced: the input of the saga, and so of every step.
struct Announcement: Codable, Sendable {
    var title: String
    var campaign: String
    /// Platforms that are down just now, to show what that means.
    var down: [String] = []
}

/// A post on one platform.
struct Post: Codable, Sendable {
    var url: String
}

/// What the saga gives back: a platform without a post is one that was left out.
struct Posts: Codable, Sendable {
    var site: String?
    var newsletter: String?
    var social: String?
}

/// Announces things on several platforms at once, over one SQLite file that stands for all of them.
struct Publisher: Sendable {
    static let create = HandlerName<Announcement, Void>("announcements.create")
    static let count = HandlerName<Announcement, Void>("analytics.count")
    static let announcement = SagaName<Announcement, Posts>("announcement")
    static let platforms = ["site", "newsletter", "social"]

    static func post(on platform: String) -> HandlerName<Announcement, Post> {
        HandlerName("\(platform).post")
    }

    private let database: DatabaseQueue
    private let store: SagaStore

    init(path: String) throws {
        database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS announcement (title TEXT PRIMARY KEY);
                    CREATE TABLE IF NOT EXISTS post (
                        platform TEXT, title TEXT, PRIMARY KEY (platform, title));
                    CREATE TABLE IF NOT EXISTS campaign (name TEXT PRIMARY KEY, posts INTEGER);
                    INSERT OR IGNORE INTO campaign VALUES ('launch', 0);
                    """)
        }
        store = try SagaStore(database)
    }

    /// One step before all platforms, these beside each other, one step after all of them.
    ///
    /// A platform is optional: one that stays down is left out, and the others do not care.
    static func definition() throws -> SagaDefinition {
        try SagaDefinition(
            announcement, version: 1,
            output: .map(
                Dictionary(uniqueKeysWithValues: platforms.map { ($0, "\($0)#/url") }))
        ) {
            Step("create", create)
            for platform in platforms {
                Step(platform, post(on: platform)).after("create").onFailure(.continue)
                    .retry(maxAttempts: 3, initial: .milliseconds(20))
            }
            Step("analytics", count).after("site", "newsletter", "social")
        }
    }

    var handlers: [Handler] {
        [creating, counting] + Self.platforms.map(posting)
    }

    private var creating: Handler {
        Handler(Self.create) { [store] announcement, context in
            try await store.perform(context) { db in
                try db.execute(
                    sql: "INSERT INTO announcement VALUES (?)", arguments: [announcement.title])
            }
        } compensation: { [store] announcement, context in
            try await store.undo(announcement, context) { db in
                try db.execute(
                    sql: "DELETE FROM announcement WHERE title = ?",
                    arguments: [announcement.input.title])
            }
        }
    }

    private func posting(on platform: String) -> Handler {
        Handler(Self.post(on: platform)) { [store] announcement, context in
            guard !announcement.down.contains(platform) else {
                // Tried again with the same key, three times in all, before it is left out.
                throw SagaRetry("platform-down", "\(platform) does not answer")
            }
            return try await store.perform(context) { db in
                try db.execute(
                    sql: "INSERT INTO post VALUES (?, ?)",
                    arguments: [platform, announcement.title]
                )
                return Post(url: "/\(platform)/\(announcement.title)")
            }
        } compensation: { [store] post, context in
            // Whether it was posted or nobody knows: the store knows, and bars what comes late.
            try await store.undo(post, context) { db, _ in
                try db.execute(
                    sql: "DELETE FROM post WHERE platform = ? AND title = ?",
                    arguments: [platform, post.input.title])
            }
        }
    }

    private var counting: Handler {
        Handler(Self.count) { [store] announcement, context in
            try await store.perform(context) { db in
                let posts =
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM post WHERE title = ?",
                        arguments: [announcement.title]) ?? 0
                try db.execute(
                    sql: "UPDATE campaign SET posts = posts + ? WHERE name = ?",
                    arguments: [posts, announcement.campaign])
                guard db.changesCount == 1 else {
                    throw SagaFailure(
                        "no-campaign", "There is no campaign \(announcement.campaign)")
                }
            }
        } compensation: { _, _ in
            // The last step: whoever goes back has not come past it.
        }
    }

    /// What can be seen by everybody.
    func shown() async throws -> String {
        try await database.read { db in
            let titles = try String.fetchAll(db, sql: "SELECT title FROM announcement")
            let posts = try Int.fetchOne(db, sql: "SELECT count(*) FROM post") ?? 0
            let counted = try Int.fetchOne(db, sql: "SELECT posts FROM campaign") ?? 0
            return
                "announced: \(titles.joined(separator: ", ")); posts \(posts), counted \(counted)"
        }
    }
}
