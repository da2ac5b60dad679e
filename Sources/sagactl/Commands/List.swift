internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `list`, with what narrows it down, and `--count-by` to count instead.
struct List: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Lists or counts sagas, live ones and those in the archive.",
        usage: """
            sagactl list [--state STATE]... [--definition NAME[@VERSION]] [--key K]
                         [--label NAME=VALUE]... [--live] [--attention] [--suspended]
                         [--failure CODE] [--participant NAME[/INSTANCE]] [--handler NAME]
                         [--parent ID] [--started-after TIME] [--started-before TIME]
                         [--ended-after TIME] [--ended-before TIME]
                         [--oldest-first] [--limit N] [OPTIONS]
            sagactl list --count-by GROUP [...] [OPTIONS]
            """,
        discussion: """
            FOR is how long a saga has been in its state. NEEDS says whether a person
            should look (sagactl dlq says why), or has to resume it. A saga that is there
            all the while is listed once, whatever changes meanwhile.

            TIME is a date, a time in UTC, or how long ago: 2026-11-21,
            2026-11-21T08:30:00Z, 90m. GROUP is state, definition, version, failure,
            participant, handler, or label:NAME.

            EXAMPLES
              sagactl list --live --definition order
              sagactl list --state compensating --state failed
              sagactl list --attention --definition order@3
              sagactl list --label customer=alice --limit 20 --json
              sagactl list --state compensated --failure no-carrier --ended-after 1d
              sagactl list --count-by state --definition order --started-after 7d

            EXIT STATUS
              0   done, also if there are none
            """)

    @Option(
        help: ArgumentHelp(
            "Only sagas in this state, e.g. running; may be given several times.",
            valueName: "state"))
    var state: [StateName] = []

    @Option(help: "Only sagas with this business key.")
    var key: String?

    @Flag(help: "Only sagas that have not ended: pending, running, compensating, failed.")
    var live = false

    @Flag(help: "Only sagas that need attention.")
    var attention = false

    @Flag(help: "Only sagas that are suspended.")
    var suspended = false

    @OptionGroup(title: "Which sagas") var choice: SagaChoice

    @OptionGroup(title: "Ended sagas, children, order and counts") var more: ListOptions

    @Option(help: ArgumentHelp("How many sagas at most.", valueName: "count"))
    var limit = 100

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit); it must be above zero") }
        if live, let ended = state.first(where: { $0.state.isEnded }) {
            throw ValidationError("--live and --state \(ended.state.label) exclude each other")
        }
        if attention, !state.isEmpty, state.allSatisfy({ $0.state.isEnded }) {
            throw ValidationError("--attention: no saga needs it that has ended")
        }
    }

    /// What was typed, looked at now.
    func filter(now: Instant) -> SagaFilter {
        var filter = choice.filter(now: now)
        let live = live && state.isEmpty ? SagaState.allCases.filter { !$0.isEnded } : []
        filter.states = live + state.map(\.state)
        filter.key = key ?? ""
        filter.needsAttention = attention
        filter.isSuspended = suspended
        more.apply(to: &filter, now: now)
        return filter
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let filter = filter(now: Instant(microseconds: WallClock.microsecondsSince1970()))
        if let group = more.countBy {
            let counts = try await calls.count(filter, by: group.group)
            if screen.isJSON {
                try screen.show([JSONObject(counts)])
            } else {
                try screen.show(CountDrawing.lines(counts, by: group, screen.style))
            }
            return .done
        }
        let list = try await calls.list(filter, oldestFirst: more.oldestFirst, limit: limit)
        try screen.show(list, limit: limit, whenEmpty: "no sagas", ListDrawing.lines)
        return .done
    }
}

/// The state of a saga as it is typed: in either case.
struct StateName: Equatable, ExpressibleByArgument {
    let state: SagaState

    init?(argument: String) {
        guard let state = SagaState.allCases.first(where: { $0.label == argument.uppercased() })
        else { return nil }
        self.state = state
    }

    static var allValueStrings: [String] { SagaState.allCases.map { $0.label.lowercased() } }
}

/// A definition as it is typed: `NAME` or `NAME@VERSION`.
struct DefinitionArgument: Equatable, ExpressibleByArgument {
    let name: String
    /// Nil for all versions.
    let version: UInt32?

    init?(argument: String) {
        let parts = argument.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let version = parts.count > 1 ? UInt32(parts[1]) : nil
        guard !parts[0].isEmpty, parts.count == 1 || (version ?? 0) > 0 else { return nil }
        name = String(parts[0])
        self.version = version
    }
}

/// A label as it is typed: `NAME=VALUE`.
struct LabelArgument: Equatable, ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let mark = argument.firstIndex(of: "="), mark > argument.startIndex else {
            return nil
        }
        name = String(argument[..<mark])
        value = String(argument[argument.index(after: mark)...])
    }

    /// The labels in the order of their names; of two with one name the last counts.
    static func sorted(_ labels: [LabelArgument]) -> [Label] {
        dictionary(labels).sorted { $0.key < $1.key }
            .map { Label(name: $0.key, value: $0.value) }
    }

    /// The labels by name; of two with one name the last counts.
    static func dictionary(_ labels: [LabelArgument]) -> [String: String] {
        Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}
