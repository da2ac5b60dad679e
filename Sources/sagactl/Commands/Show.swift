internal import ArgumentParser
internal import SagaModel

/// `show SAGA [--history] [--payloads] [--step STEP]... [--part PART] [--format ...]`.
struct Show: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows a saga: its steps, what it waits for and why it went back.",
        usage: """
            sagactl show SAGA [--history] [--payloads] [--step STEP]... [--part PART]
                              [--format text|mermaid|json] [OPTIONS]
            """,
        discussion: """
            EXAMPLES
              sagactl show order/ORD-1042
              sagactl show 0199a3c1-5f20-7b1e-8c44-3d2a90e17f55 --payloads
              sagactl show order/ORD-1042 --history
              sagactl show order/ORD-1042 --format mermaid    # a flowchart for a wiki
              sagactl show order/ORD-1042 --json
              sagactl show order/ORD-1042 --step pack --part step-output

            Steps that run side by side are branches (├ └), what joins them stands below.
            Of a step with many failed attempts the first and the last ten are kept.
            An answer takes 4 MiB at most. Of a saga that is larger, what people need last is left
            out and named, with its size: --part gives it.

            SIGNS
              ✓ +  done           ↩ <  undone          ! attention: an undo fails
              … ~  waits or runs  ✗ x  failed          - passed over, or never run
              ○ o  later          (the second of two without UTF-8)

            EXIT STATUS
              0   shown, whatever its state
              1   there is no such saga
            """)

    @Argument(help: "The saga: its id or DEFINITION/KEY.")
    var saga: NamedSaga

    @Flag(help: "Also show every attempt of the steps, and the verbs that people gave.")
    var history = false

    @Flag(help: "Also show inputs and outputs, and the progress of running attempts.")
    var payloads = false

    @Option(
        name: .customLong("step"),
        help: ArgumentHelp("Only this step; may be given several times.", valueName: "step"))
    var steps: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only this part: what was left out of an answer that would have become too large.",
            valueName: "part"), transform: Self.part)
    var part: SagaPart?

    @Option(help: "How it is shown: text, mermaid or json; --json is the last.")
    var format: ShownFormat?

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    private static func part(_ text: String) throws -> SagaPart {
        if let part = SagaPart.allCases.first(where: { $0.label == text }) { return part }
        let labels = SagaPart.allCases.map(\.label).joined(separator: ", ")
        throw ValidationError("no part is called \(text); there are \(labels)")
    }

    func validate() throws {
        if let part, part.isStepwise, steps.count != 1 {
            throw ValidationError("--part \(part.label) needs one --step")
        }
        if let part, history || payloads {
            throw ValidationError(
                "--part \(part.label) excludes --\(history ? "history" : "payloads")")
        }
        guard let format, format != .json, global.json else { return }
        throw ValidationError("--json and --format \(format.rawValue) exclude each other")
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let view = SagaView(history: history, payloads: payloads)
        let status = try await calls.get(saga, view, SagaExcerpt(steps: steps, part: part))
        if let unknown = steps.first(where: { name in !status.steps.contains { $0.name == name } }),
            part.map(\.isStepwise) ?? true
        {
            throw Complaint("the saga has no step \(unknown)", exit: .no)
        }
        let hasPayloads = payloads || part?.view.payloads ?? false
        let hasHistory = history || part?.view.history ?? false
        switch format ?? (screen.isJSON ? .json : .text) {
        case .text:
            if let part, let payload = status.payload(part, step: steps.first ?? "") {
                try screen.show([ShownPayload.text(payload) ?? ShownPayload.line(payload)])
            } else {
                let detail = SagaDrawing.Detail(hasPayloads: hasPayloads, hasHistory: hasHistory)
                try screen.show(SagaDrawing(status, detail, screen.style).lines)
            }
        case .mermaid: try screen.show(MermaidDrawing(status).lines)
        case .json: try screen.show([JSONObject(status, hasPayloads: hasPayloads)])
        }
        return .done
    }
}

/// What `--format` says.
enum ShownFormat: String, CaseIterable, ExpressibleByArgument {
    case text, mermaid, json
}

extension NamedSaga: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
