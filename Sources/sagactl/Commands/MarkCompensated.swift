internal import ArgumentParser
internal import SagaModel

/// `mark-compensated SAGA STEP --reason TEXT`.
struct MarkCompensated: DecidingVerb {
    static let configuration = CommandConfiguration(
        commandName: "mark-compensated",
        abstract: "Takes the undo of a step as done by hand.",
        usage: """
            sagactl mark-compensated SAGA STEP --reason TEXT [OPTIONS]
            sagactl mark-compensated FILTER... --step STEP --reason TEXT [--yes] [--rate N]
                                     [OPTIONS]
            """,
        discussion: """
            Undo it first: nobody looks whether it is. The undos that waited for this
            one begin. It is for undos only; a step that goes forward takes skip.

            EXAMPLES
              sagactl mark-compensated order/ORD-1044 charge --reason "refunded in the bank's UI"
              sagactl mark-compensated --error no-account --step charge --reason "refunded in bulk"

            EXIT STATUS
              0   recorded
              1   there is no such saga or step, or no undo of it is open
            """)

    static let takers: [SagaState] = [.running, .compensating, .failed]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Argument(help: "The step.")
    var step: String?

    @Option(
        name: .customLong("step"),
        help: ArgumentHelp("The step, where a filter says which sagas.", valueName: "step"))
    var stepOfMany: String?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func validate() throws {
        try checkSagas()
        guard (step == nil) != (stepOfMany == nil) else {
            throw ValidationError("which step? Name it behind the saga, or once by --step")
        }
    }

    private var chosenStep: String { step ?? stepOfMany ?? "" }

    func decision() -> Decision { .markCompensated(step: chosenStep) }
}
