internal import ArgumentParser
internal import SagaModel

/// `show SAGA [--history] [--payloads] [--format text|mermaid|json]`.
struct Show: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows a saga: its steps, what it waits for and why it went back.",
        usage: """
            sagactl show SAGA [--history] [--payloads] [--format text|mermaid|json] [OPTIONS]
            """,
        discussion: """
            EXAMPLES
              sagactl show order/ORD-1042
              sagactl show 0199a3c1-5f20-7b1e-8c44-3d2a90e17f55 --payloads
              sagactl show order/ORD-1042 --history
              sagactl show order/ORD-1042 --format mermaid    # a flowchart for a wiki
              sagactl show order/ORD-1042 --json

            Steps that run side by side are branches (├ └), what joins them stands below.
            Of a step with many failed attempts the first and the last ten are kept.

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

    @Option(help: "How it is shown: text, mermaid or json; --json is the last.")
    var format: ShownFormat?

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        guard let format, format != .json, global.json else { return }
        throw ValidationError("--json and --format \(format.rawValue) exclude each other")
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let view = SagaView(history: history, payloads: payloads)
        let status = try await calls.get(saga, view)
        switch format ?? (screen.isJSON ? .json : .text) {
        case .text:
            let detail = SagaDrawing.Detail(hasPayloads: payloads, hasHistory: history)
            try screen.show(SagaDrawing(status, detail, screen.style).lines)
        case .mermaid: try screen.show(MermaidDrawing(status).lines)
        case .json: try screen.show([JSONObject(status, hasPayloads: payloads)])
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
