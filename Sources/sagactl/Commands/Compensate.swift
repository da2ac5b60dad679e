internal import ArgumentParser
internal import SagaModel

/// `compensate SAGA --reason TEXT`.
struct Compensate: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Sends a whole saga back, also one that is parked: what it did is undone.",
        usage: """
            sagactl compensate SAGA --reason TEXT [OPTIONS]
            sagactl compensate FILTER... --reason TEXT [--yes] [--rate N] [OPTIONS]
            """,
        discussion: """
            There is no partial undo. It does what cancel does, and also takes a saga that
            is parked on its way forward. Of a pivot that is undecided it says: it did not
            happen. A saga past its pivot only goes forward, and refuses it.

            EXAMPLES
              sagactl compensate order/ORD-1042 --reason "the carrier has no booking"
              sagactl compensate --why parked --definition order --reason "the carrier is gone"

            EXIT STATUS
              0   recorded
              1   there is no such saga, or its state does not allow it
            """)

    static let takers: [SagaState] = [.pending, .running, .failed]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .compensate }
}
