import GRDB
import LanguageModel
import Saga
import SagaGRDB

/// What is to be written: the input of the saga.
struct Brief: Codable, Sendable {
    var topic: String
    var audience: String
}

/// What the model wrote, and what is kept of it.
struct Article: Codable, Sendable {
    var title: String
    var text: String
}

/// Where an article can be read.
struct Page: Codable, Sendable {
    var url: String
}

/// What the saga gives back: an article without a page was kept, and not published.
struct Publication: Codable, Sendable {
    var title: String
    var url: String?
}

/// Writes articles with a model, keeps them, and puts them on a page, over one SQLite file.
struct Newsroom: Sendable {
    static let generate = HandlerName<Brief, Article>("content.generate")
    static let save = HandlerName<Article, Article>("content.save")
    static let publish = HandlerName<Article, Page>("content.publish")
    static let article = SagaName<Brief, Publication>("article")

    private let database: DatabaseQueue
    private let store: SagaStore
    private let model: any LanguageModel

    init(path: String, model: any LanguageModel) throws {
        self.model = model
        database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS draft (saga TEXT PRIMARY KEY, text TEXT NOT NULL);
                    CREATE TABLE IF NOT EXISTS article (title TEXT PRIMARY KEY, text TEXT NOT NULL);
                    CREATE TABLE IF NOT EXISTS page (title TEXT PRIMARY KEY);
                    """)
        }
        store = try SagaStore(database)
    }

    /// Publishing is optional: an article that could not be published is worth keeping.
    static func definition() throws -> SagaDefinition {
        try SagaDefinition(
            article, version: 1, output: ["title": "save#/title", "url": "publish#/url"]
        ) {
            // A model may take its time; what it did not finish in two minutes it begins again.
            Step("generate", generate).timeouts(startToClose: .seconds(120))
            Step("save", save).input("generate#")
            Step("publish", publish).input("save#").onFailure(.continue).retry(maxAttempts: 3)
        }
    }

    var handlers: [Handler] {
        [
            Handler(Self.generate) { [store, model] brief, context in
                // The model is asked outside of the transaction. An attempt that is tried again may
                // ask twice; only one answer is ever kept.
                let text = try await model.answer(
                    "Write a short article about \(brief.topic) for \(brief.audience).",
                    as: "You write for a magazine, in plain words.")
                return try await store.perform(context) { db in
                    try db.execute(
                        sql: "INSERT INTO draft VALUES (?, ?)",
                        arguments: ["\(context.sagaID)", text])
                    return Article(title: brief.topic, text: text)
                }
            } compensation: { [store] draft, context in
                try await store.undo(draft, context) { db, _ in
                    try db.execute(
                        sql: "DELETE FROM draft WHERE saga = ?", arguments: ["\(context.sagaID)"])
                }
            },
            Handler(Self.save) { [store] article, context in
                try await store.perform(context) { db in
                    try db.execute(
                        sql: "INSERT INTO article VALUES (?, ?) ON CONFLICT DO NOTHING",
                        arguments: [article.title, article.text])
                    guard db.changesCount == 1 else {
                        throw SagaFailure(
                            "title-taken", "There is an article \"\(article.title)\" already")
                    }
                    return article
                }
            } compensation: { [store] article, context in
                try await store.undo(article, context) { db, _ in
                    try db.execute(
                        sql: "DELETE FROM article WHERE title = ?",
                        arguments: [article.input.title])
                }
            },
            Handler(Self.publish) { [store] article, context in
                try await store.perform(context) { db in
                    guard !article.title.hasPrefix("Secret") else {
                        throw SagaFailure("not-public", "The site takes no secrets")
                    }
                    try db.execute(sql: "INSERT INTO page VALUES (?)", arguments: [article.title])
                    return Page(url: "/\(article.title.lowercased().replacing(" ", with: "-"))")
                }
            } compensation: { [store] page, context in
                try await store.undo(page, context) { db, _ in
                    try db.execute(
                        sql: "DELETE FROM page WHERE title = ?", arguments: [page.input.title])
                }
            },
        ]
    }

    /// How many drafts, articles and pages there are.
    func counts() async throws -> [(name: String, count: Int)] {
        try await database.read { db in
            try ["draft", "article", "page"].map { table in
                (table, try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0)
            }
        }
    }
}
