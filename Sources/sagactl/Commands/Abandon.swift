internal import ArgumentParser
internal import SagaModel

/// `abandon SAGA --reason TEXT`.
struct Abandon: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Gives a saga up: what may have run is not undone.",
        usage: """
            sagactl abandon SAGA --reason TEXT [OPTIONS]
            sagactl abandon FILTER... --reason TEXT [--yes] [--rate N] [OPTIONS]
            """,
        discussion: """
            The last resort, and not to be taken back. The steps that may have had an
            effect and are not undone are recorded and listed; they are yours. Child
            sagas are given up with it.

            EXAMPLES
              sagactl abandon order/ORD-1044 --reason "settled with the customer"
              sagactl abandon order/ORD-1044 --reason "test data" --json
              sagactl abandon --label test=load --reason "test data" --yes

            EXIT STATUS
              0   abandoned
              1   there is no such saga, or it has ended
            """)

    static let takers: [SagaState] = [.pending, .running, .compensating, .failed]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .abandon }
}
