internal import ArgumentParser

/// `compensate SAGA --reason TEXT`.
struct Compensate: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Sends a whole saga back, also one that is parked: what it did is undone.",
        usage: "sagactl compensate SAGA --reason TEXT [OPTIONS]",
        discussion: """
            There is no partial undo. It does what cancel does, and also takes a saga that
            is parked on its way forward. Of a pivot that is undecided it says: it did not
            happen. A saga past its pivot only goes forward, and refuses it.

            EXAMPLES
              sagactl compensate order/ORD-1042 --reason "the carrier has no booking"

            EXIT STATUS
              0   recorded
              1   there is no such saga, or its state does not allow it
            """)

    @Argument(help: "The saga: its id or DEFINITION/KEY.")
    var saga: NamedSaga

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .compensate }
}
