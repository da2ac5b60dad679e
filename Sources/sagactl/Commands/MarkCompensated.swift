internal import ArgumentParser

/// `mark-compensated SAGA STEP --reason TEXT`.
struct MarkCompensated: DecidingVerb {
    static let configuration = CommandConfiguration(
        commandName: "mark-compensated",
        abstract: "Takes the undo of a step as done by hand.",
        usage: "sagactl mark-compensated SAGA STEP --reason TEXT [OPTIONS]",
        discussion: """
            Undo it first: nobody looks whether it is. The undos that waited for this
            one begin. It is for undos only; a step that goes forward takes skip.

            EXAMPLES
              sagactl mark-compensated order/ORD-1044 charge --reason "refunded in the bank's UI"

            EXIT STATUS
              0   recorded
              1   there is no such saga or step, or no undo of it is open
            """)

    @Argument(help: "The saga: its id or DEFINITION/KEY.")
    var saga: NamedSaga

    @Argument(help: "The step.")
    var step: String

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .markCompensated(step: step) }
}
