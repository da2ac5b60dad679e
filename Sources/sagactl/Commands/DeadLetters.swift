internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `dlq [--why REASON]`, with what narrows it down.
struct DeadLetters: Verb {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Lists the sagas that need a person, and why: the dead-letter queue.",
        usage: """
            sagactl dlq [--why REASON]... [--definition NAME[@VERSION]] [--label NAME=VALUE]...
                        [--failure CODE] [--participant NAME[/INSTANCE]] [--handler NAME]
                        [--started-after TIME] [--started-before TIME] [--limit N] [OPTIONS]
            """,
        discussion: """
            FOR is how long it has needed one, NEXT TRY when it goes on by itself: never
            if it is parked or held. sagactl show SAGA says more, and what can be done.

            REASONS
              parked              nothing goes on without a verb
              undo-failing        an undo has been failing for some time
              no-participant      nobody serves a handler that is needed
              past-pivot-failing  there is no way back, and a step keeps failing
              hold                its handler held it for a person
              timeout-past-pivot  its timeout is over, and there is no way back

            EXAMPLES
              sagactl dlq
              sagactl dlq --why parked --why hold --definition order

            EXIT STATUS
              0   done, also if there are none
            """)

    @Option(
        help: ArgumentHelp(
            "Only for this reason; may be given several times.", valueName: "reason"))
    var why: [AttentionName] = []

    @OptionGroup(title: "Which sagas") var choice: SagaChoice

    @Option(help: ArgumentHelp("How many sagas at most.", valueName: "count"))
    var limit = 100

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit); it must be above zero") }
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        var filter = choice.filter(
            now: Instant(microseconds: WallClock.microsecondsSince1970()))
        filter.needsAttention = true
        filter.attention = why.map(\.reason)
        let list = try await calls.list(filter, oldestFirst: false, limit: limit)
        try screen.show(
            list, limit: limit, whenEmpty: "no saga needs attention", AttentionDrawing.lines)
        return .done
    }
}

/// A reason for attention as it is typed.
struct AttentionName: Equatable, ExpressibleByArgument {
    let reason: AttentionReason

    init?(argument: String) {
        guard let reason = AttentionReason.allCases.first(where: { $0.label == argument })
        else { return nil }
        self.reason = reason
    }

    static var allValueStrings: [String] { AttentionReason.allCases.map(\.label) }
}
