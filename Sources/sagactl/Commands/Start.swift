internal import ArgumentParser
internal import SagaModel
internal import SagaSystem

/// `start NAME [--version N] --input FILE|- [--key K] [--label k=v]... [--wait]`.
struct Start: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Starts a saga; with --wait, waits for its end.",
        usage: """
            sagactl start NAME [--version N] --input FILE|- [--key K]
                          [--label NAME=VALUE]... [--wait] [OPTIONS]
            """,
        discussion: """
            With a key, the same start again gives the same saga, and another input
            under that key is refused. The saga goes on in the coordinator, whether or
            not you wait.

            EXAMPLES
              sagactl start order --key ORD-1042 --input order.json --wait
              echo '{"id": "7"}' | sagactl start order --input -
              sagactl start order --version 2 --input a.json --label customer=alice

            EXIT STATUS
              0   started; with --wait: completed
              1   refused; with --wait: undone
              2   with --wait: parked or abandoned
              65  the input is not JSON
            """)

    @Argument(help: "The name of the definition.")
    var name: String

    @Option(
        name: .customLong("version"),
        help: ArgumentHelp(
            "The version of the definition. Default: the one registered last.", valueName: "number")
    )
    var definitionVersion: UInt32?

    @Option(help: ArgumentHelp("The saga's input, JSON; - is standard input.", valueName: "file"))
    var input: String

    @Option(help: "The business key, unique among the sagas of the definition.")
    var key: String?

    @Option(
        help: ArgumentHelp(
            "A label to find the saga by; may be given several times.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Flag(help: "Wait until the saga has ended or is parked, and show it.")
    var wait = false

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        if definitionVersion == 0 { throw ValidationError("--version counts from 1") }
        if key == "" {
            throw ValidationError("--key is empty; leave it out to start without a key")
        }
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let order = SagaStart(
            definition: name, version: definitionVersion, key: key ?? "",
            input: try JSONInput.read(input), labels: LabelArgument.dictionary(label))
        let started = try await calls.start(order)
        guard wait else {
            try show(started, screen)
            return .done
        }
        let patience = global.timeout?.duration
        let saga = try await SagaWatch(calls, screen).end(of: started.id, within: patience)
        guard saga.state.isEnded || saga.state == .failed else {
            throw Complaint(
                "\(SagaDrawing.name(name, key ?? "")) is still \(saga.state.label) after "
                    + DurationText.text(patience ?? .zero),
                hints: ["it goes on; sagactl show \(started.id)"], exit: .software)
        }
        if screen.isJSON {
            try screen.show([JSONObject(started, saga)])
        } else {
            try screen.show(SagaDrawing(saga, .brief, screen.style).lines)
            try showOutput(saga, screen)
        }
        return Self.exit(saga.state)
    }

    private func show(_ started: StartedSaga, _ screen: Screen) throws(Complaint) {
        if screen.isJSON {
            try screen.show([JSONObject(started, nil)])
            return
        }
        let title = StyledText.joined(
            [
                StyledText(SagaDrawing.name(name, key ?? ""), .name),
                StyledText(started.id.description, .dim),
            ], by: "  ")
        try screen.show([title.text(screen.style)])
        if started.isExisting { screen.note("started before with the same key and input") }
    }

    /// The output on a line of its own, as it stands.
    private func showOutput(_ saga: SagaStatus, _ screen: Screen) throws(Complaint) {
        guard let output = saga.output, !output.bytes.isEmpty else { return }
        try screen.show([StyledText(ShownPayload.line(output)).text(screen.style)])
    }

    private static func exit(_ state: SagaState) -> Complaint.Exit {
        switch state {
        case .completed: .done
        case .compensated: .no
        case .failed, .abandoned: .parked
        case .pending, .running, .compensating: .software
        }
    }
}
