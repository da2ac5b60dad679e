internal import ArgumentParser
internal import SagaModel

/// What says which sagas are meant, wherever it is about many.
struct SagaChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Sagas of this definition, and of this version of it.",
            valueName: "name[@version]"))
    var definition: DefinitionArgument?

    @Option(
        help: ArgumentHelp(
            "Sagas with this label; may be given several times.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        name: [.customLong("failure"), .customLong("error")],
        help: ArgumentHelp(
            "Sagas with a failure of this code, or a step whose last error had it.",
            valueName: "code"))
    var failure: String?

    @Option(
        help: ArgumentHelp(
            "Sagas of which this participant, or this instance of it, had a step.",
            valueName: "name[/instance]"))
    var participant: ParticipantArgument?

    @Option(help: ArgumentHelp("Sagas with a step that runs this handler.", valueName: "name"))
    var handler: String?

    @Option(help: ArgumentHelp("Sagas that started then or later.", valueName: "time"))
    var startedAfter: TimeOrAge?

    @Option(help: ArgumentHelp("Sagas that started before.", valueName: "time"))
    var startedBefore: TimeOrAge?

    /// Whether anything was typed.
    var isGiven: Bool {
        definition != nil || !label.isEmpty || failure != nil || participant != nil
            || handler != nil || startedAfter != nil || startedBefore != nil
    }

    /// The sagas that are meant; the namespace is the options'.
    func filter(now: Instant) -> SagaFilter {
        var filter = SagaFilter(namespace: "")
        filter.definition = definition?.name ?? ""
        filter.version = definition?.version
        filter.labels = LabelArgument.sorted(label)
        filter.failureCode = failure ?? ""
        filter.participant = participant?.participant
        filter.handler = handler ?? ""
        filter.started = InstantRange(
            from: startedAfter?.instant(now: now), to: startedBefore?.instant(now: now))
        return filter
    }
}
