internal import ArgumentParser

/// `show SAGA [--payloads]`.
struct Show: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Shows a saga: its steps, what it waits for and why it went back.",
        usage: "sagactl show SAGA [--payloads] [OPTIONS]",
        discussion: """
            EXAMPLES
              sagactl show order/ORD-1042
              sagactl show 0199a3c1-5f20-7b1e-8c44-3d2a90e17f55 --payloads
              sagactl show order/ORD-1042 --json

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

    @Flag(help: "Also show the input, the output, and the outputs of the steps.")
    var payloads = false

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let status = try await calls.get(saga, hasPayloads: payloads)
        if screen.isJSON {
            try screen.show([JSONObject(status, hasPayloads: payloads)])
        } else {
            let detail: SagaDrawing.Detail = payloads ? .payloads : .full
            try screen.show(SagaDrawing(status, detail, screen.style).lines)
        }
        return .done
    }
}

extension NamedSaga: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
