internal import ArgumentParser
internal import SagaModel

/// `cancel SAGA --reason TEXT`.
struct Cancel: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Cancels a saga: what it did is undone.",
        usage: "sagactl cancel SAGA --reason TEXT [OPTIONS]",
        discussion: """
            The wish is recorded with your name and reason before it is answered.
            Undoing goes on in the coordinator; sagactl show tells how far it is.

            EXAMPLES
              sagactl cancel order/ORD-1042 --reason "customer called"

            EXIT STATUS
              0   recorded
              1   there is no such saga, or its state does not allow it
            """)

    @Argument(help: "The saga: its id or DEFINITION/KEY.")
    var saga: NamedSaga

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let cancelled = try await calls.cancel(saga, reason: reason)
        if screen.isJSON {
            try screen.show([JSONObject(cancelled)])
        } else {
            try screen.show([
                DecisionDrawing.line(saga, "cancelled", cancelled.state).text(screen.style)
            ])
        }
        return .done
    }
}
