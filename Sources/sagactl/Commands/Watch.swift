internal import ArgumentParser
internal import Saga
internal import SagaModel
internal import SagaSystem
internal import Synchronization
internal import UnixSignals

/// `watch [SAGA] [--definition D] [--version N] [--label k=v] [--kind KIND] [--from PLACE]`.
struct Watch: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows what happens, as it happens.",
        usage: """
            sagactl watch [SAGA] [--definition NAME] [--version N]
                          [--label NAME=VALUE]... [--kind KIND]... [--from PLACE] [OPTIONS]
            """,
        discussion: """
            Without an option every event of the namespace is shown, from now on. PLACE
            is now, oldest (the oldest event that is kept), or the text that watch names
            when it ends: nothing is shown twice then, and nothing is left out. A lost
            connection is gone on with by itself; --timeout says how long it tries to.

            EXAMPLES
              sagactl watch --definition order
              sagactl watch order/ORD-1042 --from oldest
              sagactl watch --kind saga-failed --kind compensation-failed --json

            EXIT STATUS
              0   you ended it (^C)
              1   refused: PLACE is not kept any more, or too many watch already
              69  the coordinator is not there, or did not come back
            """)

    @Argument(help: "Only events of this saga: its id or DEFINITION/KEY.")
    var saga: NamedSaga?

    @Option(help: ArgumentHelp("Only sagas of this definition.", valueName: "name"))
    var definition: String?

    @Option(
        name: .customLong("version"),
        help: ArgumentHelp("Only sagas of this version of it.", valueName: "number"))
    var definitionVersion: UInt32?

    @Option(
        help: ArgumentHelp(
            "Only sagas with this label; may be given several times.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        help: ArgumentHelp(
            "Only events of this kind, e.g. step-failed; may be given several times.",
            valueName: "kind"))
    var kind: [EventKindName] = []

    @Option(help: ArgumentHelp("Where to begin: now, oldest, or a cursor.", valueName: "place"))
    var from = WatchPlace(start: .now)

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        if definitionVersion != nil, definition == nil {
            throw ValidationError("--version needs --definition")
        }
        if definitionVersion == 0 { throw ValidationError("--version counts from 1") }
        if saga != nil, definition != nil {
            throw ValidationError("--definition is for all of its sagas; leave it out with SAGA")
        }
    }

    var selection: EventSelection {
        var selection = EventSelection(
            labels: LabelArgument.dictionary(label), kinds: Set(kind.map(\.kind)))
        selection.definition = definition
        selection.version = definitionVersion
        switch saga {
        case .id(let id): selection.saga = id
        case .key(let name, let key): (selection.definition, selection.key) = (name, key)
        case nil: break
        }
        return selection
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await perform(calls, screen) { for await _ in signals { return } }
    }

    /// Watches until `ended` returns.
    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen,
        until ended: @escaping @Sendable () async -> Void
    ) async throws(Complaint) -> Complaint.Exit {
        let show = WatchScreen(screen)
        let (selection, start) = (selection, from.start)
        let result = await untilEnded(by: ended) { () -> Result<Void, Complaint> in
            do throws(Complaint) {
                try await calls.watch(
                    selection, from: start, observe: { show.take($0) },
                    show: { event throws(Complaint) in try show.show(event) })
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let complaint) = result, complaint.exit == .cannotCreate {
            throw complaint
        }
        if let cursor = show.cursor { screen.note("to go on from here: \(line(from: cursor))") }
        try result.get()
        return .done
    }

    /// The line that goes on where this one has ended.
    func line(from cursor: EventCursor) -> String {
        var words = ["sagactl watch"]
        if let saga { words.append(Self.quoted("\(saga)")) }
        if let definition { words.append("--definition \(Self.quoted(definition))") }
        if let definitionVersion { words.append("--version \(definitionVersion)") }
        words += label.map { "--label \(Self.quoted("\($0.name)=\($0.value)"))" }
        words += kind.map { "--kind \($0.kind.label)" }
        if let namespace = global.namespace {
            words.append("--namespace \(Self.quoted(namespace))")
        }
        return words.joined(separator: " ") + " --from \(cursor)"
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=".contains($0))
        }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}

/// What a watch has shown, and where it is.
private final class WatchScreen: Sendable {
    private let screen: Screen
    private let state: Mutex<(drawing: EventDrawing, cursor: EventCursor?)>

    init(_ screen: Screen) {
        self.screen = screen
        let now = Instant(microseconds: WallClock.microsecondsSince1970())
        state = Mutex((EventDrawing(now: now), nil))
    }

    var cursor: EventCursor? { state.withLock { $0.cursor } }

    func show(_ event: SagaEvent) throws(Complaint) {
        let text = state.withLock { state in
            screen.isJSON
                ? JSONObject(event).text : state.drawing.line(event, screen.style)
        }
        try screen.show([text])
    }

    func take(_ sign: SagaEvents.Sign) {
        switch sign {
        case .moved(let cursor): state.withLock { $0.cursor = cursor }
        case .unreadable(let records):
            screen.warn(
                "\(ShownNumber.of(records, "record")) of sagas cannot be read, and nothing is "
                    + "shown for them; sagactl status names the sagas")
        case .lost(let error): screen.note("connection lost: \(error.message); trying again")
        }
    }
}

/// Where a watch begins as it is typed: `now`, `oldest` or a cursor, in either form of base64.
struct WatchPlace: Equatable, ExpressibleByArgument {
    let start: EventStart

    init(start: EventStart) { self.start = start }

    init?(argument: String) {
        switch argument {
        case "now": start = .now
        case "oldest": start = .oldest
        default:  // what was printed, as text or in an object of --json
            let text = argument.replacing("+", with: "-").replacing("/", with: "_")
            guard let cursor = EventCursor(String(text.prefix { $0 != "=" })) else { return nil }
            start = .after(cursor)
        }
    }

    var defaultValueDescription: String { "now" }
}

/// The kind of an event as it is typed: in either case.
struct EventKindName: Equatable, ExpressibleByArgument {
    let kind: EventKind

    init?(argument: String) {
        guard let kind = EventKind.allCases.first(where: { $0.label == argument.lowercased() })
        else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { EventKind.allCases.map(\.label) }
}
