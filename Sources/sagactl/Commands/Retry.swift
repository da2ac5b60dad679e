internal import ArgumentParser
internal import SagaModel

/// `retry SAGA [STEP] [--reason TEXT]`.
struct Retry: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Tries again now: ends waits, and lets a parked saga go on.",
        usage: """
            sagactl retry SAGA [STEP] [--reason TEXT] [OPTIONS]
            sagactl retry FILTER... [--step STEP] [--reason TEXT] [--yes] [--rate N] [OPTIONS]
            """,
        discussion: """
            Of a live saga the waits of its tasks end (backoff, delay, not yet): of all
            of them, or of one step. A parked saga goes on where it stopped, forward or
            back, and its failures are counted anew. On a step that runs a child saga, a
            new child is started.

            EXAMPLES
              sagactl retry order/ORD-1044
              sagactl retry order/ORD-1044 charge --reason "gateway is back"
              sagactl retry --definition order --error gateway-timeout

            EXIT STATUS
              0   recorded
              1   there is no such saga or step, or its state does not allow it
            """)

    static let takers: [SagaState] = [.running, .compensating, .failed]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Argument(help: "Only this step. Default: all that wait.")
    var step: String?

    @Option(
        name: .customLong("step"),
        help: ArgumentHelp("Only this step, where a filter says which sagas.", valueName: "step"))
    var stepOfMany: String?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        try checkSagas()
        guard step == nil || stepOfMany == nil else {
            throw ValidationError("which step? Name it behind the saga, or by --step")
        }
    }

    func decision() -> Decision { .retry(step: step ?? stepOfMany) }
}
