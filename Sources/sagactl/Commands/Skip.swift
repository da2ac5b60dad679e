internal import ArgumentParser
internal import SagaModel

/// `skip SAGA STEP [--output FILE|-] --reason TEXT`.
struct Skip: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Takes a step as done, with an output that you give.",
        usage: """
            sagactl skip SAGA STEP [--output FILE|-] --reason TEXT [OPTIONS]
            sagactl skip FILTER... --step STEP [--output FILE|-] --reason TEXT [--yes] [--rate N]
                         [OPTIONS]
            """,
        discussion: """
            For a current step, or the one that a saga is parked at: the saga goes on
            behind it. What its attempts may have done stays known, and is undone if the
            saga goes back. Of a pivot that is undecided it says: it happened.

            EXAMPLES
              sagactl skip order/ORD-1042 confirm --reason "told by phone"
              sagactl skip order/ORD-1042 ship --output booking.json --reason "booked by hand"
              echo '{"id": "7"}' | sagactl skip order/7 charge --output - --reason "by hand"
              sagactl skip --definition order --error no-inbox --step confirm --reason "no mail"

            EXIT STATUS
              0   recorded
              1   there is no such saga or step, or its state does not allow it
              65  the output is not JSON
            """)

    static let takers: [SagaState] = [.running, .failed]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Argument(help: "The step.")
    var step: String?

    @Option(
        name: .customLong("step"),
        help: ArgumentHelp("The step, where a filter says which sagas.", valueName: "step"))
    var stepOfMany: String?

    @Option(
        help: ArgumentHelp(
            "The output that the step is taken to have given, JSON; - is standard input. Default: "
                + "none.", valueName: "file"))
    var output: String?

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

    func decision() throws(Complaint) -> Decision {
        guard let output else { return .skip(step: chosenStep, output: nil) }
        return .skip(step: chosenStep, output: try JSONInput.read(output))
    }
}
