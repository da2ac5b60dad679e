internal import ArgumentParser
internal import SagaModel

/// `suspend SAGA --reason TEXT`.
struct Suspend: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Suspends a saga: nothing new is begun until it is resumed.",
        usage: """
            sagactl suspend SAGA --reason TEXT [OPTIONS]
            sagactl suspend FILTER... --reason TEXT [--yes] [--rate N] [OPTIONS]
            """,
        discussion: """
            What runs goes on, and its outcome is recorded; what follows waits. The
            times of steps and saga stand still, those of attempts that run do not. A
            child saga is suspended with it. A parked saga stands still already.

            EXAMPLES
              sagactl suspend order/ORD-1042 --reason "payments is being moved"
              sagactl suspend --handler payments.charge --reason "payments is being moved"

            EXIT STATUS
              0   suspended
              1   there is no such saga, or it is parked or has ended
            """)

    static let takers: [SagaState] = [.pending, .running, .compensating]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason: String

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .suspend }
}
