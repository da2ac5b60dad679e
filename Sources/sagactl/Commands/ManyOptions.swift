internal import ArgumentParser
internal import SagaModel

/// Which sagas a verb is for that is not for one, and how it goes through them.
struct ManyOptions: ParsableArguments {
    static let ratesAllowed = 1...10_000

    @OptionGroup(title: "Which sagas") var choice: SagaChoice

    @Option(
        help: ArgumentHelp(
            "Sagas that need attention for this reason (sagactl dlq --help lists them); may "
                + "be given several times.", valueName: "reason"))
    var why: [AttentionName] = []

    @Option(
        help: ArgumentHelp(
            "Sagas in this state, e.g. running; may be given several times.",
            valueName: "state"))
    var state: [StateName] = []

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: ArgumentHelp("How many sagas a second at most.", valueName: "count"))
    var rate = 50

    /// Whether anything narrows down which sagas are meant.
    var isFilter: Bool { choice.isGiven || !why.isEmpty || !state.isEmpty }

    /// Refuses what names both one saga and many, or neither.
    func check(_ saga: NamedSaga?, verb: String, takers: [SagaState]) throws {
        if let saga {
            guard !isFilter else {
                throw ValidationError(
                    "\(saga) is one saga, and the filter names others; leave one of them out")
            }
            guard !yes else { throw ValidationError("--yes is for many sagas; leave it out") }
            return
        }
        guard isFilter else {
            throw ValidationError(
                "which saga? Name it by its id or as DEFINITION/KEY, or many by a filter, e.g. "
                    + "--definition NAME; nothing does it to all")
        }
        guard Self.ratesAllowed.contains(rate) else {
            throw ValidationError(
                "--rate is \(rate); it must be from \(Self.ratesAllowed.lowerBound) to "
                    + "\(Self.ratesAllowed.upperBound) a second")
        }
        if let state = state.map(\.state).first(where: { !takers.contains($0) }) {
            let possible = takers.map { $0.label.lowercased() }.joined(separator: ", ")
            throw ValidationError(
                "--state \(state.label.lowercased()): \(verb) is for sagas that are \(possible)")
        }
    }

    /// The sagas that are meant and can take the verb.
    func filter(_ decision: Decision, takers: [SagaState], now: Instant) -> SagaFilter {
        var filter = choice.filter(now: now)
        filter.states = state.isEmpty ? takers : state.map(\.state)
        filter.needsAttention = !why.isEmpty
        filter.attention = why.map(\.reason)
        filter.isSuspended = decision == .resume
        return filter
    }
}
