internal import ArgumentParser
internal import SagaModel

/// Which sagas a verb is for that is not for one, and how it goes through them.
struct ManyOptions: ParsableArguments {
    static let ratesAllowed = 1...10_000

    @Option(
        help: ArgumentHelp(
            "All sagas of this definition, and of this version of it.",
            valueName: "name[@version]"))
    var definition: DefinitionArgument?

    @Option(
        help: ArgumentHelp(
            "All sagas with a failure of this code, or a step whose last error had it.",
            valueName: "code"))
    var error: String?

    @Option(
        help: ArgumentHelp(
            "All sagas that need attention for this reason (sagactl dlq --help lists them); may "
                + "be given several times.", valueName: "reason"))
    var why: [AttentionName] = []

    @Option(
        help: ArgumentHelp(
            "All sagas in this state, e.g. running; may be given several times.",
            valueName: "state"))
    var state: [StateName] = []

    @Option(
        help: ArgumentHelp(
            "All sagas with this label; may be given several times.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        help: ArgumentHelp(
            "All sagas of which this participant, or this instance of it, had a step.",
            valueName: "name[/instance]"))
    var participant: ParticipantArgument?

    @Option(help: ArgumentHelp("All sagas with a step that runs this handler.", valueName: "name"))
    var handler: String?

    @Option(help: ArgumentHelp("All sagas that started then or later.", valueName: "time"))
    var startedAfter: TimeOrAge?

    @Option(help: ArgumentHelp("All sagas that started before.", valueName: "time"))
    var startedBefore: TimeOrAge?

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: ArgumentHelp("How many sagas a second at most.", valueName: "count"))
    var rate = 50

    /// Whether anything narrows down which sagas are meant.
    var isFilter: Bool {
        definition != nil || error != nil || !why.isEmpty || !state.isEmpty || !label.isEmpty
            || participant != nil || handler != nil || startedAfter != nil || startedBefore != nil
    }

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
        var filter = SagaFilter(namespace: "")
        filter.states = state.isEmpty ? takers : state.map(\.state)
        filter.definition = definition?.name ?? ""
        filter.version = definition?.version
        filter.labels = LabelArgument.sorted(label)
        filter.needsAttention = !why.isEmpty
        filter.attention = why.map(\.reason)
        filter.isSuspended = decision == .resume
        filter.failureCode = error ?? ""
        filter.participant = participant?.participant
        filter.handler = handler ?? ""
        filter.started = InstantRange(
            from: startedAfter?.instant(now: now), to: startedBefore?.instant(now: now))
        return filter
    }
}
