internal import ArgumentParser
internal import SagaModel

/// `resume SAGA [--reason TEXT]`.
struct Resume: DecidingVerb {
    static let configuration = CommandConfiguration(
        abstract: "Resumes a saga that is suspended, or that a handler held.",
        usage: """
            sagactl resume SAGA [--reason TEXT] [OPTIONS]
            sagactl resume FILTER... [--reason TEXT] [--yes] [--rate N] [OPTIONS]
            """,
        discussion: """
            All that waited goes on, and the times of steps and saga run on with what
            was left of them.

            EXAMPLES
              sagactl resume order/ORD-1042
              sagactl resume order/ORD-1042 --reason "looked at: charged once"
              sagactl resume --handler payments.charge

            EXIT STATUS
              0   resumed
              1   there is no such saga, or it is not suspended
            """)

    static let takers: [SagaState] = [.pending, .running, .compensating, .failed]

    @Argument(help: "The saga: its id or DEFINITION/KEY. Left out, the filter says which.")
    var saga: NamedSaga?

    @Option(help: ArgumentHelp("Why; it is recorded and shown.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Many sagas") var many: ManyOptions

    @OptionGroup(title: "Options of every verb") var global: GlobalOptions

    func decision() -> Decision { .resume }
}
