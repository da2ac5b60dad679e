import GRDB
import LanguageModel
import Saga
import SagaGRDB

/// What is to be found out: the input of the saga.
struct Question: Codable, Sendable {
    var topic: String
}

/// What `plan` gives: the questions behind the question.
struct Plan: Codable, Sendable {
    var questions: [String]
}

/// What `analyze` gets: parts of the input and of the plan.
struct Analysis: Codable, Sendable {
    var topic: String
    var questions: [String]
}

/// What `analyze` gives, and what `report` gets beside the topic.
struct Findings: Codable, Sendable {
    var topic: String
    var answers: [String]
}

/// What the saga gives back.
struct Report: Codable, Sendable {
    var text: String
}

/// Researches a topic with a model: it plans, analyzes and reports, and keeps each draft in SQLite.
struct Assistant: Sendable {
    static let plan = HandlerName<Question, Plan>("research.plan")
    static let analyze = HandlerName<Analysis, Findings>("research.analyze")
    static let report = HandlerName<Findings, Report>("research.report")
    static let research = SagaName<Question, Report>("research")

    private let database: DatabaseQueue
    private let store: SagaStore
    private let model: any LanguageModel

    init(path: String, model: any LanguageModel) throws {
        self.model = model
        database = try DatabaseQueue(path: path)
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS draft (
                        saga TEXT, step TEXT, text TEXT NOT NULL,
                        isArchived INTEGER NOT NULL DEFAULT FALSE, PRIMARY KEY (saga, step));
                    """)
        }
        store = try SagaStore(database)
    }

    /// A slow model is no failing one: each step may take minutes, but says every now and then that
    /// it lives. How often a rate limit makes it wait counts against no number of attempts, only
    /// against the hour.
    static func definition() throws -> SagaDefinition {
        try SagaDefinition(research, version: 1) {
            Step("plan", plan)
                .timeouts(startToClose: .seconds(300), scheduleToClose: .seconds(3_600))
            Step("analyze", analyze)
                .input(["topic": "input#/topic", "questions": "plan#/questions"])
                .timeouts(startToClose: .seconds(900), scheduleToClose: .seconds(3_600))
            Step("report", report).input("analyze#")
                .timeouts(startToClose: .seconds(300), scheduleToClose: .seconds(3_600))
        }
    }

    var handlers: [Handler] { [planning, analyzing, reporting] }

    /// A plan is cheap: undone, it is deleted.
    private var planning: Handler {
        Handler(Self.plan) { [store, model] question, context in
            let text = try await model.answer(
                "Which questions lead to an understanding of this? One a line: \(question.topic)",
                as: "You plan research.")
            return try await store.perform(context) { db in
                try Self.keep(text, context, db)
                return Plan(questions: text.split(separator: "\n").map(String.init))
            }
        } compensation: { [store] plan, context in
            try await store.undo(plan, context) { db, _ in
                try db.execute(
                    sql: "DELETE FROM draft WHERE saga = ? AND step = ?",
                    arguments: ["\(context.sagaID)", context.step])
            }
        }
    }

    /// An analysis has cost something: undone, it is archived.
    ///
    /// It takes a call for each question, and any of them may be one too many for the model's rate
    /// limit. What is answered so far goes with the heartbeat, and the next attempt begins there.
    private var analyzing: Handler {
        Handler(Self.analyze) { [store, model] analysis, context in
            var answers = try context.progress(as: [String].self) ?? []
            for question in analysis.questions.dropFirst(answers.count) {
                answers.append(
                    try await model.answer(
                        "\(analysis.topic): \(question)", as: "You answer in one sentence."))
                try context.heartbeat(answers)
            }
            let findings = Findings(topic: analysis.topic, answers: answers)
            return try await store.perform(context) { db in
                try Self.keep(findings.answers.joined(separator: "\n"), context, db)
                return findings
            }
        } compensation: { [store] findings, context in
            try await store.undo(findings, context) { db, _ in
                try db.execute(
                    sql: "UPDATE draft SET isArchived = TRUE WHERE saga = ? AND step = ?",
                    arguments: ["\(context.sagaID)", context.step])
            }
        }
    }

    /// The last step: what it keeps is the report, and nobody undoes that.
    private var reporting: Handler {
        Handler(Self.report) { [store, model] findings, context in
            let text = try await model.answer(
                "Sum this up, or answer with NO if it makes no sense:\n"
                    + findings.answers.joined(separator: "\n"),
                as: "You write reports on \(findings.topic).")
            return try await store.perform(context) { db in
                guard !text.hasPrefix("NO") else {
                    throw SagaFailure("no-report", "There is nothing to report: \(text)")
                }
                try Self.keep(text, context, db)
                return Report(text: text)
            }
        } compensation: { [store] report, context in
            try await store.undo(report, context) { db, _ in
                try db.execute(
                    sql: "DELETE FROM draft WHERE saga = ? AND step = ?",
                    arguments: ["\(context.sagaID)", context.step])
            }
        }
    }

    private static func keep(_ text: String, _ context: HandlerContext, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO draft (saga, step, text) VALUES (?, ?, ?)",
            arguments: ["\(context.sagaID)", context.step, text])
    }

    /// What is kept of a saga: its steps, with a mark at what is archived.
    func drafts(of saga: SagaID) async throws -> [String] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT step, isArchived FROM draft WHERE saga = ? ORDER BY rowid",
                arguments: ["\(saga)"]
            ).map { "\($0["step"] as String)\($0["isArchived"] ? " (archived)" : "")" }
        }
    }
}
