internal import ArgumentParser
internal import SagaModel

/// What else narrows a list down, and how it is shown.
struct ListOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only children of this saga.", valueName: "id"),
        transform: ListOptions.sagaID)
    var parent: SagaID?

    @Option(help: ArgumentHelp("Only sagas that ended then or later.", valueName: "time"))
    var endedAfter: TimeOrAge?

    @Option(help: ArgumentHelp("Only sagas that ended before.", valueName: "time"))
    var endedBefore: TimeOrAge?

    @Flag(help: "The oldest first.")
    var oldestFirst = false

    @Option(help: ArgumentHelp("Count sagas by this instead of listing them.", valueName: "group"))
    var countBy: GroupArgument?

    /// Adds what was typed to a filter.
    func apply(to filter: inout SagaFilter, now: Instant) {
        filter.parent = parent
        filter.ended = InstantRange(
            from: endedAfter?.instant(now: now), to: endedBefore?.instant(now: now))
    }

    private static func sagaID(_ text: String) throws -> SagaID {
        guard let id = SagaID(text) else {
            throw ValidationError("\(ShownText.word(text)) is not the id of a saga")
        }
        return id
    }
}

/// A participant as it is typed: `NAME` or `NAME/INSTANCE`.
struct ParticipantArgument: Equatable, ExpressibleByArgument {
    let participant: SagaFilter.Participant

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        participant = SagaFilter.Participant(
            name: String(parts[0]), instance: parts.count > 1 ? String(parts[1]) : "")
    }
}

/// A moment as it is typed: a date, a time in UTC, or how long ago it was.
enum TimeOrAge: Equatable, ExpressibleByArgument {
    case time(Instant)
    case age(Duration)

    init?(argument: String) {
        if let instant = Instant(iso8601: argument) {
            self = .time(instant)
        } else if let age = DurationText.parse(argument), age >= .zero {
            self = .age(age)
        } else {
            return nil
        }
    }

    /// The moment that is meant.
    func instant(now: Instant) -> Instant {
        switch self {
        case .time(let instant): instant
        case .age(let age): now + (.zero - age)
        }
    }
}

/// What sagas are counted by, as it is typed.
struct GroupArgument: Equatable, ExpressibleByArgument {
    let group: SagaGroup
    /// As it was typed.
    let name: String

    private static let named: [(name: String, group: SagaGroup)] = [
        ("state", .state), ("definition", .definition), ("version", .version),
        ("failure", .failureCode), ("participant", .participant), ("handler", .handler),
    ]
    private static let labelPrefix = "label:"

    init?(argument: String) {
        name = argument
        if argument.hasPrefix(Self.labelPrefix), argument != Self.labelPrefix {
            group = .label(String(argument.dropFirst(Self.labelPrefix.count)))
        } else if let found = Self.named.first(where: { $0.name == argument }) {
            group = found.group
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { named.map(\.name) }
}
