import ArgumentParser
import Foundation
import Saga

/// Prints what happens in a coordinator, a line each, and remembers how far it is.
@main
struct EventMonitor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event-monitor", abstract: "Prints what happens to sagas, as it happens.")

    @Option(help: ArgumentHelp("Where sagad listens.", valueName: "host:port"))
    var coordinator = "127.0.0.1:7242"

    @Option(help: ArgumentHelp("Only sagas of this definition.", valueName: "name"))
    var definition: String?

    @Option(help: ArgumentHelp("Only sagas with this label; repeatable.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Only this kind, e.g. step-failed; repeatable.", valueName: "kind"))
    var kind: [KindName] = []

    @Flag(help: "Only what went wrong: failures, undos, and what a person should look at.")
    var problems = false

    @Option(
        help: ArgumentHelp(
            "Keeps the place in the events, so that it goes on there when it is started again; "
                + "one that is not there yet begins with the oldest event that is kept.",
            valueName: "file"))
    var bookmark: String?

    func run() async throws {
        let bookmark = bookmark.map(Bookmark.init)
        let (selection, start) = (try selection(), try bookmark?.place() ?? .now)
        try await withSagaClient(coordinator) { client in
            // It goes on by itself when the connection breaks or sagad is started again.
            for try await event in client.events(selection, from: start) {
                FileHandle.standardOutput.write(Data("\(event.line)\n".utf8))
                // Behind the line: after a crash in between it is printed twice, and never lost.
                try bookmark?.move(behind: event)
            }
        }
    }

    private func selection() throws -> EventSelection {
        var labels: [String: String] = [:]
        for label in label {
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw ValidationError("--label \(label) is not NAME=VALUE")
            }
            labels[String(parts[0])] = String(parts[1])
        }
        var selection = EventSelection(labels: labels, kinds: Set(kind.map(\.kind)))
        selection.definition = definition
        // What is not wanted is not sent.
        if problems { selection.kinds.formUnion(EventKind.problems) }
        return selection
    }
}

/// A file with the cursor of the last event that was seen.
struct Bookmark {
    let path: String

    func place() throws -> EventStart {
        guard FileManager.default.fileExists(atPath: path) else { return .oldest }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let cursor = EventCursor(text) else {
            throw ValidationError("\(path) is not a bookmark")
        }
        return .after(cursor)
    }

    func move(behind event: SagaEvent) throws {
        try event.cursor.description.write(toFile: path, atomically: true, encoding: .utf8)
    }
}

/// A kind as `sagactl` writes it.
struct KindName: ExpressibleByArgument {
    let kind: EventKind

    init?(argument: String) {
        guard let kind = EventKind.allCases.first(where: { $0.label == argument }) else {
            return nil
        }
        self.kind = kind
    }
}

extension EventKind {
    fileprivate static let problems: Set<EventKind> = [
        .sagaCompensating, .sagaFailed, .sagaAbandoned, .sagaTimedOut, .sagaSuspended, .stepFailed,
        .compensationFailed, .attentionRaised,
    ]
}

extension SagaEvent {
    /// `2026-11-21T08:31:07.125Z  order/ORD-1050  step-succeeded  reserve  inventory/i-2`.
    var line: String {
        let time = Date(timeIntervalSince1970: Double(at.microseconds) / 1_000_000)
            .formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let saga = "\(definition)/\(key.isEmpty ? sagaID.description : key)"
        var words = ["\(time)Z", saga, kind.label, step, participant]
        if let failure { words.append("\(failure.code) \"\(failure.message)\"") }
        if let attention { words.append(attention.label) }
        if let verb { words.append("\(verb.verb.label) by \(verb.principal.name): \(verb.reason)") }
        return words.filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
